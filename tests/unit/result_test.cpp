#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <vector>

#include "samples.hpp"

using cac::Failure;
using cac::FailureKind;
using cac::RunResult;
using cac::Verdict;
using cac::test::sample_result;
using cac::test::Words;

namespace {

const std::vector<FailureKind> every_kind{FailureKind::usage,
                                          FailureKind::unreachable,
                                          FailureKind::denied,
                                          FailureKind::not_docker,
                                          FailureKind::unsupported_version,
                                          FailureKind::request_failed,
                                          FailureKind::malformed,
                                          FailureKind::connection_lost,
                                          FailureKind::timeout,
                                          FailureKind::interrupted,
                                          FailureKind::internal};

// What the contract says of a failure before there was a plan.
int status_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::usage:
      return 2;
    case FailureKind::unreachable:
    case FailureKind::denied:
    case FailureKind::not_docker:
    case FailureKind::unsupported_version:
      return 4;
    default:
      return 1;
  }
}

RunResult planned(const Words& words = {}) {
  RunResult result = sample_result(words);
  result.plan.emplace();
  return result;
}

RunResult verified(RunResult result, Verdict verdict) {
  result.verification.emplace().verdict = verdict;
  return result;
}

void fail_an_action(RunResult& result, FailureKind kind) {
  result.outcomes.push_back(
      {.status = cac::OutcomeStatus::failed, .failure = Failure{kind, "an action failed"}});
}

}  // namespace

TEST_CASE("what ended the run before its plan decides: usage 2, no engine 4, else 1") {
  for (const Words& words :
       {Words{}, {"--dry-run"}, {"--verify-only"}, {"--prune-only"}, {"--prune-only", "-n"}}) {
    for (const FailureKind kind : every_kind) {
      CAPTURE(kind);
      RunResult result = sample_result(words);
      result.failure = Failure{kind, "why"};
      CHECK(exit_code(result) == status_of(kind));
    }
  }
}

TEST_CASE("an engine that is lost after the plan was made is a failure, not an absent engine") {
  for (const FailureKind kind : every_kind) {
    CAPTURE(kind);
    RunResult result = planned();
    result.failure = Failure{kind, "why"};
    CHECK(exit_code(result) == (kind == FailureKind::usage ? 2 : 1));
  }
}

TEST_CASE("a signal decides over everything else") {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    for (const FailureKind kind : every_kind) {
      RunResult result = sample_result(Words{});
      result.signal = signal;
      result.failure = Failure{kind, "why"};
      CHECK(exit_code(result) == 128 + signal);
    }
    RunResult clean = verified(planned(), Verdict::clean);
    clean.signal = signal;
    CHECK(exit_code(clean) == 128 + signal);
  }
}

TEST_CASE("without a failure the verdict decides") {
  for (const RunResult& before : {planned(), sample_result(Words{"--verify-only"})}) {
    CHECK(exit_code(verified(before, Verdict::clean)) == 0);
    CHECK(exit_code(verified(before, Verdict::residue)) == 3);
    CHECK(exit_code(verified(before, Verdict::unknown)) == 3);
  }
}

TEST_CASE("a pruning is a success if the cache could be read afterwards") {
  RunResult result = planned({"--prune-only"});
  CHECK(exit_code(result) == 3);
  result.pruning.emplace();
  CHECK(exit_code(result) == 0);
  fail_an_action(result, FailureKind::request_failed);
  CHECK(exit_code(result) == 1);
}

TEST_CASE("a dry run is a success when its plan could be made") {
  CHECK(exit_code(planned({"--dry-run"})) == 0);
  CHECK(exit_code(planned({"--dry-run", "--prune-only"})) == 0);
}

