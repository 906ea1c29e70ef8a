// What a run does and says when the engine is well.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "session.hpp"

using cac::test::check_golden;
using cac::test::Containing;
using cac::test::FakeScene;
using cac::test::image_id;
using cac::test::joined;
using cac::test::Result;
using cac::test::Session;
using cac::test::Texts;
using Json = nlohmann::json;

namespace {

// The scene as a text, to compare before and after.
std::string text_of(const FakeScene& scene) {
  std::string text;
  for (const auto& image : scene.images) text += image.id + " " + joined(image.tags);
  for (const auto& container : scene.containers) text += container.name + container.state + "\n";
  for (const auto& record : scene.records) text += record.id + "\n";
  return text;
}

Texts names_of(const FakeScene& scene) {
  Texts names;
  for (const auto& image : scene.images) {
    if (image.tags.empty()) names.emplace_back("(dangling)");
    names.insert(names.end(), image.tags.begin(), image.tags.end());
  }
  return names;
}

constexpr const char* server_error = R"({"message":"the disk is on fire"})";

}  // namespace

TEST_CASE("all is cleared and found clean") {
  Session session;
  const Result result = session.run_as_golden("clear-all", {});
  CHECK(result.status == 0);
  check_golden("clear-all-requests", joined(session.fake.requests()));
  CHECK(session.fake.connections() == 1);
  CHECK(session.fake.scene().records.empty());
  CHECK(joined(names_of(session.fake.scene())) ==
        "(dangling)\nwatchparty-backend:rollback\nother-app:latest\n");
  CHECK(session.fake.scene().containers.size() == 2);
}

TEST_CASE("one service is cleared, and the other's image stays") {
  Session session;
  const Result result = session.run_as_golden("clear-backend", {"backend"});
  CHECK(result.status == 0);
  check_golden("clear-backend-requests", joined(session.fake.requests()));
  CHECK(session.fake.scene().records.empty());
  CHECK(joined(names_of(session.fake.scene())) ==
        "(dangling)\nwatchparty-backend:rollback\nwatchparty-frontend:latest\nother-app:latest\n");
}

TEST_CASE(
    "with the containerd store a stopped container's image stays, dangling, and all is clean") {
  Session session;
  session.fake.set_store(cac::test::FakeStore::containerd);
  CHECK(session.run_as_golden("clear-all-containerd", {}).status == 0);
}

TEST_CASE("an engine with nothing to clear is clean, and the project's name is doubted") {
  Session session;
  session.fake.set_scene({});
  CHECK(session.run_as_golden("clear-nothing", {}).status == 0);
  check_golden("clear-nothing-requests", joined(session.fake.requests()));
}

TEST_CASE("running it again finds nothing to do and is clean") {
  Session session;
  CHECK(session.run({}).status == 0);
  const std::string after = text_of(session.fake.scene());
  CHECK(session.run_as_golden("clear-again", {}).status == 0);
  CHECK(text_of(session.fake.scene()) == after);
}

TEST_CASE("another project's images are cleared by its name") {
  Session session;
  CHECK(session.run({"--project", "other"}).status == 0);
  CHECK(joined(names_of(session.fake.scene())) ==
        "watchparty-backend:latest\nwatchparty-backend:rollback\nwatchparty-frontend:latest\n");
}

TEST_CASE("a dry run shows the plan and changes nothing") {
  Session session;
  const std::string before = text_of(session.fake.scene());
  CHECK(session.run_as_golden("dry-run", {"--dry-run"}).status == 0);
  check_golden("dry-run-requests", joined(session.fake.requests()));
  CHECK(session.sent_only_gets());
  CHECK(text_of(session.fake.scene()) == before);
}

TEST_CASE("what a dry run announces is what a run then does") {
  for (const std::string& target : Texts{"all", "backend", "frontend"}) {
    CAPTURE(target);
    Session session;
    const Json plan = Json::parse(session.run({"--dry-run", "--json", target}).out);
    const Json run = Json::parse(session.run({"--json", target}).out);
    const auto objects = [](const Json& report) {
      Texts result;
      for (const Json& action : report["actions"]) {
        result.push_back(action["action"].get<std::string>() + " " +
                         action["object"].get<std::string>());
      }
      return joined(result);
    };
    REQUIRE(plan["actions"].size() >= 2);
    REQUIRE(objects(plan) == objects(run));
    const Json& planned = plan["actions"].back();
    const Json& done = run["actions"].back();
    CHECK(planned["action"] == "prune-build-cache");
    CHECK(planned["status"] == "planned");
    CHECK(planned["planned_count"] == done["count"]);
    CHECK(planned["planned_count"] == 5);
    CHECK(planned["planned_bytes"] == done["reclaimed_bytes"]);
    CHECK(planned["planned_bytes"] == 812'000'000);
  }
}

