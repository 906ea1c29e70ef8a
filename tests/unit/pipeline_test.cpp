// The pipeline against a fake engine: what it reads, repeats and believes. The verdict as a
// function of the state: see verify_test.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "connected.hpp"
#include "fake_engine.hpp"
#include "in_process.hpp"
#include "texts.hpp"

using cac::test::Containing;
using cac::test::count_of;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::FakeScene;
using cac::test::image_id;
using cac::test::joined;
using cac::test::lying_prune;
using cac::test::prune_request;
using cac::test::run_for_report;
using cac::test::Texts;
using Json = nlohmann::json;
using Words = std::vector<const char*>;

namespace {

std::string list_residue(const Json& report) {
  Texts lines;
  for (const Json& residue : report["residue"]) {
    lines.push_back(residue["object"].get<std::string>() + ": " +
                    residue["reason"].get<std::string>());
  }
  return joined(lines);
}

}  // namespace

TEST_CASE("a cleared target is clean, read back after the last action") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "clean");
  CHECK(report["residue"].empty());
  CHECK(fake.sent(prune_request) == 1);
  const auto requests = fake.requests();
  REQUIRE(requests.size() > 4);
  CHECK(requests[requests.size() - 4] == "POST /v1.51/build/prune?all=1");
  CHECK(requests[requests.size() - 3] == Containing{"/system/df"});
  CHECK(requests[requests.size() - 2] == Containing{"/system/df"});
  CHECK(requests[requests.size() - 1] == Containing{"/images/json"});
}

TEST_CASE("before it acts, a clearing reads no records and no dangling images unless asked to") {
  const auto reads_before_acting = [](const Words& words) {
    FakeEngine fake;
    fake.set_scene(cac::test::sample_scene());
    run_for_report(fake, words);
    const std::string requests = joined(fake.requests());
    return requests.substr(0, std::min(requests.find("DELETE"), requests.find("POST")));
  };
  const auto reads = [&](const Words& words, const std::string& part) {
    return count_of(part, reads_before_acting(words)) > 0;
  };
  CHECK_FALSE(reads({"all"}, "/system/df"));
  CHECK_FALSE(reads({"all"}, "dangling"));
  CHECK_FALSE(reads({"all", "--keep-cache-mounts"}, "dangling"));
  CHECK(reads({"all", "--keep-cache-mounts"}, "/system/df"));
  CHECK(reads({"all", "--wait"}, "/system/df"));
  CHECK(reads({"all", "--dry-run"}, "/system/df"));
  CHECK(reads({"all", "--dry-run"}, "dangling"));
}

TEST_CASE("--verify-only reports the caveats that a clearing reports") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.images.push_back({image_id('d'), {}});
  scene.containers.push_back({"old", image_id('d')});
  scene.containers.push_back({"buildx_buildkit_multi0", image_id('e')});
  fake.set_scene(scene);
  const Json before = run_for_report(fake, {"--verify-only", "all"})["caveats"];
  REQUIRE(before.size() == 3);
  CHECK(before[0]["kind"] == "other-tag");
  CHECK(before[0]["object"] == "watchparty-backend");
  CHECK(before[0]["tags"] == Json{"rollback"});
  CHECK(before[1]["kind"] == "builder");
  CHECK(before[1]["object"] == "buildx_buildkit_multi0");
  CHECK(before[2]["kind"] == "classic-builder");
  CHECK(before[2]["explanation"].get<std::string>() ==
        Containing{"dangling image sha256:dddddddddddd stays, held by container old (running): "});
  Json cleared = run_for_report(fake, {"all"})["caveats"];
  // Nothing is removed by --verify-only.
  REQUIRE(cleared.size() == 4);
  CHECK(cleared[2]["kind"] == "missing-image");
  CHECK(cleared[2]["tags"] == Json{"watchparty-backend:latest", "watchparty-frontend:latest"});
  cleared.erase(2);
  CHECK(cleared == before);
}

