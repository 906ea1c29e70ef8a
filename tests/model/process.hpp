// The tool as a process: its start, its streams, and what it leaves behind.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace cac::model {

struct Start {
  std::string program;
  std::vector<std::string> words = {};
  std::map<std::string, std::string> environment = {};
  std::string directory = {};
  std::string input = {};  // the file that is its standard input
};

class Process {
 public:
  explicit Process(const Start& start);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const;
  // Becomes readable when it has ended.
  int end_fd() const { return end_fd_; }
  int out_fd() const { return out_; }  // -1: at its end
  int err_fd() const { return err_; }
  // Read what there is.
  void read_out();
  void read_err();
  // After its end. As a shell shows it.
  int wait(bool& was_killed);
  std::size_t count_descriptors() const;

  std::string out = {};
  std::string err = {};

 private:
  pid_t pid_ = -1;
  int end_fd_ = -1;
  int out_ = -1;
  int err_ = -1;
};

// Once for the process that starts the tools: what outlives them becomes its child.
void adopt_orphans();
// Collects children that have ended. Returns whether some still live.
bool has_children();
// The descriptors of all children beyond standard input and output, as "PID: 3 -> socket:[1]".
std::vector<std::string> list_child_descriptors();
void kill_children();

}  // namespace cac::model
