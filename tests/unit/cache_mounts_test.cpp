#include "clear/cache_mounts.hpp"

#include <doctest/doctest.h>

using cac::CacheMounts;
using cac::CacheRecord;

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
    {.id = "apart", .description = "[internal] setting cache mount permissions"},
};

}  // namespace

TEST_CASE("without the option no record is kept or blocked") {
  const CacheMounts mounts(records, false);
  for (const CacheRecord& record : records) {
    CHECK_FALSE(mounts.keeps(record));
    CHECK(mounts.blocking_mount(record).empty());
  }
}

TEST_CASE(
    "the mounts and what was made for their owner are kept, but no step that a build reuses") {
  const CacheMounts mounts(records, true);
  CHECK(mounts.keeps(mount));
  CHECK(mounts.keeps(records[1]));
  CHECK(mounts.keeps(seeded));
  CHECK_FALSE(mounts.keeps(records[3]));
  CHECK_FALSE(mounts.keeps(records[4]));
  CHECK_FALSE(mounts.keeps(records[5]));
}

TEST_CASE("a step that a mount is based on is blocked by it, directly or not") {
  const CacheMounts mounts(records, true);
  CHECK(mounts.blocking_mount(records[3]) == seeded.description);
  CHECK(mounts.blocking_mount(records[4]) == seeded.description);
  CHECK(mounts.blocking_mount(mount).empty());
  CHECK(mounts.blocking_mount(records[1]).empty());
  CHECK(mounts.blocking_mount(records[5]).empty());
}

TEST_CASE("records that are each other's parents end nothing") {
  const std::vector<CacheRecord> circle{
      {.id = "m", .type = "exec.cachemount", .description = "m", .parents = {"a"}},
      {.id = "a", .parents = {"b"}},
      {.id = "b", .parents = {"a", "m"}}};
  CHECK(CacheMounts(circle, true).blocking_mount(circle[2]) == "m");
}

TEST_CASE("a description that engines before BuildKit 0.11 share between steps keeps nothing") {
  // Measured on 20.10: a directory of BuildKit's own (uid=) and a COPY of an empty file (from=)
  // have no parent and no size both. The next build reuses the COPY.
  const CacheRecord target{.id = "target", .description = "fileop target"};
  const CacheRecord copied{.id = "copied", .description = "fileop target", .parents = {"target"}};
  const CacheRecord on_both{.id = "mount",
                            .type = "exec.cachemount",
                            .description = "cached mount /c from exec make",
                            .parents = {"copied"}};
  const CacheMounts mounts({target, copied, on_both}, true);
  CHECK(mounts.keeps(on_both));
  for (const CacheRecord& record : {target, copied}) {
    CHECK_FALSE(mounts.keeps(record));
    CHECK(mounts.blocking_mount(record) == on_both.description);
  }
}

TEST_CASE("only the exact description of BuildKit's own directory keeps a mount's parent") {
  struct {
    std::string description;
    bool kept;
  } const rows[] = {
      {"[internal] setting cache mount permissions", true},
      {"[internal] settings cache mount permissions", true},  // so 20.10's frontend
      {"mount / from exec /bin/sh -c echo [internal] setting cache mount permissions", false},
      {"[base 1/1] COPY [cache mount permissions, /]", false},
      {"[internal 1/1] WORKDIR /setting cache mount permissions", false},
      {"[internal] setting cache mount permissions ", false},
      {"", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.description);
    const CacheRecord parent{.id = "parent", .description = row.description};
    const CacheMounts mounts(
        {parent, {.id = "m", .type = "exec.cachemount", .description = "m", .parents = {"parent"}}},
        true);
    CHECK(mounts.keeps(parent) == row.kept);
    CHECK(mounts.blocking_mount(parent) == (row.kept ? "" : "m"));
  }
}

TEST_CASE("a mount stands directly on BuildKit's own directory: another ancestor is a step") {
  const CacheRecord named{.id = "named",
                          .description = "[internal] setting cache mount permissions"};
  const CacheRecord step{.id = "step", .description = "[base 2/2] RUN seed", .parents = {"named"}};
  const CacheRecord on_step{
      .id = "m", .type = "exec.cachemount", .description = "m", .parents = {"step"}};
  const CacheMounts mounts({named, step, on_step}, true);
  CHECK_FALSE(mounts.keeps(named));
  CHECK(mounts.blocking_mount(named) == "m");
}

TEST_CASE("a mount that begins as a stage and has an owner: its directory is kept, no step is") {
  const CacheRecord step{.id = "step", .description = "[base 1/1] COPY seed /"};
  const CacheRecord own{.id = "own",
                        .description = "[internal] setting cache mount permissions",
                        .parents = {"step"}};
  const CacheRecord on_own{
      .id = "m", .type = "exec.cachemount", .description = "m", .parents = {"own"}};
  const CacheMounts mounts({step, own, on_own}, true);
  CHECK(mounts.keeps(own));
  CHECK_FALSE(mounts.keeps(step));
  CHECK(mounts.blocking_mount(step) == "m");
}
