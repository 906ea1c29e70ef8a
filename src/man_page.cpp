#include "man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "json_keys.hpp"
#include "manual_text.hpp"
#include "version.hpp"
#include "words.hpp"

namespace cac {

namespace {

template <typename Lines>
consteval bool name_only_options(const Lines& lines) {
  for (const auto& line : lines) {
    if (!names_only_options(line)) return false;
  }
  return true;
}
template <typename Lines, typename Text>
consteval bool name_only_options(const Lines& lines, Text text) {
  for (const auto& line : lines) {
    if (!names_only_options(line.*text)) return false;
  }
  return true;
}
// No text names an option that is not in the table.
static_assert(name_only_options(description));
static_assert(name_only_options(exit_lines, &ExitLine::meaning));
static_assert(name_only_options(environment_lines, &EnvironmentLine::meaning));
static_assert(name_only_options(manual_notes, &Note::text));
static_assert(name_only_options(examples, &Example::text));
static_assert(name_only_options(examples, &Example::commands));
static_assert(name_only_options(json_keys, &JsonKey::meaning));

constexpr bool is_variable(std::string_view word) {
  for (const EnvironmentLine& line : environment_lines) {
    for (const std::string_view name : Words(line.name)) {
      if (bare(name).word == word) return true;
    }
  }
  return false;
}

consteval bool each_variable_is_told() {
  for (const OptionSpec& spec : option_table) {
    if (!spec.environment.empty() && !is_variable(spec.environment)) return false;
  }
  return true;
}
static_assert(each_variable_is_told(), "an option's environment variable is not in the table");

// Every hyphen as "\-": what can be copied from the page must be ASCII in every output.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '~':
        result += "\\(ti";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '`':
        result += "\\(ga";
        break;
      case '\'':
        result += "\\(aq";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escaped(text) + "\\fR"; }

// Options, variables and the program's name stand out in a text.
std::string marked(std::string_view word) {
  const auto [before, inner, after] = bare(word);
  const bool stands_out =
      is_option(option_named_in(word)) || is_variable(inner) || inner == program_name;
  return stands_out ? escaped(before) + bold(inner) + escaped(after) : escaped(word);
}

// A line of roff that begins with a control character would be a request.
std::string as_text_line(const std::string& line) {
  return line.starts_with('.') || line.starts_with("\\(aq") ? "\\&" + line : line;
}

// Filled by the formatter: lines of the source are short, and a sentence begins a new one.
void append_text(std::string& out, std::string_view text) {
  constexpr std::size_t longest = 76;
  std::string line;
  const auto end_line = [&] {
    if (!line.empty()) out += as_text_line(line) + "\n";
    line.clear();
  };
  for (const std::string_view word : Words(text)) {
    const std::string next = marked(word);
    if (line.size() + 1 + next.size() > longest) end_line();
    line += (line.empty() ? "" : " ") + next;
    if (word.ends_with('.')) end_line();
  }
  end_line();
}

void append_tagged(std::string& out, std::string_view tag, std::string_view text) {
  out += fmt::format(".TP\n{}\n", tag);
  append_text(out, text);
}

// Lines as they are.
void append_block(std::string& out, std::string_view lines) {
  out += ".PP\n.RS 4\n.EX\n";
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    out += as_text_line(escaped(lines.substr(0, end))) + "\n";
    lines.remove_prefix(end + 1);
  }
  out += ".EE\n.RE\n";
}

std::string form_of(const OptionSpec& spec) {
  std::string form;
  if (spec.letter != 0) form = bold(fmt::format("-{}", spec.letter)) + ", ";
  form += bold(fmt::format("--{}", spec.name));
  if (!spec.placeholder.empty()) form += "\\ " + italic(spec.placeholder);
  return form;
}

void append_option(std::string& out, const OptionSpec& spec) {
  append_tagged(out, &spec == &target_argument ? italic(spec.name) : form_of(spec), spec.paragraph);
  if (!spec.environment.empty() || !spec.default_value.empty()) out += ".br\n";
  if (!spec.environment.empty()) {
    append_text(out, fmt::format("Environment: {}.", spec.environment));
  }
  if (!spec.default_value.empty())
    append_text(out, fmt::format("Default: {}.", spec.default_value));
}

