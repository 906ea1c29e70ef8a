// A process that stays on the line: it keeps a connection open when this process ends, is killed
// even, before the answer came. An engine takes a closed connection for a cancel, and what it has
// begun is better finished. Knows nothing of HTTP.
#pragma once

namespace cac {

class Standby {
 public:
  // From now on the connection outlives this process: until the other side says something or hangs
  // up, but a minute at most. Without a process to spare, or a socket (-1), nothing stays. From
  // then on this process ignores SIGCHLD: the system does away with its children.
  explicit Standby(int socket);
  Standby(const Standby&) = delete;
  Standby& operator=(const Standby&) = delete;
  // Not dismissed: the answer did not come. The process stays on the line.
  ~Standby();

  // The request is out: from now on an hour at most.
  void expect_answer();
  // The answer is there: the process goes; its end, which takes milliseconds, is not waited for.
  void dismiss();

 private:
  void say(char word) const;

  int words_ = -1;  // to the process; their end says that this one is gone
  bool expects_answer_ = false;
};

}  // namespace cac
