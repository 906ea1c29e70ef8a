// Refuses to compile a table of options that has a hole, a duplicate or a text out of form.

#include "option_table.hpp"

#include "words.hpp"

namespace cac {

namespace {

template <typename Holds>
consteval bool all_options(Holds holds) {
  for (const OptionSpec& spec : option_table) {
    if (!holds(spec)) return false;
  }
  return true;
}

template <typename Holds>
consteval bool all_arguments(Holds holds) {
  return holds(target_argument) && all_options(holds);
}

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// "dry-run"
constexpr bool is_long_name(std::string_view name) {
  if (name.size() < 2 || !is_lower(name.front()) || name.ends_with('-')) return false;
  for (const char c : name) {
    if (!is_lower(c) && c != '-') return false;
  }
  return true;
}

constexpr bool is_capitals(std::string_view text) {
  for (const char c : text) {
    if (!is_upper(c) && c != '_') return false;
  }
  return true;
}

// ASCII, so that it reads the same in every locale; blanks single and inside.
constexpr bool is_tidy(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  for (const char c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return text.find("  ") == std::string_view::npos;
}

constexpr bool has_word(std::string_view list, std::string_view wanted) {
  for (const std::string_view word : Words(list)) {
    if (word == wanted) return true;
  }
  return false;
}

static_assert(all_options([](const OptionSpec& spec) { return is_long_name(spec.name); }),
              "a name is not of lower case letters and inner dashes");
static_assert(all_options([](const OptionSpec& spec) {
                return spec.letter == 0 || is_lower(spec.letter) || is_upper(spec.letter);
              }),
              "a letter is none");
static_assert(all_options([](const OptionSpec& spec) {
                for (const OptionSpec& other : option_table) {
                  if (&spec == &other) continue;
                  if (spec.name == other.name) return false;
                  if (spec.letter != 0 && spec.letter == other.letter) return false;
                }
                return true;
              }),
              "a name or a letter is there twice");
static_assert(all_options([group = target_argument.group](const OptionSpec& spec) mutable {
                const bool in_order = spec.group >= group;
                group = spec.group;
                return in_order;
              }),
              "the groups are out of order");

static_assert(all_arguments([](const OptionSpec& spec) {
                return (spec.kind == ValueKind::none) == spec.placeholder.empty() &&
                       is_capitals(spec.placeholder);
              }),
              "a value has no placeholder in capitals, or a switch has one");
static_assert(all_arguments([](const OptionSpec& spec) {
                return (spec.kind == ValueKind::choice) == !spec.choices.empty() &&
                       (spec.choices.empty() || is_tidy(spec.choices));
              }),
              "a choice has no choices, or something else has some");
static_assert(all_arguments([](const OptionSpec& spec) {
                const bool is_quantity =
                    spec.kind == ValueKind::duration || spec.kind == ValueKind::size;
                return is_quantity == !spec.samples.empty() &&
                       (spec.samples.empty() || is_tidy(spec.samples));
              }),
              "a duration or a size has no samples, or something else has some");
static_assert(all_arguments([](const OptionSpec& spec) {
                if (spec.kind == ValueKind::none) return spec.default_value.empty();
                return spec.kind != ValueKind::choice || has_word(spec.choices, spec.default_value);
              }),
              "a default is none of the choices, or a switch has one");
static_assert(all_arguments([](const OptionSpec& spec) {
                return is_capitals(spec.environment) &&
                       (spec.environment.empty() || spec.kind != ValueKind::none);
              }),
              "the name of an environment variable is odd, or a switch has one");

static_assert(all_arguments([](const OptionSpec& spec) {
                return is_tidy(spec.line) && !spec.line.ends_with('.') &&
                       !is_upper(spec.line.front());
              }),
              "a line is not a few words in small letters without a full stop");
static_assert(all_arguments([](const OptionSpec& spec) {
                return is_tidy(spec.paragraph) && spec.paragraph.ends_with('.') &&
                       is_upper(spec.paragraph.front());
              }),
              "a paragraph is not made of full sentences");
static_assert(all_arguments([](const OptionSpec& spec) {
                return names_only_options(spec.line) && names_only_options(spec.paragraph);
              }),
              "a text names an option that is not in the table");

}  // namespace

}  // namespace cac
