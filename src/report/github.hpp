// A run as GitHub Actions wants to be told of it: workflow commands for the log, a job summary,
// step outputs. Pure: where the runner wants them is up to the caller.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
#pragma once

#include <string>
#include <string_view>

#include "clear/result.hpp"

namespace cac {

// For standard error, instead of messages: the plan in a group, an annotation for each warning and
// for what went wrong, a notice of the verdict. Escaped so that nothing an engine says is a
// command.
std::string workflow_commands(const Run& run);

// A text for the runner's log in which nothing is a command by the older notation "##[command]",
// which counts anywhere in a line. Valid JSON stays so.
std::string without_commands(std::string_view text);

// Markdown, to be appended to the file $GITHUB_STEP_SUMMARY.
std::string job_summary(const Run& run);

// verdict (empty when there is none to give), reclaimed-bytes and removed-images (separated by
// blanks), to be appended to the file $GITHUB_OUTPUT.
std::string step_outputs(const Run& run);

}  // namespace cac
