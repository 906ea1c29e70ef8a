// The pipeline: options → inventory → plan → execute → verify → report, on given arguments and
// streams. The only file that knows every room.
#pragma once

#include <functional>
#include <iosfwd>
#include <span>

#include "endpoint.hpp"
#include "terminal.hpp"

namespace cac {

// What a process has around it, so that a test can stand in for it.
struct Surroundings {
  Environment environment;
  std::ostream& out;
  std::ostream& err;
  TerminalStyle out_style;  // as for --color auto
  TerminalStyle err_style;
  std::function<std::size_t()> err_columns;  // how wide the terminal behind err is now
  int signal_fd;  // a byte comes in for each signal that asks to stop: its number
};

// arguments: without the program's name. Returns the exit status; throws what nobody foresaw.
int run_app(std::span<const char* const> arguments, const Surroundings& surroundings);

}  // namespace cac
