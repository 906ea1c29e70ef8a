#include "clear/prune.hpp"

#include <doctest/doctest.h>

#include <vector>

using cac::Bytes;
using cac::CacheRecord;
using cac::PruneRequest;
using std::chrono::hours;

namespace {

const auto now = std::chrono::system_clock::time_point(hours(24 * 365 * 50));

std::vector<CacheRecord> records() {
  return {
      {.id = "old", .size = {100}, .last_used = now - hours(48)},
      {.id = "old-in-use", .in_use = true, .size = {2000}, .last_used = now - hours(48)},
      {.id = "old-shared", .shared = true, .size = {30'000}, .last_used = now - hours(48)},
      {.id = "new", .size = {400'000}, .last_used = now - hours(1)},
      {.id = "mount", .type = "exec.cachemount", .size = {5'000'000}, .last_used = now - hours(48)},
  };
}

cac::PruneSummary summarize(const PruneRequest& request) {
  return cac::summarize_pruning(request, records(), now);
}

}  // namespace

TEST_CASE("without a limit there is a size and nothing to explain") {
  const auto summary = summarize({});
  CHECK(summary.size.count == 5'432'100);
  CHECK(summary.count == 5);
  CHECK_FALSE(summary.too_old);
  CHECK_FALSE(summary.too_large);
}

TEST_CASE("records that are older than the limit are counted by what keeps them") {
  const auto too_old = summarize({.older_than = hours(24)}).too_old;
  REQUIRE(too_old);
  CHECK(too_old->count == 4);
  CHECK(too_old->in_use.count == 2000);
  // A prune with all=1 takes shared records as well: to be shared explains nothing.
  CHECK(too_old->shared.count == 0);
  CHECK(too_old->held.count == 5'030'100);
  CHECK_FALSE(summarize({.older_than = hours(72)}).too_old);
}

TEST_CASE("a cache over the size limit is explained by what it is made of") {
  const auto too_large =
      summarize({.keep_cache_mounts = true, .keep_storage = Bytes{1'000'000}}).too_large;
  REQUIRE(too_large);
  CHECK(too_large->over.count == 4'432'100);
  CHECK(too_large->in_use.count == 2000);
  CHECK(too_large->shared.count == 30'000);
  CHECK(too_large->kept.count == 5'000'000);
  CHECK(too_large->held.count == 400'100);
  CHECK_FALSE(summarize({.keep_storage = Bytes{6'000'000}}).too_large);
}
