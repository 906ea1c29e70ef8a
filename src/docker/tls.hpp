// Why a TLS connection failed, and what to do about it. Must not know libcurl.
#pragma once

#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "docker/endpoint.hpp"

namespace cac {

// Returns the system's CA bundle: SSL_CERT_FILE, as for docker, else the first of the files where
// Linux distributions have it. Empty: there is none. A static libcurl knows only one of them.
std::string find_ca_bundle(const Environment& environment);

// Throws EngineError if a file cannot be read, or one of the two files of our certificate is
// missing: a TLS library would only say that something failed.
void check_tls_files(const TlsFiles& files);

// Returns a sentence of its own for each thing that goes wrong. detail: the TLS library's words,
// by which they are told apart (OpenSSL's, as measured with engines 20.10 and 28.5).
Failure tls_failure(const Endpoint& endpoint, std::string_view detail);

// An engine that expects TLS, and was spoken to without, has said so.
Failure tls_expected_failure(const Endpoint& endpoint);

}  // namespace cac