TEST_CASE("verify-only reports what is there and changes nothing") {
  Session session;
  const std::string before = text_of(session.fake.scene());
  CHECK(session.run_as_golden("verify-only-residue", {"--verify-only"}).status == 3);
  check_golden("verify-only-requests", joined(session.fake.requests()));
  CHECK(session.sent_only_gets());
  CHECK(text_of(session.fake.scene()) == before);
}

TEST_CASE("verify-only of a cleared application is clean") {
  Session session;
  REQUIRE(session.run({"backend"}).status == 0);
  CHECK(session.run_as_golden("verify-only-clean", {"--verify-only", "backend"}).status == 0);
}

TEST_CASE("records that a running build holds are residue, by their descriptions") {
  Session session;
  FakeScene scene = cac::test::sample_scene();
  scene.records[0].in_use = true;
  scene.records[3].in_use = true;
  session.fake.set_scene(scene);
  CHECK(session.run_as_golden("residue-held", {}).status == 3);
  CHECK(session.fake.scene().records.size() == 2);
}

TEST_CASE("a prune that claims success while records are still listed is not believed") {
  Session session;
  session.fake.reply("POST /build/prune",
                     {{{.body = R"({"CachesDeleted":["rec1"],"SpaceReclaimed":812000000})"}}});
  CHECK(session.run_as_golden("residue-after-lying-prune", {"backend"}).status == 3);
  check_golden("residue-after-lying-prune-requests", joined(session.fake.requests()));
}

TEST_CASE("a name that was given to another image during the run is left alone") {
  Session session;
  session.fake.before("GET /images/watchparty-backend:latest/json",
                      [](FakeScene& scene) { scene.images[0].id = image_id('c'); });
  CHECK(session.run_as_golden("residue-retagged", {}).status == 3);
  CHECK(joined(names_of(session.fake.scene())) == Containing{"watchparty-backend:latest\n"});
}

TEST_CASE("a prune that fails although nothing is left is a warning") {
  Session session;
  session.fake.reply("POST /build/prune", {{{.status = 500, .body = server_error}}});
  session.fake.before("POST /build/prune", [](FakeScene& scene) { scene.records.clear(); });
  CHECK(session.run_as_golden("clean-despite-failing-prune", {"backend"}).status == 0);
}

TEST_CASE("a prune that keeps failing is a failure") {
  Session session;
  session.fake.reply("POST /build/prune", {{{.status = 500, .body = server_error}}});
  CHECK(session.run_as_golden("failing-prune", {"backend"}).status == 1);
}

TEST_CASE("an image that cannot be removed does not stop the rest") {
  Session session;
  session.fake.reply("DELETE /images/watchparty-backend:latest",
                     {{{.status = 500, .body = server_error}}});
  CHECK(session.run_as_golden("failing-removal", {}).status == 1);
  CHECK(session.fake.scene().records.empty());
  CHECK(joined(names_of(session.fake.scene())) ==
        "watchparty-backend:latest\nwatchparty-backend:rollback\nother-app:latest\n");
}

TEST_CASE("an engine that does not say which records there are leaves the verdict open") {
  Session session;
  session.fake.reply("GET /system/df", {{{.body = R"({"LayersSize":0})"}}});
  CHECK(session.run_as_golden("unknown", {}).status == 3);
}

TEST_CASE("the read after the last action decides, not one before it") {
  // Whatever is built between the prune and the reading is there.
  Session session;
  session.fake.reply("POST /build/prune",
                     {{{.body = R"({"CachesDeleted":[],"SpaceReclaimed":0})"}}});
  session.fake.before("POST /build/prune", [](FakeScene& scene) {
    scene.records = {{.id = "new", .description = "[1/1] RUN just now"}};
  });
  const Result result = session.run({"backend"});
  CHECK(result.status == 3);
}
