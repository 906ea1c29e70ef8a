#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "clear/prune.hpp"
#include "connected.hpp"
#include "texts.hpp"

using cac::CacheReading;
using cac::CacheRecord;
using cac::test::Containing;
using cac::test::joined;
using cac::test::options_of;
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

CacheReading reading(const std::vector<const char*>& words) {
  return cac::reading_of(records(), options_of(words), now);
}

}  // namespace

TEST_CASE("without a bound there is a size and nothing to explain") {
  const auto result = reading({"--prune-only"});
  CHECK(result.size.count == 5'432'100);
  CHECK(result.notes.empty());
}

TEST_CASE("records that are older than the bound are told with why they are still there") {
  const auto notes = joined(reading({"--prune-only", "--older-than", "1d"}).notes);
  CHECK(notes == Containing{"4 records older than the bound are left"});
  CHECK(notes == Containing{"2.00 kB in use by a running build"});
  // A prune with all=1 takes shared ones, too: sharing is no reason.
  CHECK(notes == Containing{"5.03 MB left by the engine: newer records hold them"});
  CHECK(reading({"--prune-only", "--older-than", "3d"}).notes.empty());
}

TEST_CASE("what is over the size bound is told with what it is made of") {
  const auto notes =
      joined(reading({"--prune-only", "--keep-storage", "1MB", "--keep-cache-mounts"}).notes);
  CHECK(notes == Containing{"4.43 MB over its bound"});
  CHECK(notes == Containing{"2.00 kB in use by a running build"});
  CHECK(notes == Containing{"30.0 kB shared with images"});
  CHECK(notes == Containing{"5.00 MB in cache mounts, which are spared"});
  CHECK(notes == Containing{"400 kB left by the engine"});
  CHECK(reading({"--prune-only", "--keep-storage", "6MB"}).notes.empty());
}