void append_synopsis(std::string& out) {
  out += fmt::format(".SH SYNOPSIS\n.SY {}\n[{}]\n[{}]\n.YS\n", escaped(program_name),
                     italic("OPTIONS"), italic(target_argument.name));
  // The group's first option asks for the mode; the others go with it alone.
  std::string pruning;
  for (const OptionSpec& spec : option_table) {
    if (spec.group != OptionGroup::pruning) continue;
    pruning += fmt::format(fmt::runtime(pruning.empty() ? "{}\n" : "[{}]\n"), form_of(spec));
  }
  out += fmt::format(".SY {}\n{}[{}]\n.YS\n", escaped(program_name), pruning, italic("OPTIONS"));
}

void append_json(std::string& out) {
  out += ".SH JSON OUTPUT\n";
  append_text(out,
              "With --json the report is a single-line JSON object in UTF-8, also on failure, with "
              "these keys. New keys and values may be added; ignore those you do not recognize.");
  for (const JsonKey& key : json_keys) {
    std::string text = fmt::format("{}.", key.type);
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    if (!key.words.empty()) {
      std::string words;
      for (const std::string_view word : Words(key.words)) {
        words += fmt::format("{}{}", words.empty() ? "" : ", ", word);
      }
      text += fmt::format(" {}{}.",
                          key.words.find(' ') == std::string_view::npos ? "" : "One of: ", words);
    }
    append_tagged(out, bold(key.path), fmt::format("{} {}", text, key.meaning));
  }
}

void append_see_also(std::string& out) {
  out +=
      ".SH SEE ALSO\n"
      ".BR docker\\-build (1),\n"
      ".BR docker\\-builder\\-prune (1),\n"
      ".BR docker\\-buildx\\-prune (1),\n"
      ".BR docker\\-image\\-rm (1),\n"
      ".BR docker\\-system\\-df (1),\n"
      ".BR flock (1),\n"
      ".BR systemd.timer (5)\n"
      ".PP\n"
      ".UR https://docs.docker.com/build/cache/\n"
      "Docker build cache\n"
      ".UE\n";
}

}  // namespace

std::string man_page() {
  std::string name(program_name);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string purpose(summary.substr(0, summary.size() - 1));
  purpose.front() = static_cast<char>(purpose.front() - 'A' + 'a');
  std::string out =
      ".\\\" Made from src/option_table.hpp and src/manual_text.hpp by the target \"documents\".\n";
  out += fmt::format(".TH {} 1 {} \"{} {}\" \"User Commands\"\n", escaped(name), release_date,
                     program_name, version);
  // Ragged and unhyphenated: names stay whole, and narrow screens get no gaps.
  out += ".ad l\n.nr HY 0\n.nh\n";
  out += fmt::format(".SH NAME\n{} \\-\n{}\n", escaped(program_name), purpose);
  append_synopsis(out);
  out += ".SH DESCRIPTION\n";
  for (const std::string_view& paragraph : description) {
    if (&paragraph != std::begin(description)) out += ".PP\n";
    append_text(out, paragraph);
  }
  out += ".SH OPTIONS\n";
  for (const auto& [group, word, title] : group_titles) {
    out += fmt::format(".SS {}\n", title);
    if (group == target_argument.group) append_option(out, target_argument);
    for (const OptionSpec& spec : option_table) {
      if (spec.group == group) append_option(out, spec);
    }
  }
  out += ".SH EXIT STATUS\n";
  for (const ExitLine& line : exit_lines) append_tagged(out, bold(line.status), line.meaning);
  out += ".SH ENVIRONMENT\n";
  for (const EnvironmentLine& line : environment_lines) {
    append_tagged(out, bold(line.name), line.meaning);
  }
  append_json(out);
  out += ".SH EXAMPLES\n";
  for (const Example& example : examples) {
    if (&example != std::begin(examples)) out += ".PP\n";
    append_text(out, example.text);
    append_block(out, example.commands);
  }
  out += ".SH NOTES\n";
  for (const auto& [title, text] : manual_notes) append_tagged(out, bold(title), text);
  append_see_also(out);
  return out;
}

}  // namespace cac
