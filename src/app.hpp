// The pipeline: options → state → plan → execute → state → judge → report, on given arguments and
// streams.
#pragma once

#include <exception>
#include <iosfwd>
#include <span>

#include "print.hpp"

namespace cac {

// arguments: without the program's name. Returns the exit status. An unexpected exception is
// reported like other failures.
int run_app(std::span<const char* const> arguments, const ProcessContext& context);

// Reports, as text or as JSON, an exception that kept run_app from starting or from reporting.
// Returns the exit status.
int report_unforeseen(const std::exception& error, std::span<const char* const> arguments,
                      std::ostream& out, std::ostream& err);

}  // namespace cac
