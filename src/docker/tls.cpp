#include "docker/tls.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace cac {

namespace {

constexpr const char* advise_certificate =
    "Get a certificate that the engine's CA has signed for clients, and see when it ends: openssl "
    "x509 -noout -enddate -in cert.pem";

Failure failure(const std::string& message, const std::string& advice) {
  return {FailureKind::tls, message, advice};
}

void check_readable(const std::string& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  std::string reason = "it is not a file";  // opening a pipe would wait, past the timeout
  if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) {
    errno = 0;
    std::ifstream file(path);
    if (file && file.peek() != std::ifstream::traits_type::eof()) return;
    reason = errno != 0 ? std::generic_category().message(errno) : "it is empty";
  }
  throw EngineError(failure(
      fmt::format("cannot read {} for TLS: {}", path, reason),
      "It belongs to the docker context, or to DOCKER_CERT_PATH, or to docker's own directory."));
}

}  // namespace

// Source: Go's crypto/x509, root_linux.go, whose order docker has.
std::string find_ca_bundle(const Environment& environment) {
  if (const auto file = environment("SSL_CERT_FILE")) return *file;
  for (const char* const path :
       {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return "";
}

void check_tls_files(const TlsFiles& files) {
  for (const std::string& path : {files.ca, files.bundle, files.certificate, files.key}) {
    if (!path.empty()) check_readable(path);
  }
  if (files.certificate.empty() == files.key.empty()) return;
  const bool has_key = files.certificate.empty();
  throw EngineError(failure(
      fmt::format("there is {}, but no {} beside it", has_key ? files.key : files.certificate,
                  has_key ? "cert.pem" : "key.pem"),
      "A certificate for TLS needs both."));
}

Failure tls_failure(const Endpoint& endpoint, std::string_view detail) {
  const TlsFiles& tls = *endpoint.tls;
  const std::string where = endpoint.text();
  const auto has = [&](std::string_view text) {
    return detail.find(text) != std::string_view::npos;
  };
  // What the engine answers to our certificate. libcurl has words of its own for one that has
  // expired where TLS 1.2 is spoken; without verification they tell what it thinks of the engine's.
  if (has("alert certificate expired") || has("certificate verification failed") ||
      (!tls.verifies && has("SSL certificate problem"))) {
    return failure(fmt::format("{} refuses our certificate {}: it has expired, or is not valid yet",
                               where, tls.certificate),
                   advise_certificate);
  }
  const bool has_none = tls.certificate.empty();
  if (has("alert") &&
      (has("certificate") || has("unknown ca") || (has_none && has("handshake failure")))) {
    if (has_none) {
      return failure(fmt::format("{} asks for a certificate, and there is none to show", where),
                     "Put cert.pem and key.pem into the directory that DOCKER_CERT_PATH names, or "
                     "into the docker context.");
    }
    return failure(fmt::format("{} refuses our certificate {}", where, tls.certificate),
                   advise_certificate);
  }
  if (has("alert protocol version") || has("unsupported protocol")) {
    return failure(fmt::format("{} does not speak TLS 1.2 or newer", where), "Update the engine.");
  }
  // What we find in the engine's.
  if (has("certificate has expired") || has("not yet valid")) {
    return failure(fmt::format("the certificate of {} {}", where,
                               has("expired") ? "has expired" : "is not valid yet"),
                   "Renew the certificate on the engine's host; check the clocks of both.");
  }
  if (has("subject name") || has("does not match target host")) {
    return failure(fmt::format("the certificate of {} is for another name", where),
                   "Use a name or address that is in it: openssl x509 -noout -ext subjectAltName "
                   "-in server-cert.pem");
  }
  if (has("SSL certificate problem")) {
    return failure(fmt::format("the certificate of {} is signed by an unknown CA", where),
                   tls.ca.empty()
                       ? fmt::format("It is not in {}: give docker's context the engine's ca.pem.",
                                     tls.bundle.empty() ? "a CA bundle of the system" : tls.bundle)
                       : fmt::format("It is not the one in {}: get the engine's ca.pem.", tls.ca));
  }
  // What is wrong with our files.
  if (has("private key")) {
    return failure(fmt::format("{} is not the key of {}, or not an unencrypted PEM key", tls.key,
                               tls.certificate),
                   "Compare: openssl x509 -noout -pubkey -in cert.pem; openssl pkey -pubout -in "
                   "key.pem");
  }
  if (has("client certificate")) {
    return failure(fmt::format("{} is not a certificate in PEM format", tls.certificate),
                   advise_certificate);
  }
  if (has("certificate file") || has("CA file") || has("CAfile")) {
    return failure(fmt::format("{} is not a CA certificate in PEM format", tls.ca),
                   "Get the engine's ca.pem.");
  }
  if (has("wrong version number") || has("record layer failure")) {
    return failure(fmt::format("{} does not speak TLS", where),
                   "It may be an engine's unencrypted port: check the port, or DOCKER_TLS_VERIFY "
                   "and DOCKER_TLS.");
  }
  return failure(fmt::format("no TLS connection to {}: {}", where, detail),
                 "Check the engine's certificate, and ours.");
}

Failure tls_expected_failure(const Endpoint& endpoint) {
  return failure(
      fmt::format("{} expects TLS", endpoint.text()),
      "Set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the directory of ca.pem, cert.pem "
      "and key.pem, or use a docker context that has them.");
}

}  // namespace cac
