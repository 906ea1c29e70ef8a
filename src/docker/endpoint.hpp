// What an engine's address says: a socket, a TCP port, or a host to be reached over ssh.
// Must not know HTTP; `http` finds out whether an engine answers there, `context` which address it
// is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace cac {

// PEM files, by their paths.
struct TlsFiles {
  std::string ca = {};      // of those who may sign the engine's certificate; empty: the system's
  std::string bundle = {};  // the system's CAs, if ca is empty; empty: the TLS library's own choice
  std::string certificate = {};  // that we show; empty: none
  std::string key = {};          // of that certificate
  bool verifies = true;          // false: docker's own settings say to take any certificate
};

struct SshAddress {
  std::string user = {};  // empty: ssh's own choice, as is the port
  std::string host = {};
  std::string port = {};
  std::string socket_path = {};  // of the engine, over there; empty: docker's own choice
};

// Exactly one of socket_path, host_port and ssh is set.
struct Endpoint {
  std::string context = {};          // docker's name for it; empty: none but the default one
  std::string socket_path = {};      // of a unix socket
  std::string host_port = {};        // of TCP: "host:port", an IPv6 address in brackets
  std::optional<TlsFiles> tls = {};  // of TCP; nullopt: in plain text
  std::optional<SshAddress> ssh = {};

  std::string text() const;  // "unix:///var/run/docker.sock"
  // Whether the address is of another machine, as far as it tells.
  bool is_remote() const;
};

// Who wrote an address: docker takes http:// and https:// from a context only, and completes a
// port only elsewhere.
enum class AddressSource { user, context };

// Throws UsageError for an invalid address, and for one that docker knows and this tool cannot use.
Endpoint parse_endpoint(std::string_view address, AddressSource source = AddressSource::user);

// Returns the errno of an attempt to connect to a unix socket, or 0.
int connect_errno(const std::string& path);

// Explains why connecting failed and what to do about it. os_error: errno of connect(); 0: unknown.
Failure connect_failure(const Endpoint& endpoint, int os_error, std::string_view detail,
                        const Environment& environment);

}  // namespace cac
