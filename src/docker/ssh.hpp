// A line to an engine on another host: `ssh HOST docker system dial-stdio`, as docker has it,
// behind a unix socket of our own. Must not know HTTP.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "docker/endpoint.hpp"

namespace cac {

// Returns ssh's arguments, docker's own. may_ask: whether ssh may ask at the terminal, for a
// password or about an unknown host; without, it fails instead.
std::vector<std::string> ssh_command(const SshAddress& address, bool may_ask);

// The status of a process that cannot become ssh, as a shell has it.
inline constexpr int ssh_cannot_be_run = 126;

// Whether there is a terminal, and this process is in its foreground.
bool can_ask_at_terminal();

// One ssh process, which ends with this object. It ignores INT, TERM and HUP, which a terminal or
// systemd sends to it as well: this process decides when it ends.
class SshTunnel {
 public:
  // Listens on a unix socket in a private directory. The first connection becomes standard input
  // and output of ssh, which starts then; socket and directory are gone from then on. Throws
  // EngineError if the system is out of something.
  explicit SshTunnel(const Endpoint& endpoint);
  SshTunnel(const SshTunnel&) = delete;
  SshTunnel& operator=(const SshTunnel&) = delete;
  // To be called after the connection was closed: waits a moment for ssh to end by itself.
  ~SshTunnel();

  const std::string& socket_path() const { return socket_path_; }

  // Whether ssh goes on when this object ends: another process holds the connection then, and ssh
  // ends when that closes it.
  void keep_running(bool keeps) { keeps_running_ = keeps; }

  // To be called when the connection has broken, or something else than HTTP came. Returns why, in
  // the words of ssh or of the docker over there; nullopt if ssh does not say. Throws Interrupted
  // or TimedOut.
  std::optional<Failure> find_failure(Interruption& interruption, bool is_not_http);

 private:
  void start();
  bool has_ended();
  void end();
  std::string read_errors() const;

  Endpoint endpoint_;
  std::string socket_path_;
  int life_ = -1;    // a pipe that is closed when this process ends
  int errors_ = -1;  // a file in memory: ssh's standard error
  pid_t process_ = -1;
  std::optional<int> status_ = {};  // as a shell has it, once it has ended
  std::optional<termios> terminal_ = {};
  bool keeps_running_ = false;
};

}  // namespace cac
