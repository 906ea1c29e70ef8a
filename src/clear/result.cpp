#include "clear/result.hpp"

#include <string>
#include <unordered_set>

namespace cac {

namespace {

bool means_no_engine(FailureKind kind) {
  return kind == FailureKind::unreachable || kind == FailureKind::denied ||
         kind == FailureKind::tls || kind == FailureKind::not_docker ||
         kind == FailureKind::unsupported_version;
}

}  // namespace

const ClearRequest* RunResult::clear_request() const {
  return request ? std::get_if<ClearRequest>(&*request) : nullptr;
}

const PruneRequest* RunResult::prune_request() const {
  return request ? std::get_if<PruneRequest>(&*request) : nullptr;
}

bool RunResult::is_dry_run() const {
  return request && std::visit([](const auto& any) { return any.dry_run; }, *request);
}

std::optional<Failure> first_failure(const RunResult& result) {
  // If a backup was asked for, its loss is what the user must read first.
  for (const Outcome& outcome : result.outcomes) {
    if (outcome.failure && outcome.failure->kind == FailureKind::backup_lost) {
      return outcome.failure;
    }
  }
  if (result.failure) return result.failure;
  if (!result.verification || result.verification->verdict != Verdict::clean) {
    if (result.verification && result.verification->failure) return result.verification->failure;
    for (const Outcome& outcome : result.outcomes) {
      if (outcome.failure) return outcome.failure;
    }
  }
  return result.write_error;
}

std::vector<Failure> other_failures(const RunResult& result) {
  std::vector<Failure> failures;
  std::unordered_set<std::string> reported;
  if (const auto first = first_failure(result)) reported.insert(first->message);
  const auto add = [&](const std::optional<Failure>& failure) {
    if (failure && reported.insert(failure->message).second) failures.push_back(*failure);
  };
  for (const Outcome& outcome : result.outcomes) add(outcome.failure);
  add(result.write_error);
  return failures;
}

int exit_code(const RunResult& result) {
  if (result.build_run && result.build_run->status != 0) return result.build_run->status;
  const auto status = [&] {
    if (const auto failure = first_failure(result)) {
      if (failure->kind == FailureKind::usage) return ExitStatus::usage;
      // Once a plan was made there was a usable engine: it has been lost since.
      return !result.plan && means_no_engine(failure->kind) ? ExitStatus::no_engine
                                                            : ExitStatus::failure;
    }
    if (result.build_run) {
      return result.build_run->has_residue() ? ExitStatus::residue : ExitStatus::success;
    }
    if (result.is_dry_run() || result.pruning) return ExitStatus::success;
    return final_verdict(result) == Verdict::clean ? ExitStatus::success : ExitStatus::residue;
  };
  return result.signal != 0 ? 128 + result.signal : static_cast<int>(status());
}

std::optional<Expectation> expect(const RunResult& result) {
  if (!result.is_dry_run() || !result.plan || result.failure) return std::nullopt;
  RunResult real;
  if (const ClearRequest* const request = result.clear_request()) {
    ClearRequest real_request = *request;
    real_request.dry_run = false;
    real.request = real_request;
    real.verification = predict(real_request, *result.state);
  } else if (result.state->records) {
    return Expectation{{}, static_cast<int>(ExitStatus::success)};
  } else {
    real.verification.emplace().records_known = false;
  }
  real.plan = result.plan;
  return Expectation{*real.verification, exit_code(real)};
}

std::optional<Verdict> final_verdict(const RunResult& result) {
  if (result.prune_request() != nullptr) return std::nullopt;
  if (result.is_dry_run() && !result.failure) return std::nullopt;
  return result.verification ? result.verification->verdict : Verdict::unknown;
}

Bytes total_reclaimed(const RunResult& result) {
  Bytes sum;
  for (const Outcome& outcome : result.outcomes) sum += outcome.reclaimed;
  return sum;
}

}  // namespace cac
