// Completions for the shells, made from the table of options. Pure.
// They know which options there are and what their values can be, not what goes with what.
#pragma once

#include <string>

namespace cac {

// For bash 4.3 and newer, with the package bash-completion or without it.
std::string bash_completion();

// For a folder in fpath, by the name of _clear-app-cache.
std::string zsh_completion();

// For fish 3.1 and newer.
std::string fish_completion();

}  // namespace cac