TEST_CASE(
    "a prune that claims success while records are listed is repeated three times, then residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {lying_prune});
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "residue");
  REQUIRE(report["residue"].size() == 5);
  CHECK(report["residue"][0]["object"] == "[deps 3/3] RUN npm ci");
  CHECK(report["residue"][0]["reason"] == "survived-pruning");
  CHECK(report["residue"][0]["held"] == false);
  // A record without a description goes by its ID.
  CHECK(report["residue"][3]["object"] == "rec4");
  CHECK(fake.sent(prune_request) == 1 + 3);
  CHECK(report["actions"].size() == 2 + 3);
}

TEST_CASE("records that appear once more are pruned again, and then all is clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  bool pruned_once = false;
  fake.before("POST /build/prune", [&](FakeScene&) { pruned_once = true; });
  bool came = false;
  fake.before("GET /system/df", [&](FakeScene& scene) {
    if (!pruned_once || came) return;
    came = true;
    scene.records = {{.id = "late", .description = "[1/1] RUN late"}};
  });
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "clean");
  CHECK(fake.sent(prune_request) == 2);
  REQUIRE(report["actions"].size() == 3);
  CHECK(report["actions"][2]["count"] == 1);
  CHECK(report["actions"][2]["reason"] == "left-by-prune");
}

TEST_CASE("a prune that failed once and then works is clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {{{.status = 500, .body = R"({"message":"no"})"}}, std::nullopt});
  CHECK(run_for_report(fake)["verdict"] == "clean");
  CHECK(fake.sent(prune_request) == 2);
}

TEST_CASE("a record in use is held by a running build, is named, and is not pruned again") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.records[0].in_use = true;
  fake.set_scene(scene);
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "residue");
  CHECK(list_residue(report) == "[deps 3/3] RUN npm ci: running-build\n");
  CHECK(report["residue"][0]["id"] == "rec1");
  CHECK(report["residue"][0]["type"] == "regular");
  CHECK(report["residue"][0]["bytes"] == 700'000'000);
  CHECK(report["residue"][0]["held"] == true);
  CHECK(fake.sent(prune_request) == 1);
}

TEST_CASE("an answer that is older than the prune is asked for again before it is believed") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  // Concurrent requests share an answer: the first reading still shows a record in use.
  fake.reply("GET /system/df",
             {{{.body = R"({"BuildCache":[{"ID":"rec1","InUse":true}]})"}}, std::nullopt});
  CHECK(run_for_report(fake)["verdict"] == "clean");
}

TEST_CASE("a tag that changed its image during the run is never removed, and is residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.before("GET /images/watchparty-backend:latest/json",
              [](FakeScene& scene) { scene.images[0].id = image_id('9'); });
  const Json report = run_for_report(fake);
  CHECK(report["actions"][0]["status"] == "retagged");
  CHECK(count_of("DELETE", joined(fake.requests())) == 0);
  CHECK(report["verdict"] == "residue");
  CHECK(list_residue(report) == "watchparty-backend:latest: retagged\n");
  CHECK(report["residue"][0]["kind"] == "image");
}

TEST_CASE("a name that a finishing build tags after the removal is residue, and is left alone") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.before("POST /build/prune", [](FakeScene& scene) {
    scene.images.push_back({image_id('9'), {"watchparty-backend:latest"}});
  });
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "residue");
  CHECK(list_residue(report) == "watchparty-backend:latest: retagged\n");
  CHECK(count_of("DELETE", joined(fake.requests())) == 1);
}

TEST_CASE("a name whose removal failed is residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("DELETE", {{{.status = 409, .body = R"({"message":"no"})"}}});
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "residue");
  CHECK(list_residue(report) == "watchparty-backend:latest: still-tagged\n");
}

TEST_CASE("an engine that claims a removal which did not happen is not believed") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("DELETE", {{{.body = R"([{"Untagged":"watchparty-backend:latest"},{"Deleted":")" +
                                  image_id('b') + "\"}]"}}});
  const Json report = run_for_report(fake);
  CHECK(report["actions"][0]["count"] == 1);
  CHECK(report["verdict"] == "residue");
}

