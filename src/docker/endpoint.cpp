#include "docker/endpoint.hpp"

#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/error.hpp"

namespace cac {

namespace {

// sun_path holds the path and a terminating zero; connect() with a longer one fails without errno.
constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;

constexpr std::string_view accepted = "use unix:///path/to/docker.sock or tcp://host:port";

Endpoint socket_endpoint(std::string_view path, std::string_view whole) {
  if (!path.starts_with('/')) {
    throw UsageError(
        fmt::format("host '{}': a socket needs an absolute path; {}", whole, accepted));
  }
  if (path.size() > longest_socket_path) {
    throw UsageError(
        fmt::format("host '{}': the socket's path has {} bytes, and the system takes {} at most; "
                    "reach it through a shorter symbolic link",
                    whole, path.size(), longest_socket_path));
  }
  return {.socket_path = std::string(path), .host_port = {}};
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
  });
}

bool is_bracketed_address(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
             std::string_view::npos;
}

Endpoint tcp_endpoint(std::string_view address, std::string_view whole) {
  if (address.ends_with('/')) address.remove_suffix(1);
  const auto colon = address.rfind(':');
  const bool has_port = colon != std::string_view::npos && !address.ends_with(']');
  const std::string_view host = has_port ? address.substr(0, colon) : address;
  // The docker CLI's default port, with TLS too.
  const std::string_view port = has_port ? address.substr(colon + 1) : "2375";
  if (!is_port(port) || !(is_host_name(host) || is_bracketed_address(host))) {
    throw UsageError(fmt::format("host '{}' is not a valid address; {}", whole, accepted));
  }
  return {.socket_path = {}, .host_port = fmt::format("{}:{}", host, port)};
}

}  // namespace

std::string Endpoint::text() const {
  return socket_path.empty() ? "tcp://" + host_port : "unix://" + socket_path;
}

Endpoint endpoint_for(const std::optional<std::string>& host_option,
                      const Environment& environment) {
  const auto host = host_option ? host_option : environment("DOCKER_HOST");
  if (!host) {
    const auto context = environment("DOCKER_CONTEXT");
    if (context && *context != "default") {
      throw UsageError(fmt::format(
          "DOCKER_CONTEXT is '{}', but Docker contexts are not supported: select the engine "
          "with --host",
          *context));
    }
    return socket_endpoint(default_socket, default_socket);
  }
  constexpr std::string_view unix_scheme = "unix://";
  constexpr std::string_view tcp_scheme = "tcp://";
  const std::string_view text = *host;
  if (text.starts_with(unix_scheme)) return socket_endpoint(text.substr(unix_scheme.size()), text);
  if (text.starts_with(tcp_scheme)) {
    for (const std::string_view name : {"DOCKER_TLS_VERIFY", "DOCKER_TLS"}) {
      if (!environment(name)) continue;
      throw UsageError(fmt::format(
          "{} is set, but TLS is not supported; run this on the engine's own host and {}", name,
          "leave the variable out, or use its unix socket"));
    }
    return tcp_endpoint(text.substr(tcp_scheme.size()), text);
  }
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    throw UsageError(fmt::format("host '{}' names no scheme; {}", text, accepted));
  }
  throw UsageError(fmt::format("host '{}': the scheme '{}' is not supported; {}", text,
                               text.substr(0, scheme_end), accepted));
}

ConnectProblem connect_problem(const Endpoint& endpoint, int os_error, std::string_view detail,
                               const Environment& environment) {
  const std::string where = endpoint.text();
  if (endpoint.socket_path.empty()) {
    return {fmt::format("cannot connect to {}: {}", where, detail),
            "Check that the engine listens there and that no firewall blocks it."};
  }
  switch (os_error) {
    case ENOENT: {
      std::string advice =
          "Start the engine (systemctl start docker), or say where it is with --host or "
          "DOCKER_HOST.";
      if (const auto runtime_dir = environment("XDG_RUNTIME_DIR")) {
        const std::string rootless = *runtime_dir + "/docker.sock";
        if (rootless != endpoint.socket_path && access(rootless.c_str(), F_OK) == 0) {
          advice =
              fmt::format("A rootless engine's socket is there: try --host unix://{}", rootless);
        }
      }
      return {fmt::format("there is no socket at {}", where), std::move(advice)};
    }
    case EACCES:
    case EPERM:
      return {fmt::format("permission denied on {}", where),
              "Run this with sudo, or as a member of the socket's group: sudo usermod -aG docker "
              "\"$USER\", then log in again.",
              true};
    case ECONNREFUSED:
      return {
          fmt::format("connection refused: {}", where),
          "The socket exists, but the engine is stopped or still starting: see systemctl status "
          "docker."};
    default:
      return {fmt::format("cannot connect to {}: {}", where,
                          os_error != 0 ? std::strerror(os_error) : std::string(detail)),
              "Say where the engine is with --host or DOCKER_HOST."};
  }
}

}  // namespace cac
