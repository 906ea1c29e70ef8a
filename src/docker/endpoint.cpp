#include "docker/endpoint.hpp"

#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

namespace cac {

namespace {

// sun_path holds the path and a terminating zero; connect() with a longer one fails without errno.
constexpr std::size_t max_socket_path = sizeof(sockaddr_un::sun_path) - 1;

[[noreturn]] void refuse(std::string_view host, std::string_view reason) {
  throw UsageError(
      fmt::format("host '{}'{}; use unix:///path/to/docker.sock or tcp://host:port", host, reason));
}

Endpoint socket_endpoint(std::string_view path, std::string_view host) {
  if (!path.starts_with('/')) refuse(host, ": a socket needs an absolute path");
  if (path.size() > max_socket_path) {
    throw UsageError(
        fmt::format("host '{}': the socket's path has {} bytes, and the system takes {} at most; "
                    "reach it through a shorter symbolic link",
                    host, path.size(), max_socket_path));
  }
  return {.socket_path = std::string(path), .host_port = {}};
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool consists_of(std::string_view characters, std::string_view text) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// Returns whether the text is a host name, or an IPv6 address in brackets.
bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    return consists_of("0123456789abcdefABCDEF:.", text.substr(1, text.size() - 2));
  }
  return consists_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_", text);
}

Endpoint tcp_endpoint(std::string_view address, std::string_view host) {
  if (address.ends_with('/')) address.remove_suffix(1);
  const auto colon = address.rfind(':');
  const bool has_port = colon != std::string_view::npos && !address.ends_with(']');
  const std::string_view name = has_port ? address.substr(0, colon) : address;
  // The docker CLI's default port, also with TLS.
  const std::string_view port = has_port ? address.substr(colon + 1) : "2375";
  if (!is_port(port) || !is_host(name)) refuse(host, " is not a valid address");
  return {.socket_path = {}, .host_port = fmt::format("{}:{}", name, port)};
}

// Returns what to do when there is no socket at the endpoint's path.
std::string suggest_socket(const Endpoint& endpoint, const Environment& environment) {
  const auto directory = environment("XDG_RUNTIME_DIR");
  const std::string rootless = directory.value_or("") + "/docker.sock";
  if (directory && rootless != endpoint.socket_path && access(rootless.c_str(), F_OK) == 0) {
    return fmt::format("A rootless engine's socket is there: try --host unix://{}", rootless);
  }
  return "Start the engine (systemctl start docker), or say where it is with --host or "
         "DOCKER_HOST.";
}

}  // namespace

std::string Endpoint::text() const {
  return socket_path.empty() ? "tcp://" + host_port : "unix://" + socket_path;
}

Endpoint choose_endpoint(const std::optional<std::string>& host_option,
                         const Environment& environment) {
  const auto host = host_option ? host_option : environment("DOCKER_HOST");
  if (!host) {
    const std::string context = environment("DOCKER_CONTEXT").value_or("default");
    if (context == "default") return {.socket_path = "/var/run/docker.sock", .host_port = {}};
    throw UsageError(
        fmt::format("DOCKER_CONTEXT is '{}', but Docker contexts are not supported: select the "
                    "engine with --host",
                    context));
  }
  const std::string_view text = *host;
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) refuse(text, " names no scheme");
  const std::string_view scheme = text.substr(0, scheme_end);
  const std::string_view address = text.substr(scheme_end + 3);
  if (scheme == "unix") return socket_endpoint(address, text);
  if (scheme != "tcp") refuse(text, fmt::format(": the scheme '{}' is not supported", scheme));
  for (const std::string_view name : {"DOCKER_TLS_VERIFY", "DOCKER_TLS"}) {
    if (!environment(name)) continue;
    throw UsageError(
        fmt::format("{} is set, but TLS is not supported; run this on the engine's own host and "
                    "leave the variable out, or use its unix socket",
                    name));
  }
  return tcp_endpoint(address, text);
}

Failure connect_failure(const Endpoint& endpoint, int os_error, std::string_view detail,
                        const Environment& environment) {
  const std::string where = endpoint.text();
  if (endpoint.socket_path.empty()) {
    return {FailureKind::unreachable, fmt::format("cannot connect to {}: {}", where, detail),
            "Check that the engine listens there and that no firewall blocks it."};
  }
  switch (os_error) {
    case ENOENT:
      return {FailureKind::unreachable, fmt::format("there is no socket at {}", where),
              suggest_socket(endpoint, environment)};
    case EACCES:
    case EPERM:
      return {FailureKind::denied, fmt::format("permission denied on {}", where),
              "Run this with sudo, or as a member of the socket's group: sudo usermod -aG docker "
              "\"$USER\", then log in again."};
    case ECONNREFUSED:
      return {FailureKind::unreachable, fmt::format("connection refused: {}", where),
              "The socket exists, but the engine is stopped or still starting: see systemctl "
              "status docker."};
    default:
      return {FailureKind::unreachable,
              fmt::format("cannot connect to {}: {}", where,
                          os_error != 0 ? std::strerror(os_error) : std::string(detail)),
              "Say where the engine is with --host or DOCKER_HOST."};
  }
}

}  // namespace cac
