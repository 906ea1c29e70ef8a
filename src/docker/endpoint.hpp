// Which engine: options and environment become a socket or an address.
// Knows nothing of HTTP; whether somebody answers there is found out by `http`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"

namespace cac {

struct Endpoint {
  std::string socket_path;  // of a unix socket; empty: TCP
  std::string host_port;    // of TCP: "host:port", an IPv6 address in brackets
  std::string text() const;
};

inline constexpr std::string_view default_socket = "/var/run/docker.sock";

// --host, else DOCKER_HOST, else the default socket. Throws UsageError for an address that cannot
// be one, and where another engine than docker's own commands would use might be meant: TLS is not
// spoken, and docker contexts are not followed.
Endpoint endpoint_for(const std::optional<std::string>& host_option,
                      const Environment& environment);

// Why connecting failed and what to do about it, as three sentences for three different cases.
// os_error: errno of connect(); 0 when unknown.
struct ConnectProblem {
  std::string message;
  std::string advice;
  bool denied = false;
};
ConnectProblem connect_problem(const Endpoint& endpoint, int os_error, std::string_view detail,
                               const Environment& environment);

}  // namespace cac
