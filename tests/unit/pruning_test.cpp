// A pruning against a fake engine, and what is reported of it. Its decisions as functions: see
// prune_test.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fake_engine.hpp"
#include "in_process.hpp"
#include "report/report.hpp"
#include "samples.hpp"
#include "texts.hpp"

using cac::OutcomeStatus;
using cac::RunResult;
using cac::test::Containing;
using cac::test::count_of;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::FakeScene;
using cac::test::joined;
using cac::test::lying_prune;
using cac::test::prune_request;
using cac::test::run_for_report;
using cac::test::sample_result;
using cac::test::Texts;
using cac::test::Words;
using Json = nlohmann::json;

namespace {

const FakeReply nothing_pruned{.body = R"({"CachesDeleted":null,"SpaceReclaimed":0})"};

// What measured 28.5 with: an image of 50 MB and a newer record that no image shares.
FakeScene shared_and_newer() {
  return {.records = {{.id = "shared", .size = 52'428'800, .shared = true},
                      {.id = "newer", .size = 52'428'800},
                      {.id = "newest", .size = 5'000'000}}};
}

}  // namespace

TEST_CASE("a prune that took what an image shares is repeated until its limit is met") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  const Json report = run_for_report(fake, {"--prune-only", "--keep-storage", "10MB"});
  CAPTURE(report.dump());
  CHECK(report["exit_status"] == 0);
  CHECK(fake.sent(prune_request) == 2);
  CHECK(fake.scene().records.size() == 1);
  CHECK(report["reclaimed_bytes"] == 52'428'800);
  CHECK(report["actions"][0]["shared_bytes"] == 52'428'800);
  CHECK(report["actions"][0]["count"] == 2);
  CHECK(report["actions"][0]["repeats"] == 1);
  CHECK(report["cache"]["keep_storage_met"] == true);
  CHECK(report["cache"]["bytes_after"] == 5'000'000);
  CHECK(report["notes"].empty());
}

TEST_CASE("a prune that deletes nothing is not repeated, though its limit is not met") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  fake.reply("POST /build/prune", {nothing_pruned});
  const Json report = run_for_report(fake, {"--prune-only", "--keep-storage", "10MB"});
  CHECK(fake.sent(prune_request) == 1);
  CHECK(report["exit_status"] == 0);
  CHECK(report["cache"]["keep_storage_met"] == false);
}

TEST_CASE("an engine that only says that it deletes is not asked for ever") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  fake.reply("POST /build/prune", {lying_prune});
  CHECK(run_for_report(fake, {"--prune-only", "--keep-storage", "10MB"})["exit_status"] == 0);
  CHECK(fake.sent(prune_request) == 1 + 3);
}

TEST_CASE("a repeated prune that fails is reported with what was deleted before") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  fake.reply("POST /build/prune",
             {std::nullopt, {{.status = 400, .body = R"({"message":"on fire"})"}}});
  const Json report = run_for_report(fake, {"--prune-only", "--keep-storage", "10MB"});
  CHECK(fake.sent(prune_request) == 2);
  CHECK(report["exit_status"] == 1);
  CHECK(report["actions"][0]["status"] == "failed");
  CHECK(report["actions"][0]["count"] == 1);
  CHECK(report["reclaimed_bytes"] == 0);
  CHECK(report["cache"]["keep_storage_met"] == false);
}

TEST_CASE("the limit of each action is reached before the next action begins") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  const FakeReply old{.body = R"({"CachesDeleted":["older"],"SpaceReclaimed":1})"};
  fake.reply("POST /build/prune", {old, nothing_pruned, nothing_pruned});
  run_for_report(fake, {"--prune-only", "--older-than", "1d", "--keep-storage", "10MB"});
  Texts prunes;
  for (const std::string& request : fake.requests()) {
    if (request.starts_with("POST")) prunes.push_back(request.substr(0, 37));
  }
  CHECK(joined(prunes) ==
        "POST /v1.51/build/prune?all=1&filters\n"
        "POST /v1.51/build/prune?all=1&filters\n"
        "POST /v1.51/build/prune?all=1&reserve\n");
}

TEST_CASE("where enough is free nothing is pruned, and what is missing is pruned") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  const Json enough = run_for_report(fake, {"--prune-only", "--min-free-space", "20GB"});
  CHECK(fake.scene().records.size() == 3);
  CHECK(enough["cache"]["min_free_space_met"] == true);

  FakeScene scene = shared_and_newer();
  scene.free_space = 980'000'000;
  fake.set_scene(scene);
  const Json missing = run_for_report(fake, {"--prune-only", "--min-free-space", "1GB"});
  CAPTURE(missing.dump());
  CHECK(fake.scene().records.size() == 1);
  CHECK(fake.scene().free_space >= 1'000'000'000);
  CHECK(missing["reclaimed_bytes"] == 52'428'800);
  CHECK(missing["cache"]["min_free_space_met"] == true);

  scene.free_space = 0;
  fake.set_scene(scene);
  const Json hopeless = run_for_report(fake, {"--prune-only", "--min-free-space", "1GB"});
  CHECK(fake.scene().records.empty());
  CHECK(hopeless["exit_status"] == 0);
  CHECK(hopeless["cache"]["min_free_space_met"].is_null());
  CHECK(hopeless["notes"][0].get<std::string>() == Containing{"not known"});
}

