#include "docker/build_history.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "clear/recorded_builds.hpp"
#include "connected.hpp"
#include "docker_standin.hpp"
#include "temporary_directory.hpp"
#include "texts.hpp"

using cac::Build;
using cac::BuildHistory;
using cac::BuildRecord;
using cac::Interruption;
using cac::RecordedBuilds;
using cac::test::Containing;
using cac::test::DockerStandIn;
using cac::test::joined;
using cac::test::Texts;

namespace {

struct History {
  DockerStandIn docker;
  Interruption interruption{-1, Interruption::Clock::time_point::max()};
  BuildHistory history{{"docker", "--context", "far"}, "own", interruption};

  static std::string call(const std::string& words) {
    return "--context far buildx history " + words + " --builder own";
  }
  // In the order of time, the latest first, as buildx lists them.
  void list(const std::string& text) const { docker.answer(call("ls --format json"), text); }
  void inspect(const std::string& id, const std::string& json) const {
    docker.answer(call("inspect " + id + " --format json"), json);
  }
  void label(const std::string& id, const std::string& project, const std::string& service) const {
    inspect(id, R"({"Name":"a","Labels":[{"Name":"com.docker.compose.project","Value":")" +
                    project + R"("},{"Name":"com.docker.compose.service","Value":")" + service +
                    R"("}]})");
  }
};

std::string row(const std::string& id, int cached) {
  return R"({"cached_steps":)" + std::to_string(cached) +
         R"(,"created_at":"2026-11-30T10:00:00.5Z","name":"a","ref":"own/own0/)" + id +
         R"(","status":"Completed","total_steps":8})" + "\n";
}

// "web 8 2"
std::string describe(const RecordedBuilds& recorded) {
  std::string text;
  for (const auto& build : recorded.builds) {
    text += build.name + " " + std::to_string(build.record.steps) + " " +
            std::to_string(build.record.cached_steps) + "\n";
  }
  for (const std::string& name : recorded.unrecorded) text += "no " + name + "\n";
  return text;
}

