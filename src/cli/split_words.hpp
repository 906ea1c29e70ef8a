// argv in the form that cxxopts reads without surprises. Knows the option table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cac {

struct SplitWords {
  std::vector<std::string> own = {};
  // The words behind "--"; nullopt: there is no "--".
  std::optional<std::vector<std::string>> build_command = {};
};

// Returns the words with each short option as a word of its own, as cxxopts takes only some values
// behind one ("-pVALUE"). Throws for a switch with a value, which cxxopts ignores, and for an
// unknown option, with what else it may have been.
SplitWords split_words(std::span<const char* const> arguments);

}  // namespace cac
