#include <fmt/format.h>

#include <algorithm>

#include "report/lines.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"

namespace cac {

namespace {

// Logs and summaries are UTF-8, whatever the locale of the runner's service is.
constexpr TerminalStyle utf8_style{.width = 0, .color = false, .utf8 = true};

// Replaces each of the characters by its code in this format.
std::string encode(std::string_view text, std::string_view characters, const char* format) {
  std::string result;
  for (const char c : text) {
    result += characters.find(c) == std::string_view::npos
                  ? std::string(1, c)
                  : fmt::format(fmt::runtime(format), static_cast<int>(c));
  }
  return result;
}

// The text's lines may be untrusted.
std::string annotation(std::string_view command, std::string_view title, std::string_view text) {
  std::string lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines +=
        (begin > 0 ? "\n" : "") + escape_untrusted(text.substr(begin, end - begin), utf8_style);
    begin = end + 1;
  }
  // Inverts how the runner unescapes a property and a text.
  return fmt::format("::{} title={}::{}\n", command, encode(title, "%\r\n:,", "%{:02X}"),
                     encode(lines, "%\r\n", "%{:02X}"));
}

// Makes an untrusted text a cell of a Markdown table.
std::string cell(std::string_view text) {
  return encode(escape_untrusted(text, utf8_style), "|<>`*_[\\&", "&#{};");
}

// The run in a word, for the heading.
std::string name_result(const RunResult& result) {
  if (result.write_error) return "failed";
  if (const auto summary = make_summary(result)) return summary->word;
  return result.failure ? "failed" : "planned";
}

}  // namespace

std::string without_commands(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' && result.ends_with("##")) result.replace(result.size() - 1, 1, "\\u0023");
    result += c;
  }
  return result;
}

std::string workflow_commands(const RunResult& result, bool quiet) {
  std::string out;
  if (result.plan && !quiet) {
    out += "::group::The plan of clear-app-cache\n";
    for (const Action& action : *result.plan) {
      std::string line = fmt::format("{}: {}", name_object(action), explain(action));
      const std::string effect = describe_effect(result, action);
      if (!effect.empty()) line += "; " + effect;
      // Indented: a line that begins with "::" would be a command.
      out += "- " + escape_untrusted(line, utf8_style) + "\n";
    }
    out += "::endgroup::\n";
  }
  for (const auto& [is_error, text, advice] : list_messages(result)) {
    out += annotation(is_error ? "error" : "warning",
                      is_error ? "clear-app-cache failed" : "clear-app-cache",
                      advice.empty() ? text : fmt::format("{}\n{}", text, advice));
  }
  const auto summary = make_summary(result);
  const bool is_good = summary && summary->status == LineStatus::done;
  // No "clean" beside an error.
  if (summary && !(is_good && (quiet || first_failure(result)))) {
    out += annotation(is_good ? "notice" : "error",
                      fmt::format("clear-app-cache: {}", summary->word), summary->sentences);
  }
  return without_commands(out);
}

std::string job_summary(const RunResult& result) {
  std::string out = fmt::format("### clear-app-cache: {}\n\n", name_result(result));
  if (const auto summary = make_summary(result)) out += cell(summary->sentences) + "\n\n";
  for (const auto& [is_error, text, advice] : list_messages(result)) {
    out += fmt::format("**{}** {}\n\n", cell(text), cell(advice));
  }
  const auto lines = make_lines(result);
  if (lines.empty()) return out;
  out += "| | Object | Size | |\n| --- | --- | ---: | --- |\n";
  for (const Line& line : lines) {
    out += fmt::format("| {} | {} | {} | {} |\n", cell(line.verb), cell(line.object),
                       cell(line.size), cell(line.reason));
  }
  return out + "\n";
}

std::string step_outputs(const RunResult& result) {
  // The clearing has written them; of a name that is there twice, the last one counts.
  if (result.build_run) return result.build_run->has_residue() ? "verdict=residue\n" : "";
  std::string removed;
  for (const Outcome& outcome : result.outcomes) {
    if (outcome.action.kind != ActionKind::remove_image) continue;
    if (outcome.status != OutcomeStatus::done) continue;
    removed += (removed.empty() ? "" : " ") + outcome.action.object;
  }
  const auto verdict = final_verdict(result);
  return fmt::format("verdict={}\nreclaimed-bytes={}\nremoved-images={}\n",
                     verdict ? to_string(*verdict) : "", total_reclaimed(result).count, removed);
}

}  // namespace cac
