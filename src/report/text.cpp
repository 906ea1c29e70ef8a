#include <fmt/format.h>

#include <algorithm>

#include "report/lines.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace cac {

namespace {

// In columns.
constexpr std::size_t max_description = 60;

struct Symbol {
  std::string_view utf8;
  std::string_view ascii;
  Style emphasis;
};

// In the order of LineStatus.
constexpr Symbol symbols[] = {{"→", ">", Style::plain},
                              {"✓", "+", Style::green},
                              {"·", "-", Style::dim},
                              {"!", "!", Style::yellow},
                              {"✗", "x", Style::red}};

// Appends a text wrapped and indented.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent, Style emphasis,
                    const TerminalStyle& style) {
  const std::size_t width = style.width > indent ? style.width - indent : style.width;
  for (const std::string& line : wrap(text, width)) {
    out += std::string(indent, ' ') + styled(line, emphasis, style) + "\n";
  }
}

// No line ends with a blank.
std::string trimmed(std::string text) {
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

// The lines as a table: on one line each where all of them fit, else the reason below.
std::string format_table(std::vector<Line> lines, const TerminalStyle& style) {
  std::size_t verb_columns = 0;
  std::size_t object_columns = 0;
  std::size_t size_columns = 0;
  const std::size_t max_columns =
      style.width == 0 ? max_description : std::min(max_description, style.width / 2);
  for (Line& line : lines) {
    line.object = trimmed(escape_untrusted(line.object, style));
    if (line.may_be_cut) line.object = shorten(line.object, max_columns);
    line.reason = trimmed(escape_untrusted(line.reason, style));
    verb_columns = std::max(verb_columns, display_width(line.verb));
    size_columns = std::max(size_columns, display_width(line.size));
    if (!line.is_text()) object_columns = std::max(object_columns, display_width(line.object));
  }
  std::string out;
  constexpr std::size_t indent = 2;
  const std::size_t text_indent = indent + verb_columns + 2;
  for (const Line& line : lines) {
    const Symbol& symbol = symbols[static_cast<std::size_t>(line.status)];
    const std::string symbol_text =
        styled(style.utf8 ? symbol.utf8 : symbol.ascii, symbol.emphasis, style);
    const std::string verb = pad(line.verb, verb_columns);
    std::string text = line.is_text() ? line.object : pad(line.object, object_columns);
    if (!line.is_text()) {
      text += "  " + (line.reason.empty() ? line.size : pad(line.size, size_columns));
    }
    const std::string whole = line.reason.empty() ? text : text + "  " + line.reason;
    if (style.width == 0 || text_indent + display_width(whole) <= style.width) {
      out += fmt::format("{} {}  {}", symbol_text, verb, text);
      if (!line.reason.empty()) out += "  " + styled(line.reason, Style::dim, style);
      out += "\n";
      continue;
    }
    // The columns stay as long as they fit; else the size gets a line of its own.
    const bool columns_fit = !line.is_text() && text_indent + display_width(text) <= style.width;
    std::string below;
    append_wrapped(below, columns_fit ? text : line.object, text_indent, Style::plain, style);
    out += fmt::format("{} {}  {}", symbol_text, verb, below.substr(text_indent));
    if (!columns_fit && !line.size.empty()) {
      append_wrapped(out, line.size, text_indent, Style::plain, style);
    }
    if (!line.reason.empty()) append_wrapped(out, line.reason, text_indent, Style::dim, style);
  }
  return out;
}

// Returns a paragraph whose first word is colored.
std::string format_summary(const Summary& summary, const TerminalStyle& style) {
  const Style emphasis = summary.status == LineStatus::done     ? Style::green
                         : summary.status == LineStatus::failed ? Style::red
                                                                : Style::yellow;
  std::string out;
  append_wrapped(out, fmt::format("{}: {}", summary.word, summary.sentences), 0, Style::plain,
                 style);
  return styled(summary.word, emphasis, style) + out.substr(summary.word.size());
}

// "clear-app-cache: error: what and why", and what to do about it below.
void append_message(std::string& out, std::string_view label, Style emphasis, std::string_view text,
                    std::string_view advice, const TerminalStyle& style) {
  constexpr std::string_view program = "clear-app-cache: ";
  std::string lines;
  append_wrapped(lines, fmt::format("{}{}: {}", program, label, escape_untrusted(text, style)), 0,
                 Style::plain, style);
  // On a terminal too narrow for the label nothing is colored.
  const auto place = lines.find(label);
  if (place == program.size()) lines.replace(place, label.size(), styled(label, emphasis, style));
  out += lines;
  if (!advice.empty()) append_wrapped(out, escape_untrusted(advice, style), 2, Style::plain, style);
}

}  // namespace

std::string text_report(const RunResult& result, const TerminalStyle& style) {
  std::string out;
  if (!result.engine || (!result.plan && !result.verification)) return out;
  append_wrapped(out, escape_untrusted(make_heading(result), style), 0, Style::bold, style);
  out += format_table(make_lines(result), style);
  if (const auto summary = make_summary(result)) out += format_summary(*summary, style);
  return out;
}

std::string messages(const RunResult& result, const TerminalStyle& style) {
  std::string out;
  for (const std::string& warning : list_warnings(result)) {
    append_message(out, "warning", Style::yellow, warning, "", style);
  }
  const auto first = first_failure(result);
  const auto others = other_failures(result);
  for (auto other = others.begin(); other != others.end(); ++other) {
    // One advice for all that follow each other with the same, below the last of them.
    const Failure* const next = other + 1 != others.end() ? &other[1] : first ? &*first : nullptr;
    const bool repeats = next != nullptr && next->advice == other->advice;
    append_message(out, "warning", Style::yellow, other->message, repeats ? "" : other->advice,
                   style);
  }
  if (first) append_message(out, "error", Style::red, first->message, first->advice, style);
  return out;
}

}  // namespace cac
