// Runs another program to its end, and reads what it prints. Knows nothing of what it is for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/cancellation.hpp"

namespace cac {

struct ChildResult {
  int status = 0;           // as a shell has it: 128+N after signal N
  std::string output = {};  // what it wrote to standard output
  std::string errors = {};  // ... and to standard error: the first 64 KB
  bool is_cut_off = false;  // it was ended, because it wrote more to standard output than allowed
};

// Runs arguments[0], looked up in PATH, without a shell, with this process's environment and
// directory, and with nothing to read on its standard input. It does not outlive the call: whatever
// ends that ends it and what it has started. Throws std::system_error when it cannot be started,
// and Interrupted or TimedOut.
ChildResult run_child(const std::vector<std::string>& arguments, std::size_t max_output,
                      Interruption& interruption);

// Returns all of what the descriptor yields up to its end, or one byte more than max_size if there
// is more. Throws std::system_error, and Interrupted or TimedOut.
std::string read_to_end(int descriptor, std::size_t max_size, Interruption& interruption);

}  // namespace cac
