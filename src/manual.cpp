#include "manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "manual_text.hpp"
#include "terminal.hpp"

namespace cac {

namespace {

constexpr std::size_t screen_columns = 80;
constexpr std::size_t screen_lines = 24;

// "-p, --project NAME"; of the target, "TARGET".
std::string form_of(const OptionSpec& spec) {
  if (&spec == &target_argument) return std::string(spec.name);
  std::string form = spec.letter != 0 ? fmt::format("-{}, ", spec.letter) : "    ";
  form += fmt::format("--{}", spec.name);
  if (!spec.placeholder.empty()) form += fmt::format(" {}", spec.placeholder);
  return form;
}

constexpr std::size_t form_columns(const OptionSpec& spec) {
  const std::size_t value = spec.placeholder.empty() ? 0 : 1 + spec.placeholder.size();
  return std::string_view("-x, --").size() + spec.name.size() + value;
}

// What -h tells of the default: the address is too long.
constexpr std::string_view shown_default(const OptionSpec& spec) {
  return spec.kind == ValueKind::host ? std::string_view() : spec.default_value;
}

// The columns of -h: a group's word, the option's form, its line and its default.
struct ShortLayout {
  std::size_t words = 0;
  std::size_t forms = 0;
  std::size_t lines = 0;
};

constexpr std::size_t gap = 2;

constexpr ShortLayout short_layout = [] {
  ShortLayout layout;
  for (const GroupTitle& group : group_titles) {
    layout.words = std::max(layout.words, group.word.size() + gap);
  }
  const auto fit = [&layout](const OptionSpec& spec) {
    layout.forms = std::max(layout.forms, form_columns(spec) + gap);
    const auto usual = shown_default(spec);
    layout.lines =
        std::max(layout.lines, spec.line.size() + (usual.empty() ? 0 : usual.size() + gap + 1));
  };
  fit(target_argument);
  for (const OptionSpec& spec : option_table) fit(spec);
  return layout;
}();

static_assert(short_layout.words + short_layout.forms + short_layout.lines <= screen_columns,
              "a line of -h is wider than the screen");

// Usage, summary, a blank line, the target, the exit statuses; one line is the prompt's that
// follows.
static_assert(std::size(option_table) + 5 <= screen_lines - 1, "-h is longer than the screen");
static_assert(summary.size() <= screen_columns, "the summary is wider than the screen");

constexpr bool each_group_has_its_title() {
  for (std::size_t i = 0; i < std::size(group_titles); ++i) {
    if (group_titles[i].group != static_cast<OptionGroup>(i)) return false;
  }
  return std::end(option_table)[-1].group == std::end(group_titles)[-1].group;
}
static_assert(each_group_has_its_title(), "the titles are not in the order of the groups");

std::string_view word_of(OptionGroup group) {
  return group_titles[static_cast<std::size_t>(group)].word;
}

void append_short(std::string& out, std::string_view word, const OptionSpec& spec) {
  const auto usual = shown_default(spec);
  out +=
      fmt::format("{:<{}}{:<{}}{}{}\n", word, short_layout.words, form_of(spec), short_layout.forms,
                  spec.line, usual.empty() ? "" : fmt::format(" [{}]", usual));
}

// Of the texts below a tag in --help.
constexpr std::size_t indent = 8;

void append_paragraph(std::string& out, std::string_view text, std::size_t margin,
                      std::size_t width) {
  for (const std::string& line : wrapped(text, width - margin)) {
    out += std::string(margin, ' ') + line + "\n";
  }
}

void append_tagged(std::string& out, std::string_view tag, std::string_view text,
                   std::size_t width) {
  std::string lines;
  append_paragraph(lines, text, indent, width);
  // Beside the tag where there is room.
  if (tag.size() + 2 < indent) {
    out += fmt::format("  {:<{}}{}", tag, indent - 2, lines.substr(indent));
  } else {
    out += fmt::format("  {}\n{}", tag, lines);
  }
}

void append_long(std::string& out, const OptionSpec& spec, std::size_t width) {
  out += fmt::format("  {}\n", form_of(spec));
  append_paragraph(out, spec.paragraph, indent, width);
  std::string source;
  if (!spec.environment.empty()) source = fmt::format("Environment: {}. ", spec.environment);
  if (!spec.default_value.empty()) source += fmt::format("Default: {}.", spec.default_value);
  if (!source.empty()) append_paragraph(out, source, indent, width);
}

}  // namespace

std::string short_help() {
  std::string out = fmt::format("Usage: {} [OPTIONS] [TARGET]\n{}\n\n", program_name, summary);
  append_short(out, word_of(target_argument.group), target_argument);
  OptionGroup group = target_argument.group;
  for (const OptionSpec& spec : option_table) {
    append_short(out, spec.group == group ? "" : word_of(spec.group), spec);
    group = spec.group;
  }
  std::string statuses;
  for (const ExitLine& line : exit_lines) {
    statuses += fmt::format("{}{} {}", statuses.empty() ? "" : ", ", line.status, line.word);
  }
  out += fmt::format("{:<{}}{}\n", "Exit", short_layout.words, statuses);
  return out;
}

std::string long_help(std::size_t width) {
  // Wider lines are hard to read; in narrower ones no word fits beside the indent.
  constexpr std::size_t narrowest = 24;
  constexpr std::size_t widest = 100;
  width = width == 0 ? screen_columns : std::clamp(width, narrowest, widest);
  std::string out;
  append_paragraph(out, fmt::format("Usage: {} [OPTIONS] [TARGET]", program_name), 0, width);
  for (const std::string_view paragraph : description) {
    out += "\n";
    append_paragraph(out, paragraph, 0, width);
  }
  for (const auto& [group, word, title] : group_titles) {
    out += fmt::format("\n{}:\n", title);
    if (group == target_argument.group) append_long(out, target_argument, width);
    for (const OptionSpec& spec : option_table) {
      if (spec.group == group) append_long(out, spec, width);
    }
  }
  out += "\nExit status:\n";
  for (const ExitLine& line : exit_lines) append_tagged(out, line.status, line.meaning, width);
  out += "\nEnvironment:\n";
  for (const EnvironmentLine& line : environment_lines) {
    append_tagged(out, line.name, line.meaning, width);
  }
  out += "\n";
  append_paragraph(out, fmt::format("Examples and the keys of --json: man {}", program_name), 0,
                   width);
  return out;
}

}  // namespace cac
