#include "clear/result.hpp"

#include <string>
#include <unordered_set>

namespace cac {

namespace {

template <typename Part>
void append(std::vector<std::string>& to, const Part& part) {
  to.insert(to.end(), part.begin(), part.end());
}

bool means_no_engine(FailureKind kind) {
  return kind == FailureKind::unreachable || kind == FailureKind::denied ||
         kind == FailureKind::not_docker || kind == FailureKind::version;
}

}  // namespace

std::optional<Failure> first_failure(const Run& run) {
  // A backup that is gone is what whoever asked for it must hear first.
  for (const Outcome& outcome : run.outcomes) {
    if (outcome.failure && outcome.failure->kind == FailureKind::backup_lost) {
      return outcome.failure;
    }
  }
  if (run.failure) return run.failure;
  if (!run.verification || run.verification->verdict != Verdict::clean) {
    if (run.verification && run.verification->failure) return run.verification->failure;
    for (const Outcome& outcome : run.outcomes) {
      if (outcome.failure) return outcome.failure;
    }
  }
  return run.unwritten;
}

std::vector<Failure> other_failures(const Run& run) {
  std::vector<Failure> failures;
  std::unordered_set<std::string> reported;
  if (const auto first = first_failure(run)) reported.insert(first->message);
  const auto add = [&](const std::optional<Failure>& failure) {
    if (failure && reported.insert(failure->message).second) failures.push_back(*failure);
  };
  for (const Outcome& outcome : run.outcomes) add(outcome.failure);
  add(run.unwritten);
  return failures;
}

int exit_code(const Run& run) {
  const auto status = [&] {
    const auto failure = first_failure(run);
    if (failure && failure->kind == FailureKind::usage) return ExitStatus::usage;
    // Once a plan was made there was a usable engine: it has been lost since.
    if (failure && !run.plan && means_no_engine(failure->kind)) return ExitStatus::no_engine;
    if (failure) return ExitStatus::failure;
    if (run.options.dry_run) return ExitStatus::success;
    if (run.options.information != Information::none) return ExitStatus::success;
    const bool proven = run.options.mode == Mode::prune_only
                            ? run.reading.has_value()
                            : run.verification->verdict == Verdict::clean;
    return proven ? ExitStatus::success : ExitStatus::residue;
  };
  return run.signal != 0 ? 128 + run.signal : static_cast<int>(status());
}

std::vector<std::string> warnings_of(const Run& run) {
  std::vector<std::string> warnings;
  if (run.plan) append(warnings, run.plan->warnings);
  if (run.verification) append(warnings, run.verification->warnings);
  if (const auto failure = first_failure(run)) {
    std::erase_if(warnings,
                  [&](const std::string& warning) { return warning.ends_with(failure->message); });
  }
  return warnings;
}

std::vector<std::string> notes_of(const Run& run) {
  std::vector<std::string> notes;
  if (run.plan) append(notes, run.plan->notes);
  if (run.verification) append(notes, run.verification->notes);
  if (run.reading) append(notes, run.reading->notes);
  return notes;
}

std::optional<Verdict> verdict_of(const Run& run) {
  if (run.options.mode == Mode::prune_only) return std::nullopt;
  if (run.options.dry_run && !run.failure) return std::nullopt;
  return run.verification ? run.verification->verdict : Verdict::unknown;
}

Bytes reclaimed_by(const Run& run) {
  Bytes sum;
  for (const Outcome& outcome : run.outcomes) sum += outcome.reclaimed;
  return sum;
}

}  // namespace cac