std::string find_problem(const History& asked) {
  try {
    asked.history.list();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("records are listed with their numbers of steps") {
  const History asked;
  asked.list(row("b2", 3) + row("b1", 0));
  const auto records = asked.history.list();
  REQUIRE(records.size() == 2);
  CHECK(records[0].id == "b2");
  CHECK(records[0].steps == 8);
  CHECK(records[0].cached_steps == 3);
  CHECK(records[0].started == "2026-11-30T10:00:00.5Z");
  asked.list("");
  CHECK(asked.history.list().empty());
}

TEST_CASE("why there is no record is one line") {
  struct {
    const char* script;
    const char* said;
  } const rows[] = {
      {"echo 'ERROR: no builder \"own\" found' >&2; exit 1",
       "docker buildx history: no builder \"own\" found"},
      {"printf 'unknown flag: --format\\nUsage: docker buildx\\n' >&2; exit 125",
       "docker buildx history: unknown flag: --format"},
      {"echo 'ERROR: rpc error: code = Unimplemented desc = unknown method' >&2; exit 1",
       "this engine keeps no record of builds: Docker 23 and newer do"},
      {"exit 3", "docker buildx history: it ended with status 3"},
      {"echo '{'", "docker buildx history is not understood: "},
      {"echo '{\"ref\":\"a\",\"total_steps\":-1,\"cached_steps\":0}'",
       "docker buildx history is not understood: a number of steps is below zero"},
      {"exec cat /dev/zero", "docker buildx history prints too much"}};
  for (const auto& row : rows) {
    CAPTURE(row.script);
    const History asked;
    asked.docker.run(row.script);
    CHECK(find_problem(asked) == Containing{row.said});
  }
}

TEST_CASE("an import is a step that has ended without an error") {
  const History asked;
  asked.docker.run(R"sh(cat >&2 <<'LOG'
WARNING: something that docker says
{"vertexes":[{"digest":"a","name":"importing cache manifest from one"},{"digest":"b","name":"importing cache manifest from two"}]}
{"vertexes":[{"digest":"a","name":"importing cache manifest from one","completed":"T"}]}
{"vertexes":[{"digest":"b","name":"importing cache manifest from two","completed":"T","error":"no such image"}]}
{"vertexes":[{"digest":"c","name":"importing cache manifest from three","started":"T"}]}
{"logs":[{"vertex":"x","data":"importing cache manifest from four"}]}
{"vertexes":[{"digest":"d","name":"RUN echo importing cache manifest from five","completed":"T"}]}
LOG)sh");
  CHECK(joined(asked.history.list_imports("b1")) == "one\n");
}

TEST_CASE("new records of Compose's builds are those with its labels; others do not count") {
  const History asked;
  const std::vector<Build> builds{{.name = "web"}, {.name = "my_api"}, {.name = "cron"}};
  asked.list(row("n4", 8) + row("n3", 8) + row("n2", 2) + row("n1", 0) + row("before", 5));
  asked.label("n4", "other", "web");
  asked.inspect("n3", R"({"Name":"a"})");
  asked.label("n2", "shop", "web");
  asked.label("n1", "shop", "my.api");
  asked.label("before", "shop", "web");
  asked.docker.answer(History::call("logs n2 --progress rawjson"), "");
  const std::vector<BuildRecord> earlier{{.id = "before"}};
  CHECK(describe(find_new_builds(asked.history, builds, "shop", earlier)) ==
        "my_api 8 0\nweb 8 2\nno cron\n");
  CHECK(asked.docker.calls().find("before") == std::string::npos);
}

TEST_CASE("of several records of one build all new ones count, and the latest is the last") {
  const History asked;
  asked.list(row("n2", 0) + row("n1", 0));
  for (const char* const id : {"n1", "n2"}) asked.label(id, "shop", "web");
  CHECK(describe(find_new_builds(asked.history, {{.name = "web"}}, "shop", {})) ==
        "web 8 0\nweb 8 0\n");
  const auto last = find_last_builds(asked.history, {{.name = "web"}}, "shop");
  REQUIRE(last.builds.size() == 1);
  CHECK(last.builds[0].record.id == "n2");
}

TEST_CASE("builds that are not Compose's are known by their files") {
  const cac::test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path / "web");
  const std::string web = (directory.path / "web").string();
  const Build build{
      .name = "web:1", .context = web + "/.", .dockerfile = "files/Web", .stage = "final"};
  struct {
    std::string origin;
    bool is_its;
  } const rows[] = {
      {R"({"Context":")" + web + R"(","Dockerfile":"../files/Web","Target":"final"})", true},
      {R"({"Context":")" + web + R"(","Dockerfile":"Web"})", false},
      {R"({"Context":")" + web + R"(","Dockerfile":"Other","Target":"final"})", false},
      {R"({"Context":"/usr","Dockerfile":"Web","Target":"final"})", false},
      {R"({"Dockerfile":"Web","Target":"final"})", false}};  // another user's
  for (const auto& one : rows) {
    CAPTURE(one.origin);
    const History asked;
    asked.list(row("n1", 0));
    asked.inspect("n1", one.origin);
    CHECK(find_new_builds(asked.history, {build}, "", {}).builds.size() == (one.is_its ? 1 : 0));
  }
  const History asked;
  asked.list(row("n2", 0) + row("n1", 0));
  asked.inspect("n1", R"({"Context":"-","Dockerfile":"Dockerfile"})");
  asked.inspect("n2", R"({"Context":"https://example.com/a.git","Dockerfile":"Dockerfile"})");
  CHECK(describe(find_new_builds(
            asked.history,
            {{.name = "a", .context = "-", .dockerfile = "Dockerfile"},
             {.name = "b", .context = "https://example.com/a.git", .dockerfile = "Dockerfile"}},
            "", {})) == "a 8 0\nb 8 0\n");
}
