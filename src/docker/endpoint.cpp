#include "docker/endpoint.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

namespace cac {

namespace {

// sun_path holds the path and a terminating zero; connect() with a longer one fails without errno.
constexpr std::size_t max_socket_path = sizeof(sockaddr_un::sun_path) - 1;

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// A password must not be printed, also where the scheme before it was forgotten, the user's name is
// percent-encoded, or it stands in a query or a fragment.
std::string without_secrets(std::string_view address) {
  const auto scheme_end = address.find("://");
  const auto begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto end = std::min(address.find_first_of("?#", begin), address.size());
  std::string shown(address.substr(0, end));
  if (end < address.size()) shown += fmt::format("{}***", address[end]);
  const auto at = std::min(shown.rfind('@'), shown.find("%40", begin));
  const auto secret = shown.find_first_of(":%", begin);
  if (at != std::string::npos && secret < at) shown.replace(secret + 1, at - secret - 1, "***");
  return shown;
}

[[noreturn]] void refuse(std::string_view address, std::string_view reason) {
  throw UsageError(fmt::format(
      "host '{}'{}; use unix:///path/to/docker.sock, tcp://host:port or ssh://user@host",
      without_secrets(address), reason));
}

bool consists_of(std::string_view text, std::string_view more) {
  return text.find_first_not_of(std::string(letters_and_digits).append(more)) ==
         std::string_view::npos;
}

Endpoint socket_endpoint(std::string_view path, std::string_view address) {
  if (!path.starts_with('/')) refuse(address, ": a socket needs an absolute path");
  if (path.size() > max_socket_path) {
    throw UsageError(
        fmt::format("host '{}': the socket's path has {} bytes, and the system takes {} at most; "
                    "reach it through a shorter symbolic link",
                    address, path.size(), max_socket_path));
  }
  return {.socket_path = std::string(path)};
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Returns whether the text is a host name, or an IPv6 address in brackets. No program can take it
// for an option.
bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
    return !text.empty() &&
           text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
  }
  return !text.empty() && !text.starts_with('-') && consists_of(text, ".-_");
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;  // empty: none
};
HostAndPort split_port(std::string_view text, std::string_view address) {
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && !text.ends_with(']');
  const HostAndPort parts{text.substr(0, has_port ? colon : text.size()),
                          has_port ? text.substr(colon + 1) : ""};
  if (!is_host(parts.host) || (has_port && !is_port(parts.port))) {
    refuse(address, " is not a valid address");
  }
  return parts;
}

Endpoint tcp_endpoint(std::string_view rest, std::string_view address, AddressSource source) {
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto [host, port] = split_port(rest, address);
  if (port.empty() && source == AddressSource::context) {
    // docker would take HTTP's port 80 or 443.
    refuse(address, " names no port");
  }
  if (port.empty()) port = "2375";  // the docker CLI's default, also with TLS
  return {.host_port = fmt::format("{}:{}", host, port)};
}

Endpoint ssh_endpoint(std::string_view rest, std::string_view address) {
  SshAddress ssh;
  const auto slash = std::min(rest.find('/'), rest.size());
  const std::string_view path = rest.substr(slash);
  rest = rest.substr(0, slash);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    ssh.user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    if (ssh.user.find(':') != std::string::npos) {
      throw UsageError(fmt::format("host '{}' has a password; use a key or ssh-agent",
                                   without_secrets(address)));
    }
    if (ssh.user.empty() || ssh.user.starts_with('-') || !consists_of(ssh.user, "._-")) {
      refuse(address, " has a user that is not a valid name");
    }
  }
  const auto [host, port] = split_port(rest, address);
  ssh.host = host;
  if (ssh.host.starts_with('[')) ssh.host = ssh.host.substr(1, ssh.host.size() - 2);
  ssh.port = port;
  if (path.size() > 1) ssh.socket_path = path;
  // A shell over there reads it.
  if (!consists_of(path, "/._-+@")) {
    refuse(address, " has a path with characters that a shell could take for its own");
  }
  return {.ssh = ssh};
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
  if (!socket_path.empty()) return "unix://" + socket_path;
  if (!ssh) return "tcp://" + host_port;
  const bool is_ipv6 = ssh->host.find(':') != std::string::npos;
  return fmt::format("ssh://{}{}{}{}{}{}", ssh->user, ssh->user.empty() ? "" : "@",
                     is_ipv6 ? "[" + ssh->host + "]" : ssh->host, ssh->port.empty() ? "" : ":",
                     ssh->port, ssh->socket_path);
}

bool Endpoint::is_remote() const {
  if (!socket_path.empty()) return false;
  const std::string_view host = ssh ? std::string_view(ssh->host)
                                    : std::string_view(host_port).substr(0, host_port.rfind(':'));
  const bool is_ipv4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host != "localhost" && host != "::1" && host != "[::1]" &&
         !(is_ipv4 && host.starts_with("127."));
}

Endpoint parse_endpoint(std::string_view address, AddressSource source) {
  // A context's JSON can have one. The system would take what is before it for the whole path.
  if (const auto nul = address.find('\0'); nul != std::string_view::npos) {
    refuse(address.substr(0, nul), " is followed by a NUL character");
  }
  const auto scheme_end = address.find("://");
  if (scheme_end == std::string_view::npos) refuse(address, " names no scheme");
  const std::string_view scheme = address.substr(0, scheme_end);
  const std::string_view rest = address.substr(scheme_end + 3);
  const bool is_of_context = source == AddressSource::context;
  if (scheme == "unix") return socket_endpoint(rest, address);
  if (scheme == "ssh") return ssh_endpoint(rest, address);
  if (scheme == "tcp" || (scheme == "http" && is_of_context)) {
    return tcp_endpoint(rest, address, source);
  }
  if (scheme == "https" && is_of_context) {
    Endpoint endpoint = tcp_endpoint(rest, address, source);
    endpoint.tls.emplace();
    return endpoint;
  }
  if (scheme == "npipe") refuse(address, ": named pipes are Windows's");
  if (scheme == "fd") refuse(address, ": only an engine itself can listen on a descriptor");
  refuse(address, fmt::format(": the scheme '{}' is not supported", scheme));
}

int connect_errno(const std::string& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int result = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  const int error = result == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

Failure connect_failure(const Endpoint& endpoint, int os_error, std::string_view detail,
                        const Environment& environment) {
  const std::string where = endpoint.text();
  if (os_error == EMFILE || os_error == ENFILE) {
    return {FailureKind::unreachable,
            fmt::format("cannot connect to {}: {}", where, std::strerror(os_error)),
            advise_more_descriptors};
  }
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
