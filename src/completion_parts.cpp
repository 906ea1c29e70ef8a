#include "completion_parts.hpp"

#include <fmt/format.h>

#include "words.hpp"

namespace cac {

std::string names_of(const OptionSpec& spec, std::string_view separator) {
  const std::string name = fmt::format("--{}", spec.name);
  return spec.letter == 0 ? name : fmt::format("-{}{}{}", spec.letter, separator, name);
}

std::string names_against(const OptionSpec& spec) {
  std::string names;
  for (const std::string_view excluded : Words(spec.excludes)) {
    for (const OptionSpec& other : option_table) {
      if (other.name == excluded) names += names_of(other, " ") + " ";
    }
    if (excluded == target_argument.name) names += fmt::format("{} ", excluded);
  }
  return names + (&spec == &target_argument ? std::string(spec.name) : names_of(spec, " "));
}

std::string names_with_value(std::string_view separator) {
  std::string names;
  for (const OptionSpec& spec : option_table) {
    if (spec.kind == ValueKind::none) continue;
    if (!names.empty()) names += separator;
    names += names_of(spec, separator);
  }
  return names;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result;
  while (true) {
    const auto at = text.find(what);
    result += text.substr(0, at);
    if (at == std::string_view::npos) return result;
    result += by;
    text.remove_prefix(at + what.size());
  }
}

std::string_view offered_values(const OptionSpec& spec) {
  return spec.kind == ValueKind::choice ? spec.choices : spec.samples;
}

std::string_view default_socket_path() {
  constexpr std::string_view scheme = "unix://";
  static_assert(option_spec("host").default_value.starts_with(scheme));
  return option_spec("host").default_value.substr(scheme.size());
}

}  // namespace cac
