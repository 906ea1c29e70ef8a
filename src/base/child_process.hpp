// Runs another program to its end, and reads what it prints. Knows nothing of what it is for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"

namespace cac {

struct ChildResult {
  int status = 0;           // as a shell has it: 128+N after signal N
  std::string output = {};  // what it wrote to standard output
  std::string errors = {};  // ... and to standard error: the beginning of it
  bool is_cut_off = false;  // it was ended, because it wrote more to standard output than allowed
};

// Variables of a child that differ from this process's; nullopt: it does not have them.
using EnvironmentChanges = std::vector<std::pair<std::string, std::optional<std::string>>>;

// Runs arguments[0], looked up in PATH, without a shell, in this process's directory, and with
// nothing to read on its standard input and no terminal to ask at. It does not outlive the call:
// whatever ends that ends it and what it has started. Throws std::system_error when it cannot be
// started, and Interrupted or TimedOut.
ChildResult run_child(const std::vector<std::string>& arguments, std::size_t max_output,
                      Interruption& interruption, const EnvironmentChanges& changes = {},
                      std::size_t max_errors = 64'000);

// Runs arguments[0] in this process's place: with its streams, directory and process group. Passes
// on the signals that ask to end, except those that a terminal sends, which the child gets by
// itself. Returns its status, as a shell has it. Throws std::system_error when it cannot be
// started.
int run_in_foreground(const std::vector<std::string>& arguments, const EnvironmentChanges& changes);

// Returns why a program failed: its words as one short line, else its status.
std::string describe_end(std::int64_t status, std::string words);

// Returns all of what the descriptor yields up to its end, or one byte more than max_size if there
// is more. Throws std::system_error, and Interrupted or TimedOut.
std::string read_to_end(int descriptor, std::size_t max_size, Interruption& interruption);

}  // namespace cac
