// Goldens of --json in the less usual cases, so that every key with every type of its value occurs
// in one of them. The man page is compared with what they have.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "docker_standin.hpp"
#include "session.hpp"
#include "temporary_directory.hpp"

using cac::test::check_golden;
using cac::test::FakeScene;
using cac::test::normalized;
using cac::test::Result;
using cac::test::Session;
using cac::test::spread_out;
using cac::test::Texts;

namespace {

// The result's status.
int compare(const std::string& golden, const Session& session, const Texts& words) {
  const Result result = session.run(words);
  check_golden(golden, normalized(spread_out(result.out), session.fake.url()));
  return result.status;
}

}  // namespace

TEST_CASE("JSON of a pruning has the build cache before and after it") {
  CHECK(compare("json-prune-only", Session(), {"--json", "--prune-only"}) == 0);
}

TEST_CASE("JSON of a pruning says which limits are met, and what images still share") {
  Session session;
  FakeScene scene = cac::test::sample_scene();
  scene.free_space = 990'000'000;
  session.fake.set_scene(scene);
  CHECK(compare("json-prune-size", session,
                {"--json", "--prune-only", "--keep-storage", "105MB", "--min-free-space", "1GB"}) ==
        0);
  // A build that starts meanwhile.
  session.fake.set_scene(scene);
  session.fake.before("POST /build/prune",
                      [](FakeScene& during) { during.records.back().in_use = true; });
  CHECK(compare("json-prune-age", session, {"--json", "--prune-only", "--older-than", "7d"}) == 0);
}

TEST_CASE("JSON of a pruning has null for what was not read or not said") {
  Session session;
  session.fake.reply("GET /system/df", {{{.body = R"({"LayersSize":0})"}}});
  CHECK(compare("json-prune-only-dry-run", session, {"--json", "--prune-only", "--dry-run"}) == 0);
}

TEST_CASE("JSON has the records that were kept, the backup's name and an action's error") {
  Session session;
  session.fake.reply("DELETE /images/",
                     {{{.status = 500, .body = R"({"message":"device or resource busy"})"}}});
  CHECK(compare("json-kept", session,
                {"--json", "--keep-cache-mounts", "--keep-as", "before", "backend"}) == 1);
}

TEST_CASE("JSON has the context, no ID of a build artifact, and a note on a missing directory") {
  const cac::test::TemporaryDirectory temporary;
  const std::string directory = temporary.path;
  std::filesystem::create_directories(directory + "/frontend/.next");
  const Session session;
  const cac::test::DockerStandIn docker;
  docker.add_address("here", session.fake.url());
  const Result result = cac::test::run(
      {.arguments = {"--json", "--verify-only", "--app-dir", directory, "--context", "here"},
       .environment = {{"DOCKER_CONFIG", directory + "/docker"}, {"PATH", docker.path()}}});
  std::string text = spread_out(result.out);
  for (auto at = text.find(directory); at != std::string::npos; at = text.find(directory)) {
    text.replace(at, directory.size(), "/DIR");
  }
  check_golden("json-artifact", normalized(text, session.fake.url()));
  CHECK(result.status == 3);
}

TEST_CASE("JSON has warnings, and caveats of every kind of object") {
  Session session;
  auto scene = cac::test::sample_scene();
  scene.containers.push_back({"buildx_buildkit_multi0", cac::test::image_id('e')});
  session.fake.set_scene(scene);
  CHECK(compare("json-nothing", session, {"--json", "--project", "nobody"}) == 0);
}
