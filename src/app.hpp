// The pipeline: options → state → plan → execute → verify → report, on given arguments and
// streams. The only file that includes every directory.
#pragma once

#include <exception>
#include <functional>
#include <iosfwd>
#include <span>

#include "base/output.hpp"
#include "base/terminal.hpp"
#include "docker/endpoint.hpp"

namespace cac {

// What a process has around it, so that a test can stand in for it.
struct Surroundings {
  Environment environment;
  std::ostream& out;
  std::ostream& err;
  TerminalStyle out_style;  // as for --color auto
  TerminalStyle err_style;
  std::function<std::size_t()> err_columns;  // how wide the terminal behind err is now
  int signal_fd;              // a byte comes in for each signal that asks to stop: its number
  OutputLimit& output_limit;  // of out and err; the run sets the deadline
};

// arguments: without the program's name. Returns the exit status. An unforeseen exception is a
// failure like others.
int run_app(std::span<const char* const> arguments, const Surroundings& surroundings);

// Reports, as text or as JSON, what kept run_app from starting or from making its report. Returns
// the exit status.
int report_unforeseen(const std::exception& error, std::span<const char* const> arguments,
                      std::ostream& out, std::ostream& err);

}  // namespace cac
