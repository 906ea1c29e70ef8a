// Command lines and environments: a line for each word, "NAME=VALUE" first for the environment.
#include "cli/options.hpp"

#include <map>
#include <vector>

#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cac::test::as_text(data, size);
  std::map<std::string, std::string, std::less<>> variables;
  std::vector<std::string> words;
  while (!input.empty()) {
    // No word of a process holds a zero byte.
    std::string word = cac::test::take_until(input, '\n');
    word = word.substr(0, word.find('\0'));
    const auto equals = word.find('=');
    const bool is_variable = words.empty() && !word.starts_with('-') && equals != std::string::npos;
    if (is_variable) {
      variables[word.substr(0, equals)] = word.substr(equals + 1);
    } else {
      words.push_back(word);
    }
  }
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  const cac::Environment environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
  cac::find_output_options(arguments);
  try {
    const cac::Options options = cac::parse_options(arguments, environment);
    if (options.info != cac::InfoRequest::none) return 0;
    cac::test::require(options.timeout.count() > 0, "a run has a timeout");
    if (const auto* const clear = std::get_if<cac::ClearRequest>(&options.request)) {
      cac::test::require(
          options.build || cac::parse_project(clear->application.project).has_value(),
          "the project is valid");
    }
  } catch (const cac::UsageError& error) {
    cac::test::require(*error.what() != 0, "a usage error says what is wrong");
  }
  return 0;
}
