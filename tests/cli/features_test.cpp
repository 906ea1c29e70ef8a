// Waiting, backups, artifacts, pruning within limits, GitHub, and a run that is killed.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "session.hpp"
#include "temporary_directory.hpp"

namespace fs = std::filesystem;
using cac::test::Containing;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::FakeScene;
using cac::test::Invocation;
using cac::test::joined;
using cac::test::Program;
using cac::test::Result;
using cac::test::Session;
using cac::test::TemporaryDirectory;
using cac::test::Texts;
using Json = nlohmann::json;

namespace {

// The application's directory with two artifacts of each service.
struct AppDirectory {
  AppDirectory() {
    for (const char* const artifact :
         {"frontend/.next", "frontend/out", "backend/staticfiles", "backend/src/__pycache__"}) {
      fs::create_directories(directory.path / artifact);
      std::ofstream(directory.path / artifact / "file") << "12345";
    }
    std::ofstream(directory.path / "backend/src/main.py") << "kept";
  }
  std::string app_dir() const { return directory.path; }
  TemporaryDirectory directory;
};
// The directory comes first: what the fake engine's thread does to it ends before it goes.
struct AppSession : AppDirectory, Session {};

std::size_t writes(const Session& session) {
  std::size_t count = 0;
  for (const std::string& request : session.fake.requests()) count += !request.starts_with("GET ");
  return count;
}

void hold_a_record(FakeScene& scene, bool in_use) {
  scene.records.push_back({.id = "late", .description = "RUN make late", .in_use = in_use});
}

}  // namespace

TEST_CASE("a build that starts after the waiting is caught by the verification") {
  Session session;
  session.fake.before("POST /build/prune", [](FakeScene& scene) {
    for (const auto& record : scene.records) {
      if (record.id == "late") return;
    }
    hold_a_record(scene, true);
  });
  const Result result = session.run({"--wait"});
  CHECK(result.status == 3);
  CHECK(result.out == Containing{"RUN make late"});
  CHECK(result.out == Containing{"held by a running build"});
}

TEST_CASE("waiting polls until no record is in use, and only then writes") {
  Session session;
  FakeScene scene = session.fake.scene();
  hold_a_record(scene, true);
  session.fake.set_scene(scene);
  int polls = 0;
  session.fake.before("GET /system/df", [&polls](FakeScene& now) {
    if (++polls == 3) now.records.back().in_use = false;
  });
  const Result result = session.run({"--wait"});
  CHECK(result.status == 0);
  std::size_t reads = 0;
  for (const std::string& request : session.fake.requests()) {
    if (!request.starts_with("GET ")) break;
    reads += request.find("/system/df") != std::string::npos ? 1 : 0;
  }
  CHECK(reads >= 3);
}

TEST_CASE("on a terminal waiting shows for how long, and leaves nothing behind") {
  Session session;
  FakeScene scene = session.fake.scene();
  hold_a_record(scene, true);
  session.fake.set_scene(scene);
  Invocation invocation = session.invocation({"--wait", "--timeout", "3s"});
  invocation.err = cac::test::Device::terminal;
  invocation.environment["TERM"] = "xterm";
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 1);
  CHECK(result.err == Containing{"waiting for the running builds to end (2 s)"});
  const auto erased = result.err.rfind("\r\x1b[K");
  REQUIRE(erased != std::string::npos);
  CHECK(result.err.find("waiting for the running builds to end (", erased) == std::string::npos);
  CHECK(writes(session) == 0);
}

TEST_CASE("the backup is tagged by the planned ID before the name is removed") {
  Session session;
  const Result result = session.run({"--keep-as", "old", "backend"});
  CHECK(result.status == 0);
  const std::string requests = joined(session.fake.requests());
  const auto tagging = requests.find("/tag?repo=watchparty-backend&tag=old");
  const auto removal = requests.find("DELETE ");
  REQUIRE(tagging != std::string::npos);
  CHECK(requests.find("POST /v1.51/images/sha256:") != std::string::npos);
  CHECK(tagging < removal);
}

