// Writes the result of a run to the process's streams, and on GitHub Actions to the runner's files.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "base/environment.hpp"
#include "base/output.hpp"
#include "base/terminal.hpp"
#include "clear/result.hpp"
#include "cli/options.hpp"
#include "docker/http.hpp"

namespace cac {

// The process's environment and streams; tests replace them.
struct ProcessContext {
  Environment environment;
  std::ostream& out;
  std::ostream& err;
  TerminalStyle out_style;  // as for --color auto
  TerminalStyle err_style;
  std::function<std::size_t()> err_columns;  // how wide the terminal behind err is now
  int signal_fd;              // yields the number of each signal that asks to stop, as a byte
  OutputLimit& output_limit;  // of out and err; the run sets the deadline
};

// For --verbose: a line per request.
RequestLogger log_requests(std::ostream& err);

// Writes what the output options ask for. Output that could not be written becomes the result's
// write_error, and part of what is written after it.
void print_result(const OutputOptions& options, const ProcessContext& context, RunResult& result);

// Writes a help or version text to standard output.
void print_info(const std::string& text, const ProcessContext& context, RunResult& result);

}  // namespace cac
