// What a run printed, in a form that is the same each time, against the files in golden/.
#pragma once

#include <string>

#include "program.hpp"

namespace cac::test {

// The text without what differs from run to run: the engine's address, times, the version.
std::string normalized(std::string text, const std::string& engine_url);

// "$ clear-app-cache ARGUMENTS", both streams and the exit status.
std::string transcript(const Invocation& invocation, const Result& result,
                       const std::string& engine_url);

// One JSON line as many, for a file that people read. Fails the test if it is not exactly one line.
std::string spread_out(const std::string& json_line);

// Fails the test where golden/NAME.txt differs. With UPDATE_GOLDEN=1 the file is written instead,
// which CI refuses.
void check_golden(const std::string& name, const std::string& text);

}  // namespace cac::test
