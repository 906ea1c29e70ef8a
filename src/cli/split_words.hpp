// argv in the form that cxxopts reads without surprises. Knows the option table.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace cac {

// Returns the words with each short option as a word of its own, as cxxopts takes only some values
// behind one ("-pVALUE"). Throws for a switch with a value, which cxxopts reads past, and for an
// unknown option, with what else it may have been.
std::vector<std::string> split_words(std::span<const char* const> arguments);

}  // namespace cac