TEST_CASE("another target's image and other tags are left alone") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  CHECK(run_for_report(fake, {"frontend"})["verdict"] == "clean");
  Texts names;
  for (const auto& image : fake.scene().images) {
    names.insert(names.end(), image.tags.begin(), image.tags.end());
  }
  CHECK(joined(names) ==
        "watchparty-backend:latest\nwatchparty-backend:rollback\nother-app:latest\n");
}

TEST_CASE("an image that loses several names is reported as it is in the end") {
  FakeEngine fake;
  FakeScene scene;
  scene.images.push_back({image_id('b'), {"watchparty-backend:latest", "watchparty-w:latest"}});
  fake.set_scene(scene);
  const Json actions = run_for_report(fake, {"all"})["actions"];
  REQUIRE(actions.size() == 4);
  for (const std::size_t i : {0U, 1U}) {
    CHECK(actions[i]["status"] == "done");
    CHECK(actions[i]["image_stays"] == false);
    CHECK(actions[i]["effect"] == "");
  }
  scene.images[0].tags.emplace_back("elsewhere/x:1");
  fake.set_scene(scene);
  const Json kept = run_for_report(fake, {"all"})["actions"];
  for (const std::size_t i : {0U, 1U}) {
    CHECK(kept[i]["image_stays"] == true);
    CHECK(kept[i]["effect"] == "the image stays as elsewhere/x:1");
  }
}

TEST_CASE("an answer that does not say which records there are is unknown, never clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("GET /system/df", {{{.body = "{}"}}});
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "unknown");
  CHECK(report["error"].is_null());
  CHECK(report["notes"] == Json{"the engine did not say which build cache records there are"});
  const Json planned = run_for_report(fake, {"--dry-run"});
  CHECK(planned["notes"] == Json{"expected exit status: 3, because the engine does not say which "
                                 "build cache records there are"});
  CHECK(planned["expected_exit_status"] == 3);
}

TEST_CASE("a dry run expects the exit status that the run has") {
  struct {
    const char* name;
    Words options;
    int status;
  } const rows[] = {{"nothing holds anything", {}, 0},
                    {"a running build", {}, 3},
                    {"a running build", {"backend"}, 3},
                    {"a kept mount's parent", {"--keep-cache-mounts"}, 3},
                    {"nothing holds anything", {"--keep-cache-mounts"}, 0},
                    {"no records", {}, 3},
                    {"nothing holds anything", {"--prune-only"}, 0},
                    {"a running build", {"--prune-only"}, 0}};
  for (const auto& row : rows) {
    const std::string name = row.name;
    CAPTURE(name);
    FakeEngine fake;
    FakeScene scene = cac::test::sample_scene();
    if (name == "a running build") scene.records[0].in_use = true;
    if (name == "a kept mount's parent") {
      scene.records = {{.id = "step"},
                       {.id = "mount", .type = "exec.cachemount", .parents = {"step"}}};
    }
    fake.set_scene(scene);
    if (name == "no records") fake.reply("GET /system/df", {{{.body = "{}"}}});
    Words dry = row.options;
    dry.push_back("--dry-run");
    const Json planned = run_for_report(fake, dry);
    CHECK(planned["exit_status"] == 0);
    CHECK(planned["expected_exit_status"] == row.status);
    CHECK(planned["notes"].back().get<std::string>().starts_with(
        "expected exit status: " + std::to_string(row.status) +
        (row.status == 0 ? "" : ", because ")));
    CHECK(run_for_report(fake, row.options)["exit_status"] == row.status);
  }
}

TEST_CASE("a reading that fails leaves the verdict open, and says why") {
  for (const std::string& request : Texts{"GET /system/df", "GET /images/json"}) {
    CAPTURE(request);
    FakeEngine fake;
    fake.set_scene(cac::test::sample_scene());
    const FakeReply failure{.status = 500, .body = R"({"message":"no"})"};
    fake.reply(request, request == "GET /system/df"
                            ? std::vector<std::optional<FakeReply>>{failure}
                            : std::vector<std::optional<FakeReply>>{std::nullopt, failure});
    const Json report = run_for_report(fake);
    CHECK(report["verdict"] == "unknown");
    CHECK(report["exit_status"] == 1);
    CHECK(report["error"]["kind"] == "request-failed");
    CHECK(report["error"]["message"].get<std::string>() == Containing{request});
  }
}

