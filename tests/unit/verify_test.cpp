// The verdict as a function of the state that was read last. How the pipeline gets there: see
// pipeline_test.
#include "clear/verify.hpp"

#include <doctest/doctest.h>

#include "samples.hpp"
#include "texts.hpp"

using cac::Outcome;
using cac::OutcomeStatus;
using cac::Reason;
using cac::Residue;
using cac::ResidueKind;
using cac::State;
using cac::Verdict;
using cac::Verification;
using cac::test::clear_request;
using cac::test::joined;
using cac::test::Texts;
using cac::test::Words;

namespace {

// An engine without images whose records are known: nothing is left.
const std::vector<cac::CacheRecord> no_records;
const State nothing{.records = no_records};

Verification judge(const Words& words, const State& state,
                   const std::vector<Outcome>& outcomes = {}) {
  return cac::judge(clear_request(words), outcomes, state);
}

std::string list(const Verification& verification) {
  Texts lines;
  for (const Residue& residue : verification.residue) {
    lines.push_back(residue.object + ": " + std::string(to_string(residue.reason)));
  }
  return joined(lines);
}

Outcome removal(OutcomeStatus status) {
  return {.action = cac::test::sample_removal(), .status = status};
}

State tagged(const std::string& id) {
  return {.records = no_records, .images = {{.id = id, .tags = {"watchparty-backend:latest"}}}};
}

}  // namespace

TEST_CASE("only a state that is known and empty is clean") {
  CHECK(judge({}, nothing).verdict == Verdict::clean);
  const Verification unknown = judge({}, {});
  CHECK(unknown.verdict == Verdict::unknown);
  CHECK_FALSE(unknown.records_known);
  CHECK_FALSE(unknown.failure);
}

TEST_CASE("images whose names are not known leave the verdict open") {
  const State state{.records = no_records, .images = {{.id = "sha256:x", .names_known = false}}};
  const Verification unknown = judge({}, state);
  CHECK(unknown.verdict == Verdict::unknown);
  CHECK_FALSE(unknown.names_known);
}

TEST_CASE("a name that is left is residue although the records are not known") {
  State state = tagged("sha256:b");
  state.records.reset();
  CHECK(judge({}, state).verdict == Verdict::residue);
}

TEST_CASE("another target's image and other tags are no residue") {
  State state = tagged("sha256:b");
  state.images[0].tags.emplace_back("watchparty-backend:rollback");
  CHECK(judge({"frontend"}, state).verdict == Verdict::clean);
  CHECK(list(judge({"backend"}, state)) == "watchparty-backend:latest: retagged\n");
}

TEST_CASE("a name that is left was not removed, or was given to an image meanwhile") {
  const State same = tagged("sha256:b");
  const State other = tagged("sha256:new");
  const auto reason = [](const State& state, OutcomeStatus status) {
    return judge({"backend"}, state, {removal(status)}).residue.at(0).reason;
  };
  CHECK(reason(same, OutcomeStatus::failed) == Reason::still_tagged);
  // The engine said that it removed the name, and did not.
  CHECK(reason(same, OutcomeStatus::done) == Reason::still_tagged);
  CHECK(reason(same, OutcomeStatus::absent) == Reason::retagged);
  CHECK(reason(other, OutcomeStatus::done) == Reason::retagged);
  CHECK(reason(other, OutcomeStatus::failed) == Reason::retagged);
  CHECK(reason(other, OutcomeStatus::absent) == Reason::retagged);
  CHECK(judge({"--verify-only", "backend"}, same).residue.at(0).reason == Reason::cache_from);
}

TEST_CASE("a newer image that was deleted in place of the planned one is residue") {
  Outcome deleted = removal(OutcomeStatus::retagged);
  deleted.deleted_instead = "sha256:new";
  const Verification gone = judge({"backend"}, nothing, {deleted});
  CHECK(gone.verdict == Verdict::residue);
  CHECK(list(gone) == "watchparty-backend:latest: newer-deleted\n");
  CHECK(gone.residue[0].id == "sha256:new");
  // The name is back by now: one line for one name.
  CHECK(list(judge({"backend"}, tagged("sha256:x"), {deleted})) ==
        "watchparty-backend:latest: retagged\n");
}

TEST_CASE("every record is residue, whatever its age, type or use") {
  const State state{
      .records = {
          {{.id = "r1", .type = "regular", .description = "RUN x", .size = {7}},
           {.id = "r2", .description = "COPY y", .in_use = true},
           {.id = "r3", .type = "from.the.future", .shared = true},
           {.id = "r4", .description = "mount / from exec /bin/sh -c make", .in_use = true}}}};
  const Verification left = judge({}, state);
  CHECK(left.verdict == Verdict::residue);
  CHECK(list(left) ==
        "RUN x: survived-pruning\n"
        "COPY y: running-build\n"
        "r3: survived-pruning\n"
        "mount / from exec /bin/sh -c make: running-build\n");
  CHECK(left.residue[0].kind == ResidueKind::build_cache);
  CHECK(left.residue[0].id == "r1");
  CHECK(left.residue[0].record_type == "regular");
  CHECK(left.residue[0].size.count == 7);
  CHECK_FALSE(left.residue[1].is_running);
  CHECK(left.residue[3].is_running);
  CHECK(judge({"--verify-only"}, state).residue[0].reason == Reason::reusable);
}

TEST_CASE("cache mounts are kept on request, and the steps that they block are residue") {
  const State state{
      .records = {
          {{.id = "m", .type = "exec.cachemount", .description = "the mount", .parents = {"p"}},
           {.id = "p", .description = "RUN seed"}}}};
  const Verification kept = judge({"--keep-cache-mounts"}, state);
  REQUIRE(kept.kept.size() == 1);
  CHECK(kept.kept[0].id == "m");
  CHECK(list(kept) == "RUN seed: kept-cache-mount\n");
  CHECK(kept.residue[0].blocking_mount == "the mount");
  CHECK(judge({}, state).residue.size() == 2);
}

TEST_CASE(
    "artifacts that are left are residue; a directory that could not be searched is unknown") {
  State state = nothing;
  state.artifacts.found = {{"/srv/app/frontend/.next", {5}}};
  CHECK(list(judge({}, state)) == "/srv/app/frontend/.next: copied-by-build\n");
  state.artifacts = {.unreadable = {{cac::FailureKind::filesystem, "no"}}};
  CHECK(judge({}, state).verdict == Verdict::unknown);
  CHECK(judge({}, state).failure->message == "no");
}
