#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

#include "clear/result.hpp"
#include "texts.hpp"

using cac::Failure;
using cac::FailureKind;
using cac::Mode;
using cac::Run;
using cac::Verdict;
using cac::test::joined;

namespace {

const std::vector<FailureKind> every_kind{
    FailureKind::usage,   FailureKind::unreachable, FailureKind::denied,    FailureKind::not_docker,
    FailureKind::version, FailureKind::refused,     FailureKind::malformed, FailureKind::lost,
    FailureKind::timeout, FailureKind::interrupted, FailureKind::internal};

// What the contract says of a failure before there was a plan.
int status_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::usage:
      return 2;
    case FailureKind::unreachable:
    case FailureKind::denied:
    case FailureKind::not_docker:
    case FailureKind::version:
      return 4;
    default:
      return 1;
  }
}

Run run_in(Mode mode) {
  Run run;
  run.options.mode = mode;
  return run;
}

Run planned(Mode mode) {
  Run run = run_in(mode);
  run.plan.emplace();
  return run;
}

Run verified(Run run, Verdict verdict) {
  run.verification.emplace().verdict = verdict;
  return run;
}

void fail_an_action(Run& run, FailureKind kind) {
  run.outcomes.push_back(
      {.status = cac::OutcomeStatus::failed, .failure = Failure{kind, "an action failed"}});
}

}  // namespace

TEST_CASE("what ended the run before its plan decides: usage 2, no engine 4, else 1") {
  for (const Mode mode : {Mode::clear, Mode::verify_only}) {
    for (const bool dry_run : {false, true}) {
      for (const FailureKind kind : every_kind) {
        CAPTURE(kind);
        Run run = run_in(mode);
        run.options.dry_run = dry_run;
        run.failure = Failure{kind, "why"};
        CHECK(exit_code(run) == status_of(kind));
      }
    }
  }
}

TEST_CASE("an engine that is lost after the plan was made is a failure, not an absent engine") {
  for (const FailureKind kind : every_kind) {
    CAPTURE(kind);
    Run run = planned(Mode::clear);
    run.failure = Failure{kind, "why"};
    CHECK(exit_code(run) == (kind == FailureKind::usage ? 2 : 1));
  }
}

TEST_CASE("a signal decides over everything else") {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    for (const FailureKind kind : every_kind) {
      Run run = run_in(Mode::clear);
      run.signal = signal;
      run.failure = Failure{kind, "why"};
      CHECK(exit_code(run) == 128 + signal);
    }
    Run clean = verified(planned(Mode::clear), Verdict::clean);
    clean.signal = signal;
    CHECK(exit_code(clean) == 128 + signal);
  }
}

TEST_CASE("without a failure the verdict decides") {
  for (const Mode mode : {Mode::clear, Mode::verify_only}) {
    const Run before = mode == Mode::clear ? planned(mode) : run_in(mode);
    CHECK(exit_code(verified(before, Verdict::clean)) == 0);
    CHECK(exit_code(verified(before, Verdict::residue)) == 3);
    CHECK(exit_code(verified(before, Verdict::unknown)) == 3);
  }
}

TEST_CASE("a dry run is a success when its plan could be made") {
  Run run = planned(Mode::clear);
  run.options.dry_run = true;
  CHECK(exit_code(run) == 0);
}

TEST_CASE("a failed action matters unless the verdict is clean") {
  struct {
    Verdict verdict;
    int status;
  } const rows[] = {{Verdict::clean, 0}, {Verdict::residue, 1}, {Verdict::unknown, 1}};
  for (const auto& row : rows) {
    for (const FailureKind kind : {FailureKind::refused, FailureKind::denied, FailureKind::lost,
                                   FailureKind::malformed, FailureKind::version}) {
      CAPTURE(row.verdict);
      CAPTURE(kind);
      Run run = verified(planned(Mode::clear), row.verdict);
      fail_an_action(run, kind);
      CHECK(exit_code(run) == row.status);
      CHECK(first_failure(run).has_value() == (row.status != 0));
    }
  }
}