TEST_CASE("verify-only sends nothing but reads, however much there is") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.records[1].in_use = true;
  fake.set_scene(scene);
  const Json report = run_for_report(fake, {"--verify-only", "backend"});
  CHECK(report["verdict"] == "residue");
  CHECK(report["actions"].empty());
  CHECK(list_residue(report) ==
        "[deps 3/3] RUN npm ci: reusable\n"
        "[build 2/2] RUN npm run build: running-build\n"
        "local source for context: reusable\n"
        "rec4: reusable\n"
        "cached mount /root/.npm from exec /bin/sh -c npm ci: cache-mount\n"
        "watchparty-backend:latest: cache-from\n");
  for (const std::string& request : fake.requests()) CHECK(request.starts_with("GET "));
}

TEST_CASE("a project that was probably mistyped is exit 2 in every mode, and changes nothing") {
  FakeEngine fake;
  // Where nothing is alike it is a note: nothing may have been built yet.
  CHECK(run_for_report(fake, {"-p", "wachtparty"})["warnings"].empty());
  CHECK(run_for_report(fake, {"-p", "wachtparty"})["notes"] ==
        Json{"no image on this engine has a name that begins with 'wachtparty-'",
             "no image, container or build cache record was found: is this the engine that "
             "builds?"});
  FakeScene scene;
  scene.images.push_back({image_id('a'), {"watchparty-backend:latest"}});
  scene.records.push_back({"rec1"});
  fake.set_scene(scene);
  for (const char* const mode : {"all", "--verify-only", "-n", "--wait"}) {
    CAPTURE(mode);
    const Json report = run_for_report(fake, {"-p", "wachtparty", mode});
    CHECK(report["exit_status"] == 2);
    CHECK(report["error"]["kind"] == "usage");
    CHECK(report["error"]["message"] ==
          "no image on this engine has a name that begins with 'wachtparty-': did you mean "
          "--project watchparty?");
    CHECK(report["error"]["advice"] == "Nothing was changed. Run clear-app-cache --host " +
                                           fake.url() +
                                           " --project watchparty, or give the build command.");
  }
  CHECK(fake.sent("POST") == 2);  // of the two runs before
  CHECK(fake.scene().records.size() == 1);
  // Other tags alone make the project known.
  scene.images = {{image_id('a'), {"watchparty-backend:rollback"}}};
  fake.set_scene(scene);
  CHECK(run_for_report(fake, {"all"})["warnings"].empty());
}

TEST_CASE("cache mounts that are kept are listed, and are no residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  const Json report = run_for_report(fake, {"backend", "--keep-cache-mounts"});
  CHECK(report["verdict"] == "clean");
  REQUIRE(report["kept"].size() == 1);
  CHECK(report["kept"][0]["id"] == "rec5");
  CHECK(report["kept"][0]["bytes"] == 99'901'808);
  REQUIRE(fake.scene().records.size() == 1);
  CHECK(fake.scene().records[0].id == "rec5");
}

TEST_CASE("a record of a type that nobody knows is residue beside kept cache mounts") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.records.push_back({.id = "odd", .type = "from.the.future", .description = "?"});
  fake.set_scene(scene);
  const Json report = run_for_report(fake, {"backend", "--keep-cache-mounts"});
  CHECK(report["verdict"] == "residue");
  CHECK(list_residue(report) == "?: survived-pruning\n");
  CHECK(fake.sent(prune_request) == 5 * (1 + 3));
}

TEST_CASE("dangling images that cannot be read are a caveat, not a failure") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("GET /images/json?filters=%7B%22dangling",
             {{{.status = 500, .body = R"({"message":"no"})"}}});
  const Json report = run_for_report(fake, {"all"});
  CHECK(report["verdict"] == "clean");
  REQUIRE(report["caveats"].size() == 3);
  CHECK(report["caveats"][2]["explanation"].get<std::string>() ==
        Containing{"not known which dangling images"});
  const Json planned = run_for_report(fake, {"all", "--dry-run"});
  CHECK(planned["exit_status"] == 0);
  CHECK(planned["caveats"].back() == report["caveats"].back());
}