TEST_CASE("records that a prune left in use when it was cut off are not taken for a build's") {
  FakeEngine fake;
  fake.set_scene({.records = {{.id = "stuck", .in_use = true, .released = true}}});
  const Json stuck = run_for_report(fake, {"--prune-only"});
  CHECK(stuck["notes"] ==
        Json{"1 record (100 B) is in use by a build, or left by a prune that was cut off: restart "
             "the engine"});
  fake.set_scene({.records = {{.id = "made", .in_use = true}}});
  CHECK(run_for_report(fake, {"--prune-only"})["notes"] ==
        Json{"1 record (100 B) is in use by a running build"});
}

TEST_CASE("an engine that cannot prune for free space is left alone") {
  FakeEngine fake;
  fake.set_scene(shared_and_newer());
  fake.set_api(47);
  const Json report = run_for_report(fake, {"--prune-only", "--min-free-space", "20GB"});
  CHECK(report["exit_status"] == 4);
  CHECK(report["error"]["kind"] == "unsupported-version");
  CHECK(fake.requests().size() == 1);
  CHECK(run_for_report(fake, {"--prune-only", "-n", "--min-free-space", "20GB"})["exit_status"] ==
        4);
}

// --- the report ---

TEST_CASE("what is outside the limits of a pruning is explained by what keeps it") {
  RunResult result = sample_result(Words{"--prune-only"});
  result.pruning = cac::PruneSummary{
      .too_old = cac::Excess{.count = 4, .in_use = {2000}, .held = {5'030'100}},
      .too_large = cac::Excess{.over = {4'432'100}, .in_use = {30'000}, .kept = {5'000'000}}};
  CHECK(Json::parse(cac::json_report(result))["notes"] ==
        Json{"4 records older than the limit are left: 2.00 kB in use, 5.03 MB left by the "
             "engine: newer records hold them, or it stopped short of the limit",
             "the build cache is 4.43 MB over its limit, without what images share: 30.0 kB in "
             "use, 5.00 MB in cache mounts, which are kept"});
}

TEST_CASE("records in use are a running build's only if one is seen to run") {
  RunResult result = sample_result(Words{"--prune-only"});
  result.pruning = cac::PruneSummary{.in_use_count = 14, .in_use = {2000}};
  CHECK(Json::parse(cac::json_report(result))["notes"] ==
        Json{"14 records (2.00 kB) are in use by a build, or left by a prune that was cut off: "
             "restart the engine"});
  result.pruning = cac::PruneSummary{.in_use_count = 1, .in_use = {2000}, .runs_build = true};
  CHECK(Json::parse(cac::json_report(result))["notes"] ==
        Json{"1 record (2.00 kB) is in use by a running build"});
}

TEST_CASE("what is known about free space is said, and what is not") {
  using cac::FreeSpace;
  RunResult result = sample_result(Words{"--prune-only", "--min-free-space", "20GB"});
  const std::pair<FreeSpace, std::string> rows[] = {
      {FreeSpace::enough,
       "20.0 GB are free, as the engine measures it: it left records that it could have deleted"},
      {FreeSpace::nothing_left,
       "it is not known whether 20.0 GB are free: no record is left that could be deleted, and "
       "the engine does not report free space"},
      {FreeSpace::unknown,
       "it is not known whether 20.0 GB are free: the last prune failed, or still deleted "
       "something"}};
  for (const auto& [free_space, note] : rows) {
    result.pruning = cac::PruneSummary{.free_space = free_space};
    const Json report = Json::parse(cac::json_report(result));
    CHECK(report["notes"] == Json{note});
  }
}

TEST_CASE("what images still share is neither reclaimed nor counted for the limit") {
  RunResult result = sample_result(Words{"--prune-only", "--keep-storage", "10MB"});
  result.state.emplace().records.emplace();
  result.plan.emplace();
  result.outcomes = {{.action = {.kind = cac::ActionKind::prune_build_cache,
                                 .reason = cac::Reason::keep_storage,
                                 .prunes = {{.keep_storage = cac::Bytes{10'000'000}}}},
                      .status = OutcomeStatus::done,
                      .count = 2,
                      .reclaimed = {60'000'000},
                      .shared = {52'400'000},
                      .repeats = 1}};
  result.pruning = cac::PruneSummary{.count = 3, .size = {40'000'000}, .shared = {31'000'000}};
  const std::string text = cac::text_report(result, {.width = 0, .color = false, .utf8 = false});
  CHECK(text == Containing{"+ pruned  build cache  2 records, 60.0 MB  until it is no larger than "
                           "10.0 MB; 2 prunes; 52.4 MB more were deleted, but images share "
                           "them\n"});
  CHECK(text == Containing{"40.0 MB in 3 records after, of which 31.0 MB are shared with images. "
                           "60.0 MB reclaimed"});
}
