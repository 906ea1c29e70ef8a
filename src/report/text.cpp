#include <fmt/format.h>

#include <algorithm>

#include "report/lines.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace cac {

namespace {

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

std::string wrapped(std::string_view text, const TerminalStyle& style, std::size_t indent = 0,
                    Style emphasis = Style::plain) {
  const std::size_t width = style.width > indent ? style.width - indent : style.width;
  std::string out;
  for (const std::string& line : wrap(text, width)) {
    out += std::string(indent, ' ') + styled(line, emphasis, style) + "\n";
  }
  return out;
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
  constexpr std::size_t max_description = 60;  // in columns
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
    out += fmt::format("{} {}  ",
                       styled(style.utf8 ? symbol.utf8 : symbol.ascii, symbol.emphasis, style),
                       pad(line.verb, verb_columns));
    std::string text = line.is_text() ? line.object : pad(line.object, object_columns);
    if (!line.is_text()) {
      text += "  " + (line.reason.empty() ? line.size : pad(line.size, size_columns));
    }
    const std::string whole = line.reason.empty() ? text : text + "  " + line.reason;
    if (style.width == 0 || text_indent + display_width(whole) <= style.width) {
      out += text;
      if (!line.reason.empty()) out += "  " + styled(line.reason, Style::dim, style);
      out += "\n";
      continue;
    }
    // The columns stay as long as they fit; else the size gets a line of its own.
    const bool columns_fit = !line.is_text() && text_indent + display_width(text) <= style.width;
    out += wrapped(columns_fit ? text : line.object, style, text_indent).substr(text_indent);
    if (!columns_fit && !line.size.empty()) out += wrapped(line.size, style, text_indent);
    if (!line.reason.empty()) out += wrapped(line.reason, style, text_indent, Style::dim);
  }
  return out;
}

// Returns a paragraph whose first word is colored.
std::string format_summary(const Summary& summary, const TerminalStyle& style) {
  const Style emphasis = summary.status == LineStatus::done     ? Style::green
                         : summary.status == LineStatus::failed ? Style::red
                                                                : Style::yellow;
  const std::string text = wrapped(fmt::format("{}: {}", summary.word, summary.sentences), style);
  return styled(summary.word, emphasis, style) + text.substr(summary.word.size());
}

// "clear-app-cache: error: what and why", and what to do about it below.
std::string format_message(const Message& message, const TerminalStyle& style) {
  constexpr std::string_view program = "clear-app-cache: ";
  const std::string_view label = message.is_error ? "error" : "warning";
  const Style emphasis = message.is_error ? Style::red : Style::yellow;
  std::string lines = wrapped(
      fmt::format("{}{}: {}", program, label, escape_untrusted(message.text, style)), style);
  // On a terminal too narrow for the label nothing is colored.
  const auto place = lines.find(label);
  if (place == program.size()) lines.replace(place, label.size(), styled(label, emphasis, style));
  if (message.advice.empty()) return lines;
  return lines + wrapped(escape_untrusted(message.advice, style), style, 2);
}

}  // namespace

std::string text_report(const RunResult& result, const TerminalStyle& style) {
  std::string out;
  if (!result.build_run) {
    if (!result.engine || (!result.plan && !result.verification)) return "";
    out = wrapped(escape_untrusted(make_heading(result), style), style, 0, Style::bold);
  }
  out += format_table(make_lines(result), style);
  if (const auto summary = make_summary(result)) out += format_summary(*summary, style);
  return out;
}

std::string messages(const RunResult& result, const TerminalStyle& style) {
  std::string out;
  auto all = list_messages(result);
  for (auto message = all.begin(); message != all.end(); ++message) {
    // One advice for all that follow each other with the same, below the last of them.
    const auto next = message + 1;
    if (next != all.end() && next->advice == message->advice) message->advice.clear();
    out += format_message(*message, style);
  }
  return out;
}

}  // namespace cac
