// The real program as a child process, with nothing in its environment but what a test puts there.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

namespace cac::test {

// What a standard stream of the program is connected to.
enum class Device {
  pipe,
  terminal,
  full,  // every write fails with "no space left"
  closed,
  unread,   // a pipe of one page that nobody reads
  stalled,  // the same, and something was written to it until it was full
};

struct Invocation {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment = {};  // LC_ALL is C.UTF-8 unless it is in here
  Device out = Device::pipe;
  Device err = Device::pipe;
  unsigned short columns = 80;      // of a terminal
  bool as_nobody = false;           // without root's rights; nothing changes for who has none
  int ignored_signal = 0;           // ... when it starts, as under nohup
  std::string input = "/dev/null";  // the file that is its standard input; empty: it is closed
  unsigned max_descriptors = 0;     // as by ulimit -n; 0: as many as this process may have
};

struct Result {
  int status = -1;  // as a shell shows it: 128+N when signal N killed it
  std::string out;
  std::string err;
};

class Program {
 public:
  explicit Program(const Invocation& invocation);
  // Kills it if it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void send(int signal) const;
  // Returns when the unread pipe that is its standard output is full.
  void wait_until_full() const;
  // Reads both streams, but for unread ones, to their ends and waits for the exit.
  Result wait();

 private:
  std::atomic<pid_t> process_ = -1;  // send() is called by fake engines' threads, too
  int out_ = -1;
  int err_ = -1;
  bool out_is_read_ = true;
  bool err_is_read_ = true;
};

inline Result run(const Invocation& invocation) { return Program(invocation).wait(); }

}  // namespace cac::test
