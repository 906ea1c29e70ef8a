#include <algorithm>

#include "checks.hpp"

namespace cac::model {

namespace {

// The engine's own words may hold anything, which a terminal would obey.
bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 && c != '\n'; });
}

void check_text(const Run& run, Failures& failures) {
  const Asked& asked = run.scenario.asked;
  const std::string& out = run.outcome.out;
  const bool judges = asked.mode == Mode::clear || asked.mode == Mode::verify_only;
  const bool says_clean = out.find("clean: ") != std::string::npos;
  const bool is_silent = asked.quiet && run.outcome.status == 0;
  if (is_silent && !out.empty()) failures.push_back("text: --quiet, and it printed a report");
  if (!judges || asked.has_color || run.outcome.status > 4) return;
  if (says_clean != (run.outcome.status == 0 && !is_silent)) {
    failures.push_back("text: the report does not agree with the exit status");
  }
}

void check_github(const Run& run, Failures& failures) {
  const Asked& asked = run.scenario.asked;
  if (!asked.on_github || run.outcome.status > 4) return;
  const auto found = run.outcome.files_after.find("github/output");
  const std::string text = found == run.outcome.files_after.end() ? "" : found->second;
  const bool judges = asked.mode == Mode::clear || asked.mode == Mode::verify_only;
  const bool says_clean = text.find("verdict=clean\n") != std::string::npos;
  if (judges && says_clean != (run.outcome.status == 0)) {
    failures.push_back("GitHub: the step's outputs do not agree with the exit status");
  }
}

}  // namespace

void check_output(const Run& run, Failures& failures) {
  const Outcome& outcome = run.outcome;
  if (outcome.has_hung || outcome.was_killed) return;
  const bool may_color = run.scenario.asked.has_color;
  if (!may_color && (has_control_characters(outcome.out) || has_control_characters(outcome.err))) {
    failures.push_back("output: it has control characters");
  }
  check_github(run, failures);
  if (!run.scenario.asked.json) return check_text(run, failures);
  check_report(run, failures);
}

}  // namespace cac::model
