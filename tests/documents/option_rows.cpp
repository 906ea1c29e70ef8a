// Prints the option table for the shell tests: a line for the target and for each option, with tabs
// between letter, name, placeholder, choices, environment variable, names of the arguments it
// excludes, "repeats" and short help; "-" where there is none. The build command is left out: it
// stands behind all the others, so that no completion can know of it yet.

#include <fmt/format.h>

#include <iostream>

#include "cli/option_rules.hpp"
#include "cli/option_table.hpp"

namespace {

void print(const cac::OptionSpec& spec) {
  const auto or_dash = [](std::string_view text) { return text.empty() ? "-" : text; };
  std::string excluded;
  for (const auto& [one, other, reason] : cac::exclusions) {
    if (one != spec.name && other != spec.name) continue;
    if (one == cac::build_command_argument.name || other == cac::build_command_argument.name) {
      continue;
    }
    excluded += fmt::format("{}{}", excluded.empty() ? "" : " ", one == spec.name ? other : one);
  }
  std::cout << fmt::format(
      "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", spec.short_name == 0 ? '-' : spec.short_name, spec.name,
      or_dash(spec.placeholder), or_dash(spec.choices), or_dash(spec.environment),
      or_dash(excluded), spec.may_repeat ? "repeats" : "-", spec.short_help);
}

}  // namespace

int main() {
  print(cac::target_argument);
  for (const cac::OptionSpec& spec : cac::option_table) print(spec);
  return 0;
}
