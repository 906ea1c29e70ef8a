#include "report/github.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/terminal.hpp"
#include "report/lines.hpp"

namespace cac {

namespace {

// Logs and summaries are UTF-8, whatever the locale of the runner's service is.
constexpr TerminalStyle style{.width = 0, .color = false, .utf8 = true};

// As the runner unescapes a command's text.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '%':
        result += "%25";
        break;
      case '\r':
        result += "%0D";
        break;
      case '\n':
        result += "%0A";
        break;
      default:
        result += c;
    }
  }
  return result;
}

// Within a property, what separates properties is escaped, too.
std::string property_escaped(std::string_view text) {
  std::string result;
  for (const char c : escaped(text)) {
    if (c == ':') {
      result += "%3A";
    } else if (c == ',') {
      result += "%2C";
    } else {
      result += c;
    }
  }
  return result;
}

// The text's lines may be foreign.
std::string annotation(std::string_view command, std::string_view title, std::string_view text) {
  std::string lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines += (begin > 0 ? "\n" : "") + harmless(text.substr(begin, end - begin), style);
    begin = end + 1;
  }
  return fmt::format("::{} title={}::{}\n", command, property_escaped(title), escaped(lines));
}

std::string with_advice(const Failure& failure) {
  return failure.advice.empty() ? failure.message : failure.message + "\n" + failure.advice;
}

// Foreign text in a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : harmless(text, style)) {
    if (c == '|' || c == '<' || c == '>' || c == '`' || c == '*' || c == '_' || c == '[' ||
        c == '\\' || c == '&') {
      result += fmt::format("&#{};", static_cast<int>(c));
    } else {
      result += c;
    }
  }
  return result;
}

// For headings: what there is to say in a word.
std::string word_for(const Run& run) {
  if (run.unwritten) return "failed";
  if (const auto closing = closing_of(run)) return closing->word;
  return run.failure ? "failed" : "planned";
}

}  // namespace

std::string without_commands(std::string_view text) {
  constexpr std::string_view command = "##[";
  std::string result;
  std::size_t begin = 0;
  for (auto at = text.find(command); at != std::string_view::npos; at = text.find(command, begin)) {
    result.append(text, begin, at - begin).append("#\\u0023[");
    begin = at + command.size();
  }
  return result.append(text, begin);
}

std::string workflow_commands(const Run& run) {
  std::string out;
  if (run.plan) {
    out += fmt::format("::group::{}\n", escaped("The plan of clear-app-cache"));
    for (const Action& action : run.plan->actions) {
      std::string line = fmt::format("{}: {}", action.object, action.reason);
      if (!action.effect.empty()) line += "; " + action.effect;
      // Indented: a line that begins with "::" would be a command.
      out += "- " + harmless(line, style) + "\n";
    }
    out += "::endgroup::\n";
  }
  for (const std::string& warning : warnings_of(run)) {
    out += annotation("warning", "clear-app-cache", warning);
  }
  for (const Failure& other : other_failures(run)) {
    out += annotation("warning", "clear-app-cache", with_advice(other));
  }
  if (const auto failure = first_failure(run))
    out += annotation("error", "clear-app-cache failed", with_advice(*failure));
  const auto closing = closing_of(run);
  // No "clean" beside an error.
  if (closing && !(closing->mark == Mark::done && first_failure(run))) {
    out += annotation(closing->mark == Mark::done ? "notice" : "error",
                      fmt::format("clear-app-cache: {}", closing->word), closing->sentences);
  }
  return without_commands(out);
}

std::string job_summary(const Run& run) {
  std::string out = fmt::format("### clear-app-cache: {}\n\n", word_for(run));
  if (const auto closing = closing_of(run)) out += cell(closing->sentences) + "\n\n";
  const auto add = [&out](const Failure& failure) {
    out += fmt::format("**{}** {}\n\n", cell(failure.message), cell(failure.advice));
  };
  if (const auto failure = first_failure(run)) add(*failure);
  for (const Failure& other : other_failures(run)) add(other);
  const auto lines = lines_of(run);
  if (lines.empty()) return out;
  out += "| | Object | Size | |\n| --- | --- | ---: | --- |\n";
  for (const Line& line : lines) {
    out += fmt::format("| {} | {} | {} | {} |\n", cell(line.verb), cell(line.object),
                       cell(line.size), cell(line.reason));
  }
  return out + "\n";
}

std::string step_outputs(const Run& run) {
  std::string removed;
  for (const Outcome& outcome : run.outcomes) {
    if (outcome.action.kind != ActionKind::remove_image) continue;
    if (outcome.status != OutcomeStatus::done) continue;
    removed += (removed.empty() ? "" : " ") + outcome.action.object;
  }
  const auto verdict = verdict_of(run);
  return fmt::format("verdict={}\nreclaimed-bytes={}\nremoved-images={}\n",
                     verdict ? text_of(*verdict) : "", reclaimed_by(run).count, removed);
}

}  // namespace cac
