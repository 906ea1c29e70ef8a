#include "clear/prune.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "clear/plan.hpp"

using cac::Action;
using cac::Bytes;
using cac::CacheRecord;
using cac::FreeSpace;
using cac::Outcome;
using cac::OutcomeStatus;
using cac::PruneRepetition;
using cac::PruneRequest;
using std::chrono::hours;

namespace {

const auto now = std::chrono::system_clock::time_point(hours(24 * 365 * 50));

std::vector<CacheRecord> sample_records() {
  return {
      {.id = "old", .size = {100}, .last_used = now - hours(48)},
      {.id = "old-in-use", .in_use = true, .size = {2000}, .last_used = now - hours(48)},
      {.id = "old-shared", .shared = true, .size = {30'000}, .last_used = now - hours(48)},
      {.id = "new", .size = {400'000}, .last_used = now - hours(1)},
      {.id = "mount", .type = "exec.cachemount", .size = {5'000'000}, .last_used = now - hours(48)},
  };
}

cac::PruneSummary summarize(const PruneRequest& request,
                            const std::vector<Outcome>& outcomes = {}) {
  return cac::summarize_pruning(request, outcomes, sample_records(), now);
}

// Whether the last of the request's prunes is repeated after it has left these records.
bool repeats(const PruneRequest& request, const std::vector<CacheRecord>& left, Bytes shared = {}) {
  const Action action = cac::plan_pruning(request, {}).back();
  return PruneRepetition(request, action, now).should_repeat(left, shared);
}

int count_repeats(const PruneRequest& request, Bytes shared) {
  PruneRepetition repetition(request, cac::plan_pruning(request, {}).back(), now);
  int count = 0;
  while (count < 1000 && repetition.should_repeat(sample_records(), shared)) ++count;
  return count;
}

}  // namespace

TEST_CASE("without a limit there is a size and nothing to explain") {
  const auto summary = summarize({});
  CHECK(summary.size.count == 5'432'100);
  CHECK(summary.count == 5);
  CHECK(summary.shared.count == 30'000);
  CHECK_FALSE(summary.too_old);
  CHECK_FALSE(summary.too_large);
  CHECK(summary.free_space == FreeSpace::not_limited);
}

TEST_CASE("records that are older than the limit are counted by what keeps them") {
  const auto too_old = summarize({.older_than = hours(24)}).too_old;
  REQUIRE(too_old);
  CHECK(too_old->count == 4);
  CHECK(too_old->in_use.count == 2000);
  // A prune with all=1 takes shared records as well: to be shared explains nothing.
  CHECK(too_old->held.count == 5'030'100);
  CHECK_FALSE(summarize({.older_than = hours(72)}).too_old);
}

TEST_CASE("a cache over the size limit, counted without what images share, is explained") {
  const auto too_large =
      summarize({.keep_cache_mounts = true, .keep_storage = Bytes{1'000'000}}).too_large;
  REQUIRE(too_large);
  CHECK(too_large->over.count == 4'402'100);
  CHECK(too_large->in_use.count == 2000);
  CHECK(too_large->kept.count == 5'000'000);
  CHECK(too_large->held.count == 400'100);
  CHECK(summarize({.keep_storage = Bytes{5'402'099}}).too_large);
  CHECK_FALSE(summarize({.keep_storage = Bytes{5'402'100}}).too_large);
}

TEST_CASE("records in use are counted, and one that was never released shows that a build runs") {
  auto left = sample_records();
  left[1].was_released = true;
  const auto summary = cac::summarize_pruning({}, {}, left, now);
  CHECK(summary.in_use_count == 1);
  CHECK(summary.in_use.count == 2000);
  CHECK_FALSE(summary.runs_build);
  left[1].was_released = false;
  CHECK(cac::summarize_pruning({}, {}, left, now).runs_build);
  left[1].in_use = false;
  CHECK_FALSE(cac::summarize_pruning({}, {}, left, now).runs_build);
}

TEST_CASE("enough is free only if the last prune left records that it could have deleted") {
  const PruneRequest request{.min_free_space = Bytes{5}};
  Outcome outcome{.action = cac::plan_pruning(request, {}).back(), .status = OutcomeStatus::done};
  CHECK(summarize(request, {outcome}).free_space == FreeSpace::enough);
  CHECK(cac::summarize_pruning(request, {outcome}, {}, now).free_space == FreeSpace::nothing_left);
  outcome.deleted = {"x"};
  CHECK(summarize(request, {outcome}).free_space == FreeSpace::unknown);
  CHECK(cac::summarize_pruning(request, {outcome}, {}, now).free_space == FreeSpace::nothing_left);
  outcome.deleted.clear();
  outcome.status = OutcomeStatus::failed;
  CHECK(summarize(request, {outcome}).free_space == FreeSpace::unknown);
}

TEST_CASE("what an image shares is not reclaimed") {
  Outcome outcome{.reclaimed = {400'000 + 30'000 + 7}, .deleted = {"new", "old-shared", "newer"}};
  CHECK(cac::set_apart_shared(outcome, sample_records()).count == 30'000);
  CHECK(outcome.reclaimed.count == 400'007);
  CHECK(outcome.shared.count == 30'000);
  // The next prune of the same action.
  outcome.reclaimed += Bytes{100};
  outcome.deleted = {"old"};
  CHECK(cac::set_apart_shared(outcome, sample_records()).count == 0);
  CHECK(outcome.reclaimed.count == 400'107);
  // An engine that reports less than the records' sizes.
  Outcome less{.reclaimed = {10}, .deleted = {"old-shared"}};
  CHECK(cac::set_apart_shared(less, sample_records()).count == 10);
  CHECK(less.reclaimed.count == 0);
}

TEST_CASE("a prune down to a size is repeated while what no image shares is more") {
  CHECK(repeats({.keep_storage = Bytes{5'402'099}}, sample_records()));
  CHECK_FALSE(repeats({.keep_storage = Bytes{5'402'100}}, sample_records()));
  CHECK_FALSE(repeats({.keep_storage = Bytes{1}}, {}));
  CHECK_FALSE(repeats({.keep_storage = Bytes{1}}, {{.in_use = true, .size = {2}}}));
  const CacheRecord mount{.id = "m", .type = "exec.cachemount", .size = {2}};
  CHECK(repeats({.keep_storage = Bytes{1}}, {mount}));
  CHECK_FALSE(repeats({.keep_cache_mounts = true, .keep_storage = Bytes{1}}, {mount}));
}

TEST_CASE("a prune by age is repeated while old records are left that nothing holds") {
  CHECK(repeats({.older_than = hours(24)}, sample_records()));
  CHECK_FALSE(repeats({.older_than = hours(72)}, sample_records()));
  CHECK_FALSE(repeats({.older_than = hours(24)}, {sample_records()[1]}));
}

TEST_CASE("without a limit, a prune is repeated while records are left that nothing holds") {
  CHECK(repeats({}, sample_records()));
  CHECK_FALSE(repeats({}, {sample_records()[1]}));
  CHECK_FALSE(repeats({}, {}));
}

TEST_CASE("a prune for free space is repeated until it deletes nothing or nothing is left") {
  CHECK(repeats({.min_free_space = Bytes{1}}, sample_records()));
  CHECK(repeats({.keep_storage = Bytes{6'000'000}, .min_free_space = Bytes{1}}, sample_records()));
  CHECK_FALSE(repeats({.min_free_space = Bytes{1}}, {sample_records()[1]}));
}

TEST_CASE("repeating ends, soon where everything that was deleted was freed") {
  const PruneRequest limited{.keep_storage = Bytes{1}};
  CHECK(count_repeats(limited, {}) == 3);
  CHECK(count_repeats(limited, Bytes{1}) == 100);
  CHECK(count_repeats({.min_free_space = Bytes{1}}, {}) == 3);
}

TEST_CASE("free space is a limit from API 1.48 on") {
  const PruneRequest request{.min_free_space = Bytes{1}};
  CHECK_FALSE(cac::find_unsupported_limit(request, {"Docker", "28.5.2", {1, 48}, ""}));
  CHECK_FALSE(cac::find_unsupported_limit({}, {"Docker", "20.10.24", {1, 41}, ""}));
  const auto failure = cac::find_unsupported_limit(request, {"Docker", "27.5.1", {1, 47}, ""});
  REQUIRE(failure);
  CHECK(failure->kind == cac::FailureKind::unsupported_version);
  CHECK(failure->message ==
        "--min-free-space needs API 1.48 (Docker 28) or newer, and Docker 27.5.1 is spoken to in "
        "1.47: nothing was changed");
}
