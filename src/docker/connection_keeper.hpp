// Keeps a connection open beyond the end of this process: an engine takes a closed connection for a
// cancel, and a prune that it has begun is better finished. Knows nothing of HTTP.
#pragma once

namespace cac {

// A forked process that holds a second reference to the connection. It blocks signals: systemd
// sends SIGTERM to every process of a unit that ends.
class Standby {
 public:
  // Forks. If this process ends now, the connection stays open until the other side answers or
  // hangs up, for a minute at most. From here on this process ignores SIGCHLD.
  explicit Standby(int socket);
  Standby(const Standby&) = delete;
  Standby& operator=(const Standby&) = delete;
  // Leaves the process on the line, unless it was dismissed.
  ~Standby();

  // The errno of why nobody is on the line: the system is out of processes or descriptors, or the
  // socket is below 3 (-1, a standard stream). 0: somebody is.
  int error() const { return error_; }

  // To be called once the request was sent: the process now waits for an hour at most.
  void expect_answer();
  // To be called once the answer is complete: ends the process without waiting for its end.
  void dismiss();

 private:
  void say(char word) const;

  int error_ = 0;
  int words_ = -1;  // to the process; when it closes, this process is gone
  bool expects_answer_ = false;
};

}  // namespace cac
