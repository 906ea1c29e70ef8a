// What ends a run before its work is done: signals, and the timeout in the middle of a prune.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "session.hpp"

using cac::test::check_golden;
using cac::test::Containing;
using cac::test::Device;
using cac::test::FakeReply;
using cac::test::FakeScene;
using cac::test::Invocation;
using cac::test::Program;
using cac::test::Result;
using cac::test::Session;
using cac::test::Texts;
using Fault = cac::test::FakeReply::Fault;
using Json = nlohmann::json;

namespace {

// A run that hangs in the prune of the build cache, after the images were removed.
struct HangingPrune : Session {
  HangingPrune() {
    fake.reply("POST /build/prune",
               {{{.body = R"({"CachesDeleted":null,"SpaceReclaimed":0})", .fault = Fault::late}}});
  }

  Result end_with(int signal, const Invocation& invocation) const {
    Program program(invocation);
    fake.wait_for_request("POST /build/prune");
    program.send(signal);
    return program.wait();
  }

  // The run has ended. An engine that was hung up on would cancel the prune.
  void check_that_the_prune_is_finished(std::size_t connections = 1) {
    fake.answer_now();
    fake.wait_for_hang_up(connections);
    CHECK(fake.late_answers() == 1);
  }
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The processes that have this DOCKER_HOST.
std::vector<pid_t> processes_of(const std::string& url) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (contents(entry.path() / "environ").find("DOCKER_HOST=" + url) == std::string::npos)
      continue;
    found.push_back(std::stoi(name));
  }
  return found;
}

// A run whose report is longer than a pipe of one page.
struct LongReport : Session {
  LongReport() {
    FakeScene scene;
    for (int i = 0; i < 200; ++i) {
      const std::string name = "watchparty-s" + std::to_string(i) + ":latest";
      scene.images.push_back({.id = "sha256:" + std::to_string(i), .tags = {name}});
    }
    fake.set_scene(scene);
  }

  Invocation into(Device out, Device err, Texts arguments) const {
    Invocation made = invocation(std::move(arguments));
    made.out = out;
    made.err = err;
    return made;
  }
};

struct {
  int number;
  std::string name;
} const signals[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

}  // namespace

TEST_CASE("a signal ends the run with 128 and its number, and what was done is reported") {
  for (const auto& signal : signals) {
    CAPTURE(signal.name);
    const HangingPrune session;
    const Result result = session.end_with(signal.number, session.invocation({"backend"}));
    CHECK(result.status == 128 + signal.number);
    CHECK(result.out == Containing{"untagged"});
    CHECK(result.out == Containing{"watchparty-backend:latest"});
    CHECK(result.out == Containing{"interrupted"});
    CHECK(result.out.find("clean") == std::string::npos);
    CHECK(result.err == Containing{"interrupted by " + signal.name});
    CHECK(result.err == Containing{"Run again"});
  }
}

TEST_CASE("a run that was ended by a signal is printed like this") {
  const HangingPrune session;
  const Invocation invocation = session.invocation({});
  const Result result = session.end_with(SIGINT, invocation);
  check_golden("signal", cac::test::transcript(invocation, result, session.fake.url()));
}

TEST_CASE("a signal leaves one line of valid JSON") {
  for (const auto& signal : signals) {
    CAPTURE(signal.name);
    const HangingPrune session;
    const Result result = session.end_with(signal.number, session.invocation({"--json", "all"}));
    CHECK(result.status == 128 + signal.number);
    CHECK(cac::test::count_of("\n", result.out) == 1);
    const Json report = Json::parse(result.out);
    CHECK(report["exit_status"] == 128 + signal.number);
    CHECK(report["error"]["kind"] == "interrupted");
    CHECK(report["verdict"] == "unknown");
    const Json& actions = report["actions"];
    CHECK(actions[0]["status"] == "done");
    CHECK(actions.back()["action"] == "prune-build-cache");
    CHECK(actions.back()["status"] == "cancelled");
  }
}

TEST_CASE("a prune that the engine has begun is finished, however the run ends") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
    CAPTURE(signal);
    HangingPrune session;
    CHECK(session.end_with(signal, session.invocation({"backend"})).status == 128 + signal);
    session.check_that_the_prune_is_finished();
  }
}

TEST_CASE("a prune is finished although all that is left of the run gets signals, as by systemd") {
  HangingPrune session;
  CHECK(session.end_with(SIGTERM, session.invocation({"backend"})).status == 128 + SIGTERM);
  const auto left = processes_of(session.fake.url());
  CHECK(left.size() == 1);
  for (const pid_t process : left) {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) CHECK(kill(process, signal) == 0);
  }
  session.check_that_the_prune_is_finished();
}

TEST_CASE("a prune is finished although the connection before it was closed") {
  struct {
    std::string how;
    std::string request;
    FakeReply reply;
  } const rows[] = {
      {"as the engine said",
       "DELETE /images/watchparty-backend",
       {.headers = {{"Connection", "close"}}, .by_scene = true}},
      {"without a word",
       "DELETE /images/watchparty-backend",
       {.fault = Fault::close_after, .by_scene = true}},
      {"in the middle of an answer",
       "DELETE /images/watchparty-backend",
       {.by_scene = true, .cut_at = 40}},
      {"before any answer", "GET /images/json", {.fault = Fault::hang_up}},
  };
  for (const auto& row : rows) {
    for (const int signal : {SIGTERM, SIGKILL}) {
      CAPTURE(row.how);
      CAPTURE(signal);
      HangingPrune session;
      session.fake.reply(row.request, {row.reply, std::nullopt});
      CHECK(session.end_with(signal, session.invocation({"backend"})).status == 128 + signal);
      const std::size_t connections = session.fake.connections();
      CHECK(connections >= 2);
      session.check_that_the_prune_is_finished(connections);
    }
  }
}