TEST_CASE("a backup's name that another client has taken meanwhile stays that client's") {
  Session session;
  session.fake.reply("GET /images/watchparty-backend:old/json",
                     {{{.body = R"({"Id":")" + cac::test::image_id('f') + R"("})"}}});
  const Result result = session.run({"--keep-as", "old", "backend"});
  CHECK(result.status == 1);
  CHECK(joined(session.fake.requests()).find("/tag?") == std::string::npos);
  CHECK(joined(session.fake.requests()).find("DELETE ") == std::string::npos);
  CHECK(result.out == Containing{"still tagged"});
  CHECK(result.err == Containing{"watchparty-backend:old now refers to another image"});
}

TEST_CASE("an image that did not get its backup keeps its name") {
  Session session;
  session.fake.reply("POST /images/",
                     {{{.status = 500, .body = R"({"message":"no space left on device"})"}}});
  const Result result = session.run({"--keep-as", "old", "backend"});
  CHECK(result.status == 1);
  CHECK(joined(session.fake.requests()).find("DELETE ") == std::string::npos);
  CHECK(result.out == Containing{"still tagged"});
  CHECK(result.err == Containing{"no space left on device"});
}

TEST_CASE("artifacts go first, are verified, and only the target's") {
  const AppSession session;
  const Result result = session.run({"--app-dir", session.app_dir(), "--json", "frontend"});
  CHECK(result.status == 0);
  const Json report = Json::parse(result.out);
  CHECK(report["actions"][0]["action"] == "remove-artifact");
  CHECK(report["actions"][0]["planned_bytes"] == 5);
  CHECK_FALSE(fs::exists(session.directory.path / "frontend/.next"));
  CHECK_FALSE(fs::exists(session.directory.path / "frontend/out"));
  CHECK(fs::exists(session.directory.path / "backend/staticfiles"));
}

TEST_CASE("a dry run lists the artifacts and leaves them") {
  const AppSession session;
  const Result result = session.run({"--app-dir", session.app_dir(), "--dry-run"});
  CHECK(result.status == 0);
  for (const char* const artifact :
       {"frontend/.next", "frontend/out", "backend/staticfiles", "backend/src/__pycache__"}) {
    CHECK(result.out == Containing{artifact});
    CHECK(fs::exists(session.directory.path / artifact));
  }
}

TEST_CASE(
    "a directory that cannot be read is reported, keeps the run from its verdict, and stops "
    "nothing") {
  AppSession session;
  const fs::path data = session.directory.path / "backend/data";
  fs::create_directories(data);
  for (const auto& entry : fs::recursive_directory_iterator(session.directory.path)) {
    fs::permissions(entry.path(), fs::perms::all);
  }
  fs::permissions(session.directory.path, fs::perms::all);
  fs::permissions(data, fs::perms::none);
  const fs::path socket = session.fake.url().substr(std::string("unix://").size());
  fs::permissions(socket.parent_path(), fs::perms(0755));
  fs::permissions(socket, fs::perms::all);
  Invocation invocation = session.invocation({"--app-dir", session.app_dir()});
  invocation.as_nobody = true;
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 1);
  CHECK(result.err == Containing{"backend/data: Permission denied"});
  CHECK_FALSE(fs::exists(session.directory.path / "backend/staticfiles"));
  CHECK_FALSE(fs::exists(session.directory.path / "frontend/.next"));
  CHECK(session.fake.scene().records.empty());
}

TEST_CASE("an artifact that came back during the run is residue") {
  AppSession session;
  session.fake.before("POST /build/prune", [&](FakeScene&) {
    fs::create_directories(session.directory.path / "frontend/.next");
  });
  const Result result = session.run({"--app-dir", session.app_dir(), "--json"});
  CHECK(result.status == 3);
  CHECK(Json::parse(result.out)["residue"][0]["kind"] == "artifact");
}

TEST_CASE("a directory that must not be cleared is a usage error, and nothing is asked") {
  const Session session;
  CHECK(session.run({"--app-dir", "/"}).status == 2);
  CHECK(session.run({"--app-dir", ""}).status == 2);
  CHECK(session.fake.requests().empty());
}