TEST_CASE("a verification that failed is a failure; alone, it may mean that there is no engine") {
  for (const FailureKind kind : every_kind) {
    CAPTURE(kind);
    Run cleared = verified(planned(Mode::clear), Verdict::unknown);
    cleared.verification->failure = Failure{kind, "why"};
    CHECK(exit_code(cleared) == (kind == FailureKind::usage ? 2 : 1));

    Run only_read = verified(run_in(Mode::verify_only), Verdict::unknown);
    only_read.verification->failure = Failure{kind, "why"};
    CHECK(exit_code(only_read) == status_of(kind));
  }
}

TEST_CASE("a run that proved nothing is never a success") {
  // Neither a verification nor a failure: whatever made that, 0 would be a lie.
  for (const FailureKind kind : every_kind) {
    Run run = planned(Mode::clear);
    fail_an_action(run, kind);
    CHECK(exit_code(run) != 0);
  }
}

TEST_CASE("the first failure is what ended the run, then the verification's, then an action's") {
  Run run = verified(planned(Mode::clear), Verdict::unknown);
  CHECK_FALSE(first_failure(run));
  fail_an_action(run, FailureKind::refused);
  fail_an_action(run, FailureKind::lost);
  CHECK(first_failure(run)->kind == FailureKind::refused);
  run.verification->failure = Failure{FailureKind::malformed, "the reading failed"};
  CHECK(first_failure(run)->kind == FailureKind::malformed);
  run.failure = Failure{FailureKind::timeout, "the time ran out"};
  CHECK(first_failure(run)->kind == FailureKind::timeout);
}

TEST_CASE("what could not be written is a failure, unless something else ended the run") {
  Run run = verified(planned(Mode::clear), Verdict::clean);
  run.unwritten = Failure{FailureKind::filesystem, "the disk is full"};
  CHECK(exit_code(run) == 1);
  run.verification->verdict = Verdict::residue;
  CHECK(exit_code(run) == 1);
  CHECK(first_failure(run)->message == "the disk is full");
  run.failure = Failure{FailureKind::usage, "no"};
  CHECK(exit_code(run) == 2);
  run.plan.reset();
  run.failure = Failure{FailureKind::unreachable, "no"};
  CHECK(exit_code(run) == 4);
  run.signal = SIGTERM;
  CHECK(exit_code(run) == 143);

  Run help;
  help.options.information = cac::Information::long_help;
  CHECK(exit_code(help) == 0);
  help.unwritten = run.unwritten;
  CHECK(exit_code(help) == 1);
}

TEST_CASE("very many failures are told once each") {
  constexpr std::size_t count = 20'000;
  Run run = verified(planned(Mode::clear), Verdict::residue);
  for (std::size_t i = 0; i < 2 * count; ++i) {
    const std::string message = std::string(100, 'x') + std::to_string(i % count);
    run.outcomes.push_back(
        {.status = cac::OutcomeStatus::failed, .failure = Failure{FailureKind::refused, message}});
  }
  CHECK(other_failures(run).size() == count - 1);
}

TEST_CASE("warnings and notes are the plan's, then the verification's") {
  Run run = verified(planned(Mode::clear), Verdict::clean);
  run.plan->warnings = {"a"};
  run.plan->notes = {"b"};
  run.verification->warnings = {"c"};
  run.verification->notes = {"d"};
  CHECK(joined(warnings_of(run)) == "a\nc\n");
  CHECK(joined(notes_of(run)) == "b\nd\n");
}

TEST_CASE("reclaimed is the sum of what the prunes say, repeated ones too") {
  Run run;
  CHECK(reclaimed_by(run).count == 0);
  run.outcomes.push_back({.action = {.size = {1'000'000}}, .status = cac::OutcomeStatus::done});
  run.outcomes.push_back({.status = cac::OutcomeStatus::done, .reclaimed = {300}});
  run.outcomes.push_back({.status = cac::OutcomeStatus::done, .reclaimed = {70}});
  CHECK(reclaimed_by(run).count == 370);
}
