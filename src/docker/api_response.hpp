// A response of the Docker API beside the request that it answers, and the failures that bad
// responses become. Must not know the JSON of good ones (see `decode`), and sends nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "docker/http.hpp"

namespace cac {

struct ApiResponse {
  std::string request;  // for messages, without version and query: "GET /system/df"
  HttpResponse http;
  std::optional<std::string> error = {};  // a JSON error's message, unless the status is 200
  int tries = 1;  // how often the request was sent because of transient errors
};

bool is_html(const HttpResponse& response);
bool is_podman(const HttpResponse& response);
// Returns whether whoever answers says that it is Docker.
bool is_docker(const HttpResponse& response);
// Returns whether the engine, or a proxy in front of it, denies access.
bool is_denial(const HttpResponse& response);
// Returns whether the requested object is absent: a 404 with a JSON message (a proxy's has none).
bool is_absent(const ApiResponse& response);
// Returns whether the same request may succeed a little later.
bool is_transient(const ApiResponse& response);
// ... because the engine does the same for somebody else, however long that takes.
bool is_busy(const ApiResponse& response);

[[noreturn]] void throw_malformed(const std::string& request, std::string_view reason);
// For an HTML page with a good status.
[[noreturn]] void throw_html(const ApiResponse& response);
// For a response with another status than the expected one. kind: of a failure without a more
// specific one; other than refused, also for a wrong status of success.
[[noreturn]] void throw_unexpected(const ApiResponse& response,
                                   FailureKind kind = FailureKind::request_failed);
// For no response to a request that was sent.
[[noreturn]] void throw_lost(const std::string& request, const TransportError& error);

}  // namespace cac