TEST_CASE("what a signal kept from being done is also reported") {
  Session session;
  session.fake.reply("DELETE /images/watchparty-backend", {{{.fault = Fault::no_answer}}});
  Program program(session.invocation({"--json", "all"}));
  session.fake.wait_for_request("DELETE /images/watchparty-backend");
  program.send(SIGTERM);
  const Result result = program.wait();
  CHECK(result.status == 143);
  const Json actions = Json::parse(result.out)["actions"];
  REQUIRE(actions.size() >= 3);
  CHECK(actions[0]["status"] == "cancelled");
  for (std::size_t i = 1; i < actions.size(); ++i) CHECK(actions[i]["status"] == "not-reached");
  CHECK(session.fake.scene().records.size() == 5);
}

TEST_CASE("a signal before the plan ends with its status, and nothing but GETs was sent") {
  Session session;
  session.fake.reply("GET /_ping", {{{.fault = Fault::no_answer}}});
  Program program(session.invocation({}));
  session.fake.wait_for_request("GET /_ping");
  program.send(SIGTERM);
  const Result result = program.wait();
  CHECK(result.status == 143);
  CHECK(result.out.empty());
  CHECK(result.err == Containing{"interrupted by SIGTERM"});
  CHECK(session.sent_only_gets());
}

TEST_CASE("a signal that was ignored at the start, as under nohup, stays ignored") {
  Session session;
  std::optional<Program> program;
  std::promise<void> started;
  // While the program waits for the answer.
  session.fake.before("POST /build/prune", [&](auto&) {
    started.get_future().wait();
    program->send(SIGHUP);
  });
  Invocation invocation = session.invocation({"backend"});
  invocation.ignored_signal = SIGHUP;
  program.emplace(invocation);
  started.set_value();
  CHECK(program->wait().status == 0);
  CHECK(session.fake.scene().records.empty());
}

TEST_CASE("the next run finishes what a signal left") {
  const HangingPrune session;
  CHECK(session.end_with(SIGINT, session.invocation({})).status == 130);
  const cac::test::FakeScene left = session.fake.scene();
  Session next;
  next.fake.set_scene(left);
  CHECK(left.records.size() == 5);
  CHECK(next.run({}).status == 0);
  CHECK(next.fake.scene().records.empty());
}

TEST_CASE("the timeout in the middle of a prune is a failure, and what was done is reported") {
  HangingPrune session;
  CHECK(session.run_as_golden("timeout-in-prune", {"--timeout", "3s", "backend"}).status == 1);
  session.check_that_the_prune_is_finished();
}

TEST_CASE("a signal also ends verify-only and a dry run") {
  for (const std::string& mode : Texts{"--verify-only", "--dry-run"}) {
    CAPTURE(mode);
    Session session;
    session.fake.reply("GET /images/json", {{{.fault = Fault::no_answer}}});
    Program program(session.invocation({mode, "--json"}));
    session.fake.wait_for_request("GET /images/json");
    program.send(SIGINT);
    const Result result = program.wait();
    CHECK(result.status == 130);
    CHECK(Json::parse(result.out)["verdict"] == "unknown");
  }
}

TEST_CASE("a signal ends a run whose report nobody reads, at the first one") {
  for (const auto& signal : signals) {
    for (const std::string& form : Texts{"--json", "--color=never"}) {
      CAPTURE(signal.name);
      CAPTURE(form);
      const LongReport session;
      Program program(session.into(Device::unread, Device::pipe, {"--dry-run", form}));
      program.wait_until_full();
      program.send(signal.number);
      const Result result = program.wait();
      CHECK(result.status == 128 + signal.number);
      CHECK(result.err == Containing{"standard output could not be written: nobody read it"});
    }
  }
}

TEST_CASE("a signal ends a run whose log of requests nobody reads, and the report is printed") {
  for (const auto& signal : signals) {
    CAPTURE(signal.name);
    const Session session;
    Invocation invocation = session.invocation({"--verbose", "--json"});
    invocation.err = Device::stalled;
    Program program(invocation);
    session.fake.wait_for_request("GET /_ping");
    program.send(signal.number);
    const Result result = program.wait();
    CHECK(result.status == 128 + signal.number);
    CHECK(Json::parse(result.out)["error"]["kind"] == "interrupted");
    CHECK(session.sent_only_gets());
  }
}

TEST_CASE("a signal during the run ends it also where nobody reads what it says of that") {
  HangingPrune session;
  Invocation invocation = session.invocation({"backend"});
  invocation.out = Device::stalled;
  invocation.err = Device::stalled;
  CHECK(session.end_with(SIGTERM, invocation).status == 143);
  session.check_that_the_prune_is_finished();
}

TEST_CASE("the timeout also limits the writing: to standard output, and of the log of requests") {
  const Session session;
  Invocation invocation = session.invocation({"--timeout", "1s", "--dry-run"});
  invocation.out = Device::stalled;
  const Result unwritten = cac::test::run(invocation);
  CHECK(unwritten.status == 1);
  CHECK(unwritten.err ==
        Containing{"standard output could not be written: nobody read it in time"});

  invocation = session.invocation({"--timeout", "1s", "--verbose", "--json"});
  invocation.err = Device::stalled;
  const Result stalled = cac::test::run(invocation);
  CHECK(stalled.status == 1);
  CHECK(Json::parse(stalled.out)["error"]["kind"] == "timeout");
  CHECK(session.sent_only_gets());
}
