// The ping: who answers at the address, and which API version to speak.
#include <fmt/format.h>

#include <algorithm>

#include "docker/engine.hpp"
#include "docker/tls.hpp"

namespace cac {

void Engine::identify(std::optional<ApiVersion> pinned) {
  identity_.address = endpoint_.text();
  identity_.context = endpoint_.context;
  ApiResponse ping;
  try {
    ping = send({Method::get, "/_ping"});
  } catch (const EngineError& error) {
    // No valid answer to the ping: not a Docker engine.
    const auto& [kind, message, advice, status] = error.failure();
    if (kind != FailureKind::connection_lost && kind != FailureKind::malformed) throw;
    throw EngineError({FailureKind::not_docker, message + ": nothing was changed",
                       fmt::format("Does an engine listen on {}{}?", identity_.address,
                                   endpoint_.tls || endpoint_.ssh ? "" : ", and without TLS")});
  }
  const std::string_view server = ping.http.header("server");
  if (is_denial(ping.http)) throw_unexpected(ping);
  if (is_podman(ping.http)) {
    throw EngineError({FailureKind::not_docker,
                       fmt::format("{} is Podman ({}), not Docker: nothing was changed",
                                   identity_.address, server),
                       "Podman has no build cache of its own to clear; its builds take steps from "
                       "local images. Build without them: podman build --no-cache"});
  }
  if (ping.http.status == 400 && ping.http.body.find("to an HTTPS server") != std::string::npos) {
    throw EngineError(tls_expected_failure(endpoint_));
  }
  constexpr std::string_view docker = "Docker/";
  if (!server.starts_with(docker)) {
    throw EngineError(
        {FailureKind::not_docker,
         fmt::format("{} does not say that it is Docker (status {}, Server: {}{}): nothing was "
                     "changed",
                     identity_.address, ping.http.status, server.empty() ? "none" : server,
                     is_html(ping.http) ? ", an HTML page" : ""),
         "Only an engine that identifies itself as Docker is written to. If a proxy is in front of "
         "it, let GET /_ping through with the engine's headers."});
  }
  identity_.name = "Docker";
  identity_.version = server.substr(docker.size(), server.find(' ') - docker.size());
  // Error replies also have the headers, but an engine that cannot answer a ping is not usable.
  if (ping.http.status != 200) throw_unexpected(ping, FailureKind::unreachable);
  const auto newest = parse_api_version(ping.http.header("api-version"));
  if (!newest || *newest < oldest_api) {
    throw EngineError(
        {FailureKind::unsupported_version,
         fmt::format("{} {} speaks API {} at most; this tool needs {} (Docker 20.10) or newer",
                     identity_.name, identity_.version,
                     newest ? to_string(*newest) : "of an unknown version", to_string(oldest_api)),
         "Update the engine."});
  }
  identity_.api = pinned.value_or(std::min(newest_api, *newest));
  shares_build_cache_answers_ = newest->shares_disk_usage();
}

}  // namespace cac
