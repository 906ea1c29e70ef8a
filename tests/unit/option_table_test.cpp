// The rules of the option table.
#include "cli/option_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/option_rules.hpp"

using cac::OptionSpec;

namespace {

std::vector<OptionSpec> all_arguments() {
  std::vector<OptionSpec> arguments{cac::target_argument, cac::build_command_argument};
  arguments.insert(arguments.end(), std::begin(cac::option_table), std::end(cac::option_table));
  return arguments;
}

bool is_argument(std::string_view name) {
  const auto arguments = all_arguments();
  return std::any_of(arguments.begin(), arguments.end(),
                     [name](const OptionSpec& spec) { return spec.name == name; });
}

bool consists_of(std::string_view text, std::string_view letters) {
  return text.find_first_not_of(letters) == std::string_view::npos;
}

constexpr std::string_view lower_case = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper_case = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

}  // namespace

TEST_CASE("names are unique, in lower case, with single dashes inside") {
  std::set<std::string_view> names;
  for (const OptionSpec& spec : cac::option_table) {
    CAPTURE(spec.name);
    CHECK(names.insert(spec.name).second);
    CHECK(spec.name.size() >= 2);
    CHECK(consists_of(spec.name, std::string(lower_case) + "-"));
    CHECK(("-" + std::string(spec.name) + "-").find("--") == std::string::npos);
  }
}

TEST_CASE("letters are unique") {
  std::set<char> letters;
  for (const OptionSpec& spec : cac::option_table) {
    if (spec.short_name == 0) continue;
    CAPTURE(spec.name);
    CHECK(letters.insert(spec.short_name).second);
    CHECK(std::isalpha(static_cast<unsigned char>(spec.short_name)) != 0);
  }
}

TEST_CASE("options of a group stand together") {
  std::vector<std::string_view> groups;
  for (const OptionSpec& spec : all_arguments()) {
    CAPTURE(spec.name);
    REQUIRE_FALSE(spec.group.empty());
    if (!groups.empty() && groups.back() == spec.group) continue;
    CHECK(std::find(groups.begin(), groups.end(), spec.group) == groups.end());
    groups.push_back(spec.group);
  }
}

TEST_CASE("only an option with a value has choices, a default or an environment variable") {
  for (const OptionSpec& spec : all_arguments()) {
    CAPTURE(spec.name);
    const bool is_words = spec.placeholder == cac::build_command_argument.placeholder;
    CHECK((is_words || consists_of(spec.placeholder, upper_case)));
    CHECK(consists_of(spec.environment, upper_case));
    if (spec.placeholder.empty()) {
      CHECK(spec.choices.empty());
      CHECK(spec.default_value.empty());
      CHECK(spec.environment.empty());
    }
    if (spec.choices.empty()) continue;
    std::istringstream list{std::string(spec.choices)};
    std::set<std::string> choices;
    for (std::string choice; list >> choice;) CHECK(choices.insert(choice).second);
    CHECK(choices.size() > 1);
    CHECK(choices.contains(std::string(spec.default_value)));
  }
}

TEST_CASE("exclusions and requirements name two arguments, once, with a reason") {
  std::set<std::set<std::string_view>> pairs;
  const auto check = [&pairs](std::string_view one, std::string_view other, std::string_view why) {
    CAPTURE(one);
    CAPTURE(other);
    CHECK(is_argument(one));
    CHECK(is_argument(other));
    CHECK(one != other);
    CHECK(pairs.insert({one, other}).second);
    CHECK_FALSE(why.empty());
    CHECK_FALSE(why.ends_with('.'));
  };
  for (const auto& [one, other, reason] : cac::exclusions) check(one, other, reason);
  for (const auto& [option, required, reason] : cac::requirements) check(option, required, reason);
}

TEST_CASE("the short help is a few words in lower case without a full stop") {
  for (const OptionSpec& spec : all_arguments()) {
    CAPTURE(spec.short_help);
    REQUIRE_FALSE(spec.short_help.empty());
    CHECK(consists_of(spec.short_help.substr(0, 1), lower_case));
    CHECK_FALSE(spec.short_help.ends_with('.'));
    CHECK(spec.short_help.find('\'') == std::string_view::npos);  // completions quote it
    CHECK(spec.short_help.size() <= 41);                          // the column of -h
  }
}

TEST_CASE("the long help is whole sentences in ASCII") {
  for (const OptionSpec& spec : all_arguments()) {
    CAPTURE(spec.long_help);
    REQUIRE_FALSE(spec.long_help.empty());
    CHECK(consists_of(spec.long_help.substr(0, 1), upper_case));
    CHECK(spec.long_help.ends_with('.'));
    CHECK(spec.long_help.find("  ") == std::string_view::npos);
    CHECK(std::all_of(spec.long_help.begin(), spec.long_help.end(),
                      [](char c) { return c >= ' ' && c <= '~'; }));
  }
}
