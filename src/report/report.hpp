// The result of a run as text, as JSON and for GitHub Actions. Pure: the caller writes it.
#pragma once

#include <string>
#include <string_view>

#include "base/terminal.hpp"
#include "clear/result.hpp"

namespace cac {

// For people, on standard output: the plan or its outcomes, the residue and the verdict.
std::string text_report(const RunResult& result, const TerminalStyle& style);

// For people, on standard error: warnings and errors; may be empty.
std::string messages(const RunResult& result, const TerminalStyle& style);

// For programs, on standard output: one object on one line, without the line's end.
std::string json_report(const RunResult& result);

// For GitHub's runner:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

// For standard error, instead of messages: the plan in a group, an annotation for each warning and
// error, and a notice of a clean verdict; quiet: without the group and the notice. Escaped so that
// nothing an engine says is a command.
std::string workflow_commands(const RunResult& result, bool quiet);

// Makes the older notation "##[command]", which counts anywhere in a line, harmless in a text for
// the runner's log. Valid JSON stays valid.
std::string without_commands(std::string_view text);

// Markdown, to be appended to the file $GITHUB_STEP_SUMMARY.
std::string job_summary(const RunResult& result);

// verdict (empty when there is none to give), reclaimed-bytes and removed-images (separated by
// blanks), to be appended to the file $GITHUB_OUTPUT.
std::string step_outputs(const RunResult& result);

}  // namespace cac