TEST_CASE("containers that cannot be read are a caveat where no result depends on them") {
  FakeEngine fake;
  fake.reply("GET /containers/json", {{{.status = 403, .body = "Forbidden"}}});
  for (const Words& words : {Words{"--prune-only"}, {"--prune-only", "-n"}, {"--verify-only"}}) {
    const Json report = run_for_report(fake, words);
    CAPTURE(report.dump());
    CHECK(report["exit_status"] == 0);
    REQUIRE(report["caveats"].size() == 1);
    CHECK(report["caveats"][0]["kind"] == "builder");
  }
  // A plan says which containers are not touched.
  CHECK(run_for_report(fake, {"backend"})["exit_status"] == 4);
}

TEST_CASE("residue that was read is reported although a later reading fails") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {lying_prune});
  fake.reply("GET /images/json", {std::nullopt, {{.status = 500, .body = R"({"message":"no"})"}}});
  const Json report = run_for_report(fake);
  CHECK(report["verdict"] == "unknown");
  CHECK(report["exit_status"] == 1);
  CHECK(report["residue"].size() == 5);
}

TEST_CASE("repeated prunes read the records alone") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {lying_prune});
  run_for_report(fake, {"all"});
  const std::string requests = joined(fake.requests());
  CHECK(count_of("reference", requests) == 2);
  // To remove them, and to tell which are left.
  CHECK(count_of("GET /v1.51/images/json?filters=%7B%22dangling", requests) == 2);
  CHECK(count_of("/system/df", requests) == 2 * 4);
}

TEST_CASE("a backup's tag that is taken is a usage error alone, on GitHub as well") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  const std::string url = fake.url();
  const auto printed =
      cac::test::run_in_process({"--keep-as", "rollback", "backend", "--host", url.c_str()},
                                cac::test::environment_of({{"GITHUB_ACTIONS", "true"}}));
  CHECK(printed.status == 2);
  CHECK(count_of("::error", printed.err) == 1);
  CHECK(printed.err == Containing{"--keep-as: watchparty-backend:rollback already refers to"});
}

TEST_CASE("only an image list may be null: it may be how an engine writes no images") {
  for (const std::string& request : Texts{"GET /containers/json", "DELETE"}) {
    CAPTURE(request);
    FakeEngine fake;
    fake.set_scene(cac::test::sample_scene());
    fake.reply(request, {{{.body = "null"}}});
    const Json report = run_for_report(fake, {"backend"});
    CHECK(report["exit_status"] == 1);
    CHECK(report["error"]["kind"] == "malformed");
  }
}

TEST_CASE("a neighbor's image is left alone, is no residue, and is reported with its project") {
  for (const Words& words :
       {Words{"all"}, {"backend"}, {"all", "--dry-run"}, {"all", "--verify-only"}}) {
    FakeEngine fake;
    FakeScene scene;
    const auto add = [&](char id, const std::string& name, const std::string& project) {
      scene.images.push_back({.id = image_id(id), .tags = {name}, .compose_project = project});
    };
    add('a', "watchparty-backend:latest", "watch-party");
    add('b', "watchparty-admin-backend:latest", "watchparty-admin");
    add('c', "watchparty-admin-frontend:latest", "watchparty-admin");
    fake.set_scene(scene);
    const Json report = run_for_report(fake, words);
    CAPTURE(report.dump());
    const bool changes = words.size() == 1;
    CHECK(fake.scene().images.size() == (changes ? 2 : 3));
    CHECK(fake.scene().images.back().id == image_id('c'));
    if (changes) CHECK(report["verdict"] == "clean");
    const bool is_all = words.front() == std::string("all");
    Json notes = Json::array();
    if (is_all) {
      notes.push_back(
          "watchparty-admin-backend:latest, watchparty-admin-frontend:latest belong to the Compose "
          "project watchparty-admin, and are left alone");
    }
    if (words.back() == std::string("--dry-run")) notes.push_back("expected exit status: 0");
    CHECK(report["notes"] == notes);
  }
}
