#include "cli/option_table.hpp"

#include <fmt/format.h>

#include <sstream>

#include "cli/option_rules.hpp"

namespace cac {

std::string argument_form(std::string_view name) {
  if (name == build_command_argument.name) return "a build command";
  return name == target_argument.name ? std::string(name) : fmt::format("--{}", name);
}

std::string enumerate(std::string_view words) {
  std::vector<std::string> list;
  std::istringstream stream{std::string(words)};
  for (std::string word; stream >> word;) list.push_back(word);
  return enumerate(list);
}

std::string enumerate(const std::vector<std::string>& list) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == list.size() ? " or " : ", ") + list[i];
  }
  return text;
}

std::string full_help(const OptionSpec& spec) {
  std::vector<std::string> excluded;
  for (const Exclusion& exclusion : exclusions) {
    if (exclusion.one != spec.name && exclusion.other != spec.name) continue;
    const auto other = exclusion.one == spec.name ? exclusion.other : exclusion.one;
    excluded.push_back(argument_form(other));
  }
  std::string text(spec.long_help);
  if (!excluded.empty()) text += fmt::format(" Cannot be combined with {}.", enumerate(excluded));
  for (const Requirement& requirement : requirements) {
    if (requirement.option != spec.name) continue;
    text += fmt::format(" Requires {}.", argument_form(requirement.required));
  }
  return text;
}

std::string default_note(const OptionSpec& spec) {
  std::string text;
  if (!spec.environment.empty()) text = fmt::format("Environment: {}.", spec.environment);
  if (!spec.default_value.empty()) {
    text += fmt::format("{}Default: {}.", text.empty() ? "" : " ", spec.default_value);
  }
  return text;
}

}  // namespace cac
