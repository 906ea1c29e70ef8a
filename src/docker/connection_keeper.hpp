// Keeps a connection open after this process has ended: an engine cancels what it is doing when the
// client hangs up, and a prune that it has begun should be finished. Must not know HTTP.
#pragma once

#include <sys/types.h>

namespace cac {

// Forks a process that holds a second reference to the connection. That process blocks signals,
// because systemd sends SIGTERM to every process of a unit that ends.
class ConnectionKeeper {
 public:
  // Starts the process. If this process ends now, the connection stays open until the peer answers
  // or hangs up, for a minute at most.
  explicit ConnectionKeeper(int socket) : socket_(socket), error_(start(socket)) {}
  ConnectionKeeper(const ConnectionKeeper&) = delete;
  ConnectionKeeper& operator=(const ConnectionKeeper&) = delete;
  // Lets the process keep the connection, unless it was dismissed.
  ~ConnectionKeeper();

  // Returns 0, or the errno of why no process was started: the system is out of processes or
  // descriptors, or a descriptor is that of a standard stream or -1 (EBADF).
  int error() const { return error_; }

  // To be called once the request was sent: raises the minute to an hour.
  void expect_answer();
  // To be called once the answer is complete: ends the process.
  void dismiss();
  // To be called before this process gives up the connection: nothing that it sends from now on, a
  // goodbye of TLS say, reaches the peer.
  void take_over() const;

  // Waits until every process that was left to keep a connection has ended.
  static void outlast_all();

 private:
  int start(int socket);
  void notify(char message) const;

  int socket_;
  pid_t process_ = -1;
  int pipe_ = -1;  // to the process, which takes its end for the end of this one
  bool expects_answer_ = false;
  int error_;  // initialized last: start() sets the others
};

}  // namespace cac
