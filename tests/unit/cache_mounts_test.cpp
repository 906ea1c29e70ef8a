#include "cache_mounts.hpp"

#include <doctest/doctest.h>

#include "connected.hpp"

using cac::CacheMounts;
using cac::CacheRecord;
using cac::test::options_of;

namespace {

const CacheRecord mount{.id = "mount",
                        .type = "exec.cachemount",
                        .description = "cached mount /root/.npm from exec npm ci",
                        .parents = {"owner"}};
const CacheRecord seeded{.id = "seeded",
                         .type = "exec.cachemount",
                         .description = "cached mount /seed from exec make",
                         .parents = {"step 2"}};
const std::vector<CacheRecord> records{
    mount,
    {.id = "owner", .description = "[internal] setting cache mount permissions"},
    seeded,
    {.id = "step 2", .description = "[base 2/2] RUN seed", .parents = {"step 1"}},
    {.id = "step 1", .description = "[base 1/2] COPY seed"},
    {.id = "apart", .description = "fileop target"},
};

}  // namespace

TEST_CASE("without the option nothing is spared or held") {
  const CacheMounts mounts(records, options_of({}));
  for (const CacheRecord& record : records) {
    CHECK_FALSE(mounts.spare(record));
    CHECK(mounts.holder_of(record).empty());
  }
}

TEST_CASE(
    "spared are the mounts and what was made for their owner, but no step that a build reuses") {
  const CacheMounts mounts(records, options_of({"--keep-cache-mounts"}));
  CHECK(mounts.spare(mount));
  CHECK(mounts.spare(records[1]));
  CHECK(mounts.spare(seeded));
  CHECK_FALSE(mounts.spare(records[3]));
  CHECK_FALSE(mounts.spare(records[4]));
  CHECK_FALSE(mounts.spare(records[5]));
}

TEST_CASE("a step that a mount is built on is held by it, directly or not") {
  const CacheMounts mounts(records, options_of({"--keep-cache-mounts"}));
  CHECK(mounts.holder_of(records[3]) == seeded.description);
  CHECK(mounts.holder_of(records[4]) == seeded.description);
  CHECK(mounts.holder_of(mount).empty());
  CHECK(mounts.holder_of(records[1]).empty());
  CHECK(mounts.holder_of(records[5]).empty());
}

TEST_CASE("records that are each other's parents end nothing") {
  const std::vector<CacheRecord> circle{
      {.id = "m", .type = "exec.cachemount", .description = "m", .parents = {"a"}},
      {.id = "a", .parents = {"b"}},
      {.id = "b", .parents = {"a", "m"}}};
  CHECK(CacheMounts(circle, options_of({"--keep-cache-mounts"})).holder_of(circle[2]) == "m");
}
