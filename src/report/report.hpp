// The result of a run as text or JSON. Pure.
#pragma once

#include <string>

#include "base/terminal.hpp"
#include "clear/result.hpp"

namespace cac {

// For people, on standard output: the plan or its outcomes, the residue and the verdict.
std::string text_report(const RunResult& result, const TerminalStyle& style);

// For people, on standard error: warnings and errors; may be empty.
std::string messages(const RunResult& result, const TerminalStyle& style);

// For programs, on standard output: one object on one line, without the line's end.
std::string json_report(const RunResult& result);

}  // namespace cac