TEST_CASE("a failed action matters unless the verdict is clean") {
  struct {
    Verdict verdict;
    int status;
  } const rows[] = {{Verdict::clean, 0}, {Verdict::residue, 1}, {Verdict::unknown, 1}};
  for (const auto& row : rows) {
    for (const FailureKind kind :
         {FailureKind::request_failed, FailureKind::denied, FailureKind::connection_lost,
          FailureKind::malformed, FailureKind::unsupported_version}) {
      CAPTURE(row.verdict);
      CAPTURE(kind);
      RunResult result = verified(planned(), row.verdict);
      fail_an_action(result, kind);
      CHECK(exit_code(result) == row.status);
      CHECK(first_failure(result).has_value() == (row.status != 0));
    }
  }
}

TEST_CASE("a verification that failed is a failure; alone, it may mean that there is no engine") {
  for (const FailureKind kind : every_kind) {
    CAPTURE(kind);
    RunResult cleared = verified(planned(), Verdict::unknown);
    cleared.verification->failure = Failure{kind, "why"};
    CHECK(exit_code(cleared) == (kind == FailureKind::usage ? 2 : 1));

    RunResult only_read = verified(sample_result(Words{"--verify-only"}), Verdict::unknown);
    only_read.verification->failure = Failure{kind, "why"};
    CHECK(exit_code(only_read) == status_of(kind));
  }
}

TEST_CASE("a run that proved nothing is never a success") {
  // Neither a verification nor a failure: whatever made that, 0 would be a lie.
  for (const FailureKind kind : every_kind) {
    RunResult result = planned();
    fail_an_action(result, kind);
    CHECK(exit_code(result) != 0);
  }
}

TEST_CASE("the first failure is what ended the run, then the verification's, then an action's") {
  RunResult result = verified(planned(), Verdict::unknown);
  CHECK_FALSE(first_failure(result));
  fail_an_action(result, FailureKind::request_failed);
  fail_an_action(result, FailureKind::connection_lost);
  CHECK(first_failure(result)->kind == FailureKind::request_failed);
  result.verification->failure = Failure{FailureKind::malformed, "the reading failed"};
  CHECK(first_failure(result)->kind == FailureKind::malformed);
  result.failure = Failure{FailureKind::timeout, "the time ran out"};
  CHECK(first_failure(result)->kind == FailureKind::timeout);
}

TEST_CASE("what could not be written is a failure, unless something else ended the run") {
  RunResult result = verified(planned(), Verdict::clean);
  result.write_error = Failure{FailureKind::filesystem, "the disk is full"};
  CHECK(exit_code(result) == 1);
  result.verification->verdict = Verdict::residue;
  CHECK(exit_code(result) == 1);
  CHECK(first_failure(result)->message == "the disk is full");
  result.failure = Failure{FailureKind::usage, "no"};
  CHECK(exit_code(result) == 2);
  result.plan.reset();
  result.failure = Failure{FailureKind::unreachable, "no"};
  CHECK(exit_code(result) == 4);
  result.signal = SIGTERM;
  CHECK(exit_code(result) == 143);
}

TEST_CASE("very many failures are reported once each") {
  constexpr std::size_t count = 20'000;
  RunResult result = verified(planned(), Verdict::residue);
  for (std::size_t i = 0; i < 2 * count; ++i) {
    const std::string message = std::string(100, 'x') + std::to_string(i % count);
    result.outcomes.push_back({.status = cac::OutcomeStatus::failed,
                               .failure = Failure{FailureKind::request_failed, message}});
  }
  CHECK(other_failures(result).size() == count - 1);
}

TEST_CASE("reclaimed is the sum of what the prunes say, repeated ones too") {
  RunResult result;
  CHECK(total_reclaimed(result).count == 0);
  result.outcomes.push_back({.action = {.size = {1'000'000}}, .status = cac::OutcomeStatus::done});
  result.outcomes.push_back({.status = cac::OutcomeStatus::done, .reclaimed = {300}});
  result.outcomes.push_back({.status = cac::OutcomeStatus::done, .reclaimed = {70}});
  CHECK(total_reclaimed(result).count == 370);
}
