// What the completions of all shells are put together from. Knows the table of options, no shell.
#pragma once

#include <string>
#include <string_view>

#include "option_table.hpp"

namespace cac {

inline constexpr std::string_view completion_origin =
    "# Made from src/option_table.hpp by the target \"documents\".\n";

// "-p --project", with what is to stand between them.
std::string names_of(const OptionSpec& spec, std::string_view separator);

// What keeps an argument from being offered: the names of all that it does not go with, its own
// last. The target goes by its name.
std::string names_against(const OptionSpec& spec);

// The names of every option that takes a value.
std::string names_with_value(std::string_view separator);

// What there is to offer for the value, separated by blanks: all that it can be, or a few samples.
std::string_view offered_values(const OptionSpec& spec);

// Where an engine's socket usually is.
std::string_view default_socket_path();

// The text with each `what` replaced.
std::string replaced(std::string_view text, std::string_view what, std::string_view by);

}  // namespace cac
