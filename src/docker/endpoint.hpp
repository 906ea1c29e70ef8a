// Which engine: options and environment become a socket or an address.
// Must not know HTTP; `http` finds out whether an engine answers there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace cac {

struct Endpoint {
  std::string socket_path;  // of a unix socket; empty: TCP
  std::string host_port;    // of TCP: "host:port", an IPv6 address in brackets
  std::string text() const;
};

// Returns --host, else DOCKER_HOST, else the default socket. Throws UsageError for an invalid
// address, and where docker's own commands might use another engine: TLS and docker contexts are
// not supported.
Endpoint choose_endpoint(const std::optional<std::string>& host_option,
                         const Environment& environment);

// Explains why connecting failed and what to do about it. os_error: errno of connect(); 0: unknown.
Failure connect_failure(const Endpoint& endpoint, int os_error, std::string_view detail,
                        const Environment& environment);

}  // namespace cac
