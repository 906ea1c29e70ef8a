// Requests and results as tests need them, made as a command line makes them.
#pragma once

#include <variant>
#include <vector>

#include "clear/result.hpp"
#include "cli/options.hpp"
#include "connected.hpp"

namespace cac::test {

using Words = std::vector<const char*>;

inline Request request_of(const Words& words) {
  return parse_options(words, environment_of()).request;
}

inline ClearRequest clear_request(const Words& words) {
  return std::get<ClearRequest>(request_of(words));
}

// The result of a run that has reached an engine.
inline RunResult sample_result(const Words& words) {
  RunResult result;
  result.request = request_of(words);
  result.engine = {"Docker", "28.5.2", {1, 51}, "unix:///x.sock"};
  result.took = std::chrono::milliseconds(1400);
  return result;
}

inline Action sample_removal() {
  return {.kind = ActionKind::remove_image,
          .reason = Reason::cache_from,
          .object = "watchparty-backend:latest",
          .image_id = "sha256:b",
          .count = 1,
          .size = {345'000'000},
          .holders = {{"c1", "wp", "sha256:b", "running"}}};
}

inline Action sample_prune() {
  return {.kind = ActionKind::prune_build_cache,
          .reason = Reason::shared_cache,
          .prunes = {{}},
          .count = 34,
          .size = {812'000'000}};
}

// The result of a clearing whose actions came out like this.
inline RunResult cleared_result(std::vector<Outcome> outcomes, Verdict verdict = Verdict::clean) {
  RunResult result = sample_result(Words{"backend"});
  result.plan.emplace();
  for (const Outcome& outcome : outcomes) result.plan->push_back(outcome.action);
  result.outcomes = std::move(outcomes);
  result.verification.emplace().verdict = verdict;
  return result;
}

}  // namespace cac::test
