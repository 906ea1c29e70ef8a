#include "man_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/terminal.hpp"
#include "cli/option_table.hpp"

namespace cac {

namespace {

// Every hyphen as "\-", so that what is copied from the page is ASCII in every output.
std::string escape_roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '-') {
      escaped += "\\-";
    } else if (c == '\\') {
      escaped += "\\e";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escape_roff(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", escape_roff(text)); }

// The text with the options that it names in bold.
std::string mark_options(std::string_view text) {
  std::string marked;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const std::string_view name = word.substr(0, word.find_last_not_of(".,;:)") + 1);
    const bool is_option =
        std::any_of(std::begin(option_table), std::end(option_table),
                    [name](const OptionSpec& spec) { return name == argument_form(spec.name); });
    marked += is_option ? bold(name) + escape_roff(word.substr(name.size())) : escape_roff(word);
    text.remove_prefix(word.size());
    if (!text.empty()) {
      marked += ' ';
      text.remove_prefix(1);
    }
  }
  return marked;
}

// Each sentence begins a new line of roff, as its formatters want it.
void append_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find(". ");
    const bool is_last = end == std::string_view::npos;
    const std::string_view sentence = text.substr(0, is_last ? end : end + 1);
    for (const std::string& line : wrap(mark_options(sentence), 78)) {
      out += fmt::format("{}{}\n", line.starts_with('.') ? "\\&" : "", line);
    }
    text.remove_prefix(is_last ? text.size() : end + 2);
  }
}

void append_option(std::string& out, const OptionSpec& spec) {
  out += ".TP\n";
  if (spec.name == target_argument.name) {
    out += italic(spec.name);
  } else {
    if (spec.short_name != 0) out += bold(fmt::format("-{}", spec.short_name)) + ", ";
    out += bold(argument_form(spec.name));
    if (!spec.placeholder.empty()) out += "\\ " + italic(spec.placeholder);
  }
  out += "\n";
  append_text(out, full_help(spec));
  const std::string note = default_note(spec);
  if (note.empty()) return;
  out += ".br\n";
  append_text(out, note);
}

}  // namespace

std::string man_options() {
  std::string out = fmt::format(".SS {}\n", target_argument.group);
  append_option(out, target_argument);
  std::string_view group = target_argument.group;
  for (const OptionSpec& spec : option_table) {
    if (spec.group != group) out += fmt::format(".SS {}\n", spec.group);
    group = spec.group;
    append_option(out, spec);
  }
  return out;
}

}  // namespace cac
