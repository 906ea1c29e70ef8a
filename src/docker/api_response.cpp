#include "docker/api_response.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "docker/api_version.hpp"

namespace cac {

namespace {

// The statuses of what follows differ from release to release; the words do not.

bool is_busy(std::string_view error) {
  return error.find("a disk usage operation is already running") != std::string_view::npos;
}

// Busy, or one of two known races inside the engine: a lease (moby#40480), or the snapshot of a
// record that is being measured (28.5 with the containerd store), has just been removed.
bool is_transient(std::string_view error) {
  const auto contains = [&](std::string_view words) {
    return error.find(words) != std::string_view::npos;
  };
  return is_busy(error) || (contains("lease") && contains("not found")) ||
         (contains("snapshot") && (contains("not found") || contains("does not exist")));
}

std::string proxy_advice(std::string_view request) {
  return fmt::format("A proxy seems to be blocking this: allow {}, or use the engine's own socket.",
                     request);
}

// Returns the message of a JSON error, else the first line of a plain text; 2,000 bytes at most.
std::string error_text(const ApiResponse& response) {
  if (response.error) {
    constexpr std::size_t max_size = 2'000;
    const std::string& message = *response.error;
    return message.size() > max_size ? message.substr(0, max_size) + "..." : message;
  }
  if (is_html(response.http)) return "an HTML page";
  const std::string& body = response.http.body;
  const std::string line = body.substr(0, std::min(body.find_first_of("\r\n"), std::size_t{200}));
  return line.empty() ? "nothing" : line;
}

}  // namespace

bool is_html(const HttpResponse& response) {
  return response.header("content-type").starts_with("text/html") || response.body.starts_with("<");
}

bool is_podman(const HttpResponse& response) {
  return response.header("server").starts_with("Libpod/") ||
         !response.header("libpod-api-version").empty();
}

bool is_docker(const HttpResponse& response) {
  return response.header("server").starts_with("Docker/") && !is_podman(response);
}

bool is_denial(const HttpResponse& response) {
  return response.status == 401 || response.status == 403 || response.status == 407;
}

bool is_absent(const ApiResponse& response) {
  return response.http.status == 404 && response.error && !is_transient(*response.error);
}

bool is_transient(const ApiResponse& response) {
  return response.http.status >= 300 && is_transient(error_text(response));
}

bool is_busy(const ApiResponse& response) {
  return response.http.status >= 300 && is_busy(error_text(response));
}

void throw_malformed(const std::string& request, std::string_view reason) {
  throw EngineError(
      {FailureKind::malformed,
       fmt::format("{}: the answer is not what the Docker API documents: {}", request, reason),
       "Is something other than the engine, a proxy perhaps, answering at this address?"});
}

void throw_html(const ApiResponse& response) {
  throw EngineError(
      {FailureKind::malformed,
       fmt::format("{}: the answer is an HTML page, not an engine's", response.request),
       proxy_advice(response.request), response.http.status});
}

void throw_unexpected(const ApiResponse& response, FailureKind kind) {
  const auto& [request, http, error, tries] = response;
  const int status = http.status;
  const std::string text = error_text(response);
  if (is_denial(http)) {
    throw EngineError({FailureKind::denied,
                       fmt::format("{} is refused with status {}: {}", request, status, text),
                       proxy_advice(request), status});
  }
  const bool is_success = status < 300 && kind == FailureKind::request_failed;
  if (is_success) throw_malformed(request, fmt::format("its status is {}", status));
  if (status == 400 && text.find("client version") != std::string::npos) {
    throw EngineError(
        {FailureKind::unsupported_version, fmt::format("{}: the engine answers: {}", request, text),
         fmt::format("This tool speaks API {} to {}, and DOCKER_API_VERSION can pin one "
                     "of them: update the older of the two.",
                     to_string(oldest_api), to_string(newest_api)),
         status});
  }
  if (!error && (status == 404 || status == 405 || is_html(http))) {
    throw EngineError({kind,
                       fmt::format("{} does not reach an engine: the answer is {} with status {}",
                                   request, text, status),
                       proxy_advice(request), status});
  }
  if (is_absent(response)) {
    throw EngineError({kind, request + ": the engine does not know this endpoint",
                       "Is it a Docker Engine? See its log: journalctl -u docker.", status});
  }
  throw EngineError({kind,
                     fmt::format("{}: the engine answers {}: {}{}", request, status, text,
                                 tries > 1 ? fmt::format(" (tried {} times)", tries) : ""),
                     "See the engine's log: journalctl -u docker.", status});
}

void throw_lost(const std::string& request, const TransportError& error) {
  using Kind = TransportError::Kind;
  if (error.kind != Kind::lost && error.kind != Kind::closed) {
    throw_malformed(request, error.what());
  }
  throw EngineError(
      {FailureKind::connection_lost,
       fmt::format("{}: the connection to the engine broke before the answer was complete: {}",
                   request, error.what()),
       "The engine may have been restarted. Run again; items already removed are skipped."});
}

}  // namespace cac
