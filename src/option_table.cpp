// Refuses to compile a table of options that has a hole, a duplicate or a text out of form.

#include "option_table.hpp"

#include "words.hpp"

namespace cac {

namespace {

template <typename Holds>
constexpr bool all_options(Holds holds) {
  for (const OptionSpec& spec : option_table) {
    if (!holds(spec)) return false;
  }
  return true;
}

template <typename Holds>
constexpr bool all_arguments(Holds holds) {
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

// Whether the one's paragraph names the other.
constexpr bool tells_of(const OptionSpec& spec, const OptionSpec& other) {
  for (const std::string_view word : Words(spec.paragraph)) {
    if (other.name == target_argument.name ? bare(word).word == other.name
                                           : option_named_in(word) == other.name) {
      return true;
    }
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
                for (const std::string_view name : Words(spec.excludes)) {
                  if (!all_arguments([&](const OptionSpec& other) {
                        return other.name != name || has_word(other.excludes, spec.name);
                      })) {
                    return false;
                  }
                  if (name != target_argument.name && !is_option(name)) return false;
                }
                return true;
              }),
              "an option excludes what is not in the table, or what does not exclude it");
static_assert(all_arguments([](const OptionSpec& spec) {
                return all_arguments([&](const OptionSpec& other) {
                  return !has_word(spec.excludes, other.name) || tells_of(spec, other) ||
                         tells_of(other, spec);
                });
              }),
              "two arguments exclude each other and neither paragraph says so");

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
