#include "cli/split_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "cli/option_table.hpp"
#include "cli/suggest.hpp"

namespace cac {

namespace {

std::string suggest_option(std::string_view typed) {
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : option_table) names.push_back(spec.name);
  return suggest(typed, names, "--");
}

template <typename Name>
const OptionSpec* find_option(Name OptionSpec::*member, const Name& name) {
  const auto* const found = std::ranges::find(option_table, name, member);
  return found == std::end(option_table) ? nullptr : found;
}

bool is_docker(std::string_view word) { return word == "docker" || word == "docker-compose"; }

// A Compose file may have a service of any name.
bool is_file_option(std::string_view word) { return word == "-f" || word.starts_with("--file"); }

}  // namespace

SplitWords split_words(std::span<const char* const> arguments) {
  SplitWords split;
  std::vector<std::string>& words = split.own;
  bool is_value = false;
  for (const std::string_view argument : arguments) {
    if (split.build_command) {
      split.build_command->emplace_back(argument);
      continue;
    }
    if (argument == "--" && !is_value) {
      split.build_command.emplace();
      continue;
    }
    const bool is_option = argument.size() >= 2 && argument.starts_with('-');
    if (!is_value && is_docker(argument) && std::ranges::none_of(words, is_file_option)) {
      throw UsageError(fmt::format(
          "a build command stands behind --, as in clear-app-cache -- {} ...", argument));
    }
    if (std::exchange(is_value, false) || !is_option) {
      words.emplace_back(argument);
      continue;
    }
    if (argument.starts_with("--")) {
      const auto equals = argument.find('=');
      const std::string_view name = argument.substr(2, equals - 2);
      const auto* const spec = find_option(&OptionSpec::name, name);
      if (spec == nullptr) {
        throw UsageError(fmt::format("unknown option --{}{}", name, suggest_option(name)));
      }
      const bool is_switch = spec->placeholder.empty();
      if (is_switch && equals != std::string_view::npos) {
        throw UsageError(fmt::format("--{} takes no value", name));
      }
      is_value = !is_switch && equals == std::string_view::npos;
      words.emplace_back(argument);
      continue;
    }
    for (std::size_t i = 1; i < argument.size(); ++i) {
      const char letter = argument[i];
      const auto* const spec = find_option(&OptionSpec::short_name, letter);
      if (spec == nullptr) {
        throw UsageError(
            fmt::format("unknown option {}{}", argument, suggest_option(argument.substr(1))));
      }
      words.push_back({'-', letter});
      if (spec->placeholder.empty()) continue;
      std::string_view value = argument.substr(i + 1);
      is_value = value.empty();
      if (value.starts_with('=')) value.remove_prefix(1);
      if (!is_value) words.emplace_back(value);
      break;
    }
  }
  return split;
}

}  // namespace cac
