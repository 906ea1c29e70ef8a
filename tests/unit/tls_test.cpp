#include "docker/tls.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "temporary_directory.hpp"
#include "texts.hpp"

using cac::Endpoint;
using cac::EngineError;
using cac::FailureKind;
using cac::TlsFiles;
using cac::test::Containing;

namespace fs = std::filesystem;

namespace {

Endpoint endpoint_with(const TlsFiles& files) { return {.host_port = "engine:2376", .tls = files}; }

const TlsFiles all_files{.ca = "/c/ca.pem", .certificate = "/c/cert.pem", .key = "/c/key.pem"};
const TlsFiles ca_only{.ca = "/c/ca.pem"};
const TlsFiles system_ca{
    .bundle = "/etc/bundle.pem", .certificate = "/c/cert.pem", .key = "/c/key.pem"};
const TlsFiles unverified{.certificate = "/c/cert.pem", .key = "/c/key.pem", .verifies = false};

// Files in a directory of their own.
class Files {
 public:
  std::string path(const std::string& name) const { return directory_.path_of(name); }
  std::string write(const std::string& name, const std::string& text = "-----BEGIN ...") const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  cac::test::TemporaryDirectory directory_;
};

std::string complaint(const TlsFiles& files) {
  try {
    cac::check_tls_files(files);
  } catch (const EngineError& error) {
    CHECK(error.failure().kind == FailureKind::tls);
    CHECK_FALSE(error.failure().advice.empty());
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("the words of the TLS library become a sentence about what went wrong") {
  const std::string expired_or_future =
      "tcp://engine:2376 refuses our certificate /c/cert.pem: it has expired, or is not valid yet";
  const std::string refused = "tcp://engine:2376 refuses our certificate /c/cert.pem";
  const std::string none = "tcp://engine:2376 asks for a certificate, and there is none to show";
  const std::string unknown_ca = "the certificate of tcp://engine:2376 is signed by an unknown CA";
  const std::string key = "/c/key.pem is not the key of /c/cert.pem, or not an unencrypted PEM key";
  struct {
    TlsFiles files;
    std::string words;
    std::string sentence;
  } const rows[] = {
      // The engine's answers, in the words of OpenSSL 3 and of 1.1.
      {all_files,
       "OpenSSL SSL_read: OpenSSL/3.0.19: error:0A000415:SSL routines::sslv3 alert certificate "
       "expired, errno 0",
       expired_or_future},
      {all_files, "SSL certificate verification failed", expired_or_future},
      {unverified, "SSL certificate problem: self-signed certificate in certificate chain",
       expired_or_future},
      {all_files,
       "OpenSSL SSL_read: OpenSSL/3.0.19: error:0A000412:SSL routines::sslv3 alert bad "
       "certificate, errno 0",
       refused},
      {all_files,
       "OpenSSL SSL_read: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca, "
       "errno 0",
       refused},
      {ca_only,
       "OpenSSL SSL_read: OpenSSL/3.0.19: error:0A00045C:SSL routines::tlsv13 alert certificate "
       "required, errno 0",
       none},
      {ca_only, "error:0A000412:SSL routines::sslv3 alert bad certificate", none},
      {ca_only, "error:0A000410:SSL routines::sslv3 alert handshake failure", none},
      {all_files, "error:0A000410:SSL routines::sslv3 alert handshake failure",
       "no TLS connection to tcp://engine:2376: error:0A000410:SSL routines::sslv3 alert handshake "
       "failure"},
      {all_files, "error:0A00042E:SSL routines::tlsv1 alert protocol version",
       "tcp://engine:2376 does not speak TLS 1.2 or newer"},
      {all_files, "error:0A000102:SSL routines::unsupported protocol",
       "tcp://engine:2376 does not speak TLS 1.2 or newer"},
      // Its certificate.
      {all_files, "SSL certificate problem: certificate has expired",
       "the certificate of tcp://engine:2376 has expired"},
      {all_files, "SSL certificate problem: certificate is not yet valid",
       "the certificate of tcp://engine:2376 is not valid yet"},
      {all_files, "SSL: no alternative certificate subject name matches target host name 'engine'",
       "the certificate of tcp://engine:2376 is for another name"},
      {all_files, "SSL: certificate subject name 'other' does not match target host name 'engine'",
       "the certificate of tcp://engine:2376 is for another name"},
      {all_files, "SSL certificate problem: self-signed certificate in certificate chain",
       unknown_ca},
      {system_ca, "SSL certificate problem: unable to get local issuer certificate", unknown_ca},
      // Our files.
      {all_files, "unable to set private key file: '/c/key.pem' type PEM", key},
      {all_files,
       "could not load PEM client certificate from /c/cert.pem, OpenSSL error error:0480006C:PEM "
       "routines::no start line",
       "/c/cert.pem is not a certificate in PEM format"},
      {all_files, "error setting certificate file: /c/ca.pem",
       "/c/ca.pem is not a CA certificate in PEM format"},
      {all_files, "error setting certificate verify locations:  CAfile: /c/ca.pem CApath: none",
       "/c/ca.pem is not a CA certificate in PEM format"},
      // No TLS over there.
      {all_files, "error:0A00010B:SSL routines::wrong version number",
       "tcp://engine:2376 does not speak TLS"},
      {all_files, "error:0A000139:SSL routines::record layer failure",
       "tcp://engine:2376 does not speak TLS"},
      {all_files, "Failed sending data to the peer",
       "no TLS connection to tcp://engine:2376: Failed sending data to the peer"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.words);
    const cac::Failure failure = cac::tls_failure(endpoint_with(row.files), row.words);
    CHECK(failure.message == row.sentence);
    CHECK(failure.kind == FailureKind::tls);
    CHECK_FALSE(failure.advice.empty());
  }
}

TEST_CASE("the advice about an unknown CA names the file that does not have it, if there is one") {
  const std::string words = "SSL certificate problem: unable to get local issuer certificate";
  CHECK(cac::tls_failure(endpoint_with(all_files), words).advice == Containing{"/c/ca.pem"});
  CHECK(cac::tls_failure(endpoint_with(system_ca), words).advice ==
        Containing{"It is not in /etc/bundle.pem: give docker's context"});
}

TEST_CASE("an engine that expects TLS is told apart from one that speaks none") {
  const Endpoint endpoint{.host_port = "engine:2376"};
  const cac::Failure failure = cac::tls_expected_failure(endpoint);
  CHECK(failure.kind == FailureKind::tls);
  CHECK(failure.message == "tcp://engine:2376 expects TLS");
  CHECK(failure.advice == Containing{"DOCKER_TLS_VERIFY=1"});
}

TEST_CASE("files for TLS that are there, or are not given, are no cause for complaint") {
  const Files files;
  CHECK(complaint({}) == "none");
  CHECK(complaint({.ca = files.write("ca.pem")}) == "none");
  CHECK(complaint({.ca = files.path("ca.pem"),
                   .certificate = files.write("cert.pem"),
                   .key = files.write("key.pem")}) == "none");
}

TEST_CASE("a file for TLS that cannot be read is named, with the system's reason") {
  const Files files;
  const std::string there = files.write("there.pem");
  const std::string missing = files.path("missing.pem");
  const std::string says_missing = "cannot read " + missing + " for TLS: No such file or directory";
  CHECK(complaint({.ca = missing}) == says_missing);
  CHECK(complaint({.ca = there, .certificate = missing, .key = there}) == says_missing);
  CHECK(complaint({.ca = there, .certificate = there, .key = missing}) == says_missing);
  const std::string empty = files.write("empty.pem", "");
  CHECK(complaint({.ca = empty}) == "cannot read " + empty + " for TLS: it is empty");
  const std::string directory = files.path("directory.pem");
  fs::create_directory(directory);
  CHECK(complaint({.ca = directory}) == "cannot read " + directory + " for TLS: it is not a file");
  const std::string pipe = files.path("pipe.pem");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(complaint({.key = pipe}) == "cannot read " + pipe + " for TLS: it is not a file");
}

TEST_CASE("a certificate of ours needs its key, and a key its certificate") {
  const Files files;
  const std::string certificate = files.write("cert.pem");
  const std::string key = files.write("key.pem");
  CHECK(complaint({.certificate = certificate}) ==
        "there is " + certificate + ", but no key.pem beside it");
  CHECK(complaint({.key = key}) == "there is " + key + ", but no cert.pem beside it");
}