TEST_CASE("killed after each request, the next run ends clean") {
  std::size_t requests = 0;
  {
    const AppSession session;
    REQUIRE(session.run({"--app-dir", session.app_dir()}).status == 0);
    requests = session.fake.requests().size();
  }
  for (std::size_t last = 1; last < requests; ++last) {
    CAPTURE(last);
    AppSession session;
    // The next request is not answered in time: all that was answered is done, and nothing more.
    FakeEngine::Replies replies(last);
    replies.push_back(FakeReply{.fault = FakeReply::Fault::late});
    session.fake.reply("", replies);
    {
      Program program(session.invocation({"--app-dir", session.app_dir()}));
      session.fake.wait_for_requests(last + 1);
      program.send(SIGKILL);
      CHECK(program.wait().status == 128 + SIGKILL);
    }
    session.fake.answer_now();
    session.fake.reply("", {});
    CHECK(session.run({"--app-dir", session.app_dir()}).status == 0);
  }
}

TEST_CASE("whichever directories a killed run had removed, the next run ends clean") {
  // The directories are removed in the order of the plan, before the first write to the engine.
  for (const std::size_t removed : {1U, 2U, 3U, 4U}) {
    CAPTURE(removed);
    const AppSession session;
    const Texts order{"backend/src/__pycache__", "backend/staticfiles", "frontend/.next",
                      "frontend/out"};
    for (std::size_t i = 0; i < removed; ++i) fs::remove_all(session.directory.path / order[i]);
    CHECK(session.run({"--app-dir", session.app_dir()}).status == 0);
    for (const std::string& artifact : order)
      CHECK_FALSE(fs::exists(session.directory.path / artifact));
    CHECK(session.fake.scene().records.empty());
  }
}

TEST_CASE("on GitHub the log gets commands, and the files get the summary and the outputs") {
  const Session session;
  const TemporaryDirectory directory;
  Invocation invocation = session.invocation({"backend"});
  invocation.environment["GITHUB_ACTIONS"] = "true";
  invocation.environment["GITHUB_OUTPUT"] = directory.path / "output";
  invocation.environment["GITHUB_STEP_SUMMARY"] = directory.path / "summary";
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 0);
  CHECK(result.err == Containing{"::group::"});
  CHECK(result.err == Containing{"::notice title=clear-app-cache%3A clean::"});
  CHECK(result.out.find("::") == std::string::npos);
  CHECK(directory.text_of("output") == Containing{"verdict=clean\n"});
  CHECK(directory.text_of("output") == Containing{"removed-images=watchparty-backend:latest\n"});
  CHECK(directory.text_of("summary") == Containing{"### clear-app-cache: clean\n"});

  // What later steps wait for must not get lost in silence.
  invocation.environment["GITHUB_OUTPUT"] = directory.path / "nowhere/output";
  const Result unwritten = cac::test::run(invocation);
  CHECK(unwritten.status == 1);
  CHECK(unwritten.err == Containing{"GITHUB_OUTPUT"});
}

TEST_CASE("on GitHub the summary of a run that fails in the end does not say that it is clean") {
  const Session session;
  for (const bool full : {true, false}) {
    CAPTURE(full);
    const TemporaryDirectory directory;
    Invocation invocation = session.invocation({"backend"});
    invocation.environment["GITHUB_ACTIONS"] = "true";
    invocation.environment["GITHUB_OUTPUT"] = directory.path / (full ? "output" : "nowhere/output");
    invocation.environment["GITHUB_STEP_SUMMARY"] = directory.path / "summary";
    if (full) invocation.out = cac::test::Device::full;
    const Result result = cac::test::run(invocation);
    CHECK(result.status == 1);
    CHECK(result.err == Containing{"could not be written"});
    CHECK(directory.text_of("summary") == Containing{"### clear-app-cache: failed\n"});
    CHECK(directory.text_of("summary") == Containing{"could not be written"});
  }
}

