#include <fmt/format.h>

#include <csignal>

#include "checks.hpp"
#include "oracle.hpp"

namespace cac::model {

const Exchange* find_last(const Run& run, Kind kind) {
  const Exchange* found = nullptr;
  for (const Exchange& exchange : run.exchanges) {
    if (exchange.kind == kind) found = &exchange;
  }
  return found;
}

namespace {

bool covers_target(const Run& run, const Exchange& exchange) {
  if (exchange.kind != Kind::list_images) return false;
  const Asked& asked = run.scenario.asked;
  std::vector<std::string> names;
  if (asked.file) {
    names.assign(asked.file->built.begin(), asked.file->built.end());
    names.insert(names.end(), asked.file->cached.begin(), asked.file->cached.end());
  } else {
    names = {asked.project + "-backend:latest", asked.project + "-anything:latest"};
  }
  const auto patterns = exchange.request.filter_values("reference");
  for (const std::string& name : names) {
    bool is_covered = false;
    for (const std::string& pattern : patterns) {
      is_covered = is_covered || test::matches_reference(pattern, name);
    }
    if (!is_covered) return false;
  }
  return true;
}

}  // namespace

const Exchange* find_last_target_list(const Run& run) {
  const Exchange* found = nullptr;
  for (const Exchange& exchange : run.exchanges) {
    if (covers_target(run, exchange)) found = &exchange;
  }
  return found;
}

const Exchange* find_plan_list(const Run& run) {
  for (const Exchange& exchange : run.exchanges) {
    if (exchange.status != 200 || !exchange.is_whole) continue;
    if (covers_target(run, exchange)) return &exchange;
  }
  return nullptr;
}

std::map<std::string, std::string> list_planned(const Run& run) {
  std::map<std::string, std::string> planned;
  const Exchange* const list = find_plan_list(run);
  if (list == nullptr) return planned;
  for (const Source& source : list_sources(run.scenario.asked, run.states[list->shown].scene)) {
    if (!source.is_foreign) planned[source.name] = source.id;
  }
  return planned;
}

int find_last_write(const Run& run) {
  int last = 0;
  for (const Exchange& exchange : run.exchanges) {
    if (exchange.is_change()) last = exchange.number;
  }
  return last;
}

void check_process(const Run& run, Failures& failures) {
  const Outcome& outcome = run.outcome;
  const auto fail = [&](const std::string& text) { failures.push_back("process: " + text); };
  if (outcome.has_hung) {
    fail(fmt::format("it did not end within its timeout of {} s", run.scenario.asked.timeout));
    return;
  }
  const bool ended_by_ours =
      outcome.signal_sent != 0 && outcome.status == 128 + outcome.signal_sent;
  if (outcome.status > 4 && !ended_by_ours) fail(fmt::format("exit status {}", outcome.status));
  if (outcome.signal_was_unanswered && !ended_by_ours) {
    fail(fmt::format("exit status {} after signal {}, although it got no answer", outcome.status,
                     outcome.signal_sent));
  }
  // A second signal, SIGKILL, and one before it is ready, end it at once.
  const bool may_be_killed =
      outcome.signal_sent != 0 && (outcome.signal_sent == SIGKILL || run.scenario.signal->twice ||
                                   run.scenario.signal->at_request == 0);
  if (outcome.was_killed && !may_be_killed) fail("it was killed by a signal");
  if (outcome.has_kept_streams) fail("its standard output is still open after its end");
  if (outcome.left_children) fail("a process was left behind");
  if (outcome.left_connections) fail("a connection was left open");
  for (const std::string& line : outcome.child_descriptors) {
    fail("a process that stays has a descriptor open: " + line);
  }
  for (const int number : outcome.cancelled_prunes) {
    fail(fmt::format("it hung up on the prune of request {}, which cancels that", number));
  }
  // A prune takes a pipe and its process; a connection and what libcurl needs may come and go.
  if (outcome.most_descriptors > outcome.fewest_descriptors + 5) {
    fail(fmt::format("its open descriptors grew from {} to {}", outcome.fewest_descriptors,
                     outcome.most_descriptors));
  }
}

}  // namespace cac::model
