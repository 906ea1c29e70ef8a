// Why a TLS connection failed, and what to do about it. Must not know libcurl.
#pragma once

#include <string_view>

#include "docker/endpoint.hpp"

namespace cac {

// Throws EngineError if a file cannot be read, or one of the two files of our certificate is
// missing: a TLS library would only say that something failed.
void check_tls_files(const TlsFiles& files);

// Returns a sentence of its own for each thing that goes wrong. detail: the TLS library's words,
// by which they are told apart (OpenSSL's, as measured with engines 20.10 and 28.5).
Failure tls_failure(const Endpoint& endpoint, std::string_view detail);

// An engine that expects TLS, and was spoken to without, has said so.
Failure tls_expected_failure(const Endpoint& endpoint);

}  // namespace cac
