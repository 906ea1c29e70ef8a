// The result of a run for GitHub Actions: workflow commands for the log, a job summary and step
// outputs. Pure: the caller writes them where the runner expects them.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
#pragma once

#include <string>
#include <string_view>

#include "clear/result.hpp"

namespace cac {

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