TEST_CASE("on GitHub a summary that cannot be written is reported as well") {
  const Session session;
  Invocation invocation = session.invocation({"--json", "backend"});
  invocation.environment["GITHUB_ACTIONS"] = "true";
  invocation.environment["GITHUB_STEP_SUMMARY"] = "/nowhere/summary";
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 1);
  CHECK(result.err == Containing{"GITHUB_STEP_SUMMARY"});
  const Json report = Json::parse(result.out);
  CHECK(report["exit_status"] == 1);
  CHECK(report["error"]["message"].get<std::string>() == Containing{"GITHUB_STEP_SUMMARY"});
  // The disk is full: known only when the summary is written, after all else.
  invocation.environment["GITHUB_STEP_SUMMARY"] = "/dev/full";
  const Result late = cac::test::run(invocation);
  CHECK(late.status == 1);
  CHECK(late.err == Containing{"GITHUB_STEP_SUMMARY (/dev/full) could not be written"});
  CHECK(cac::test::count_of("\n", late.out) == 1);
}

TEST_CASE("pruning within limits sends age before size and touches nothing else") {
  Session session;
  session.fake.reply("POST /build/prune",
                     {{{.body = R"({"CachesDeleted":null,"SpaceReclaimed":0})"}}});
  const Result result =
      session.run({"--prune-only", "--older-than", "7d", "--keep-storage", "5GB", "--quiet"});
  CHECK(result.status == 0);
  CHECK((result.out + result.err).empty());
  CHECK(joined(session.fake.requests()) ==
        "GET /_ping\n"
        "GET /v1.51/system/df?type=build-cache\n"
        "GET /v1.51/containers/json?all=1\n"
        "GET /v1.51/volumes?filters=%7B%22name%22%3A%5B%22buildx_buildkit_%22%5D%7D\n"
        "POST /v1.51/build/prune?all=1&filters=%7B%22until%22%3A%5B%22604800s%22%5D%7D\n"
        "POST /v1.51/build/prune?all=1&reserved-space=5000000000\n"
        "GET /v1.51/system/df?type=build-cache\n"
        "GET /v1.51/system/df?type=build-cache\n");
}

TEST_CASE("a failing prune is also reported with --quiet, and is exit 1") {
  Session session;
  session.fake.reply("POST /build/prune", {{{.status = 500, .body = R"({"message":"on fire"})"}}});
  const Result result = session.run({"--prune-only", "--quiet"});
  CHECK(result.status == 1);
  CHECK(result.err == Containing{"on fire"});
}

TEST_CASE("what does not go together is a usage error that says why") {
  struct {
    Texts arguments;
    std::string words;
  } const rows[] = {
      {{"--prune-only", "backend"}, "--prune-only and TARGET cannot be combined"},
      {{"--prune-only", "--verify-only"}, "--verify-only and --prune-only cannot be combined"},
      {{"--prune-only", "--keep-as", "x"}, "--prune-only and --keep-as cannot be combined"},
      {{"--prune-only", "--app-dir", "/x"}, "--prune-only and --app-dir cannot be combined"},
      {{"--older-than", "7d"}, "--older-than requires --prune-only: clearing within limits"},
      {{"--keep-storage", "5GB"}, "--keep-storage requires --prune-only: clearing within limits"},
      {{"--min-free-space", "5GB"}, "--min-free-space requires --prune-only"},
      {{"--prune-only", "--min-free-space", "a lot"}, "not a valid size"},
      {{"--prune-only", "--older-than", "week"}, "not a valid duration"},
      {{"--prune-only", "--keep-storage", "5"}, "not a valid size"},
      {{"--prune-only", "--keep-storage", "0GB"}, "not a valid size"},
      {{"--verify-only", "--keep-as", "x"}, "--verify-only and --keep-as cannot be combined"},
      {{"--keep-as", "latest"}, "--keep-as latest is not allowed"},
      {{"--keep-as", "a/b"}, "not a valid tag"},
  };
  for (const auto& row : rows) {
    CAPTURE(joined(row.arguments));
    const Session session;
    const Result result = session.run(row.arguments);
    CHECK(result.status == 2);
    CHECK(result.err == Containing{row.words});
    CHECK(session.fake.requests().empty());
  }
}
