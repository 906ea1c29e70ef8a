// Docker contexts: how the program says which engine it uses, and why it uses none. What docker
// itself would use is compared in tests/engines.
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "docker_standin.hpp"
#include "session.hpp"

using cac::test::Containing;
using cac::test::Invocation;
using cac::test::Result;
using cac::test::Session;
using cac::test::Texts;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

// A docker that knows the fake engine as the context "fake"; no variable says where it is.
struct ContextSession : Session {
  ContextSession() { docker.add_address("fake", fake.url()); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  }
  Invocation make(Texts arguments) const {
    return {.arguments = std::move(arguments),
            .environment = {{"DOCKER_CONFIG", root.string()}, {"PATH", docker.path()}}};
  }
  Result run(Texts arguments) const { return cac::test::run(make(std::move(arguments))); }

  cac::test::DockerStandIn docker;
  cac::test::TemporaryDirectory directory;
  fs::path root = directory.path;
};

}  // namespace

TEST_CASE("the heading and the JSON name the context and the address") {
  const ContextSession session;
  const std::string url = session.fake.url();
  const Result said = session.run({"-c", "fake", "--dry-run"});
  CHECK(said.status == 0);
  CHECK(said.out == Containing{", context fake, " + url + ")\n"});
  const Json engine = Json::parse(session.run({"-c", "fake", "--dry-run", "--json"}).out)["engine"];
  CHECK(engine["context"] == "fake");
  CHECK(engine["address"] == url);
}

TEST_CASE("without a context only the address is named") {
  const ContextSession session;
  const std::string url = session.fake.url();
  const Result said = session.run({"--host", url, "--dry-run"});
  CHECK(said.status == 0);
  CHECK(said.out.find("context") == std::string::npos);
  const Json report = Json::parse(session.run({"--host", url, "--dry-run", "--json"}).out);
  CHECK(report["engine"]["context"].is_null());
}

TEST_CASE("the current context and DOCKER_CONTEXT are followed") {
  const ContextSession session;
  session.write("config.json", R"({"currentContext":"fake"})");
  CHECK(session.run({"--dry-run"}).out == Containing{"context fake"});
  session.write("config.json", R"({"currentContext":"gone"})");
  Invocation made = session.make({"--dry-run"});
  made.environment["DOCKER_CONTEXT"] = "fake";
  CHECK(cac::test::run(made).out == Containing{"context fake"});
}

TEST_CASE("an engine that cannot be selected is one sentence and exit 2, and nothing is asked") {
  ContextSession session;
  session.docker.add_context("kubernetes", R"({"kubernetes":{"Host":"https://x:1"}})");
  session.docker.add_address("pipe", "npipe:////./pipe/docker_engine");
  session.docker.answer("--context cut-off context inspect", "[{");
  session.write("broken/config.json", "{");
  const std::string url = session.fake.url();
  const std::string broken = (session.root / "broken").string();
  struct {
    Texts arguments;
    std::string name;
    std::string value;
    std::string says;
  } const rows[] = {
      {{"-c", "fake", "-H", url}, "", "", "--host and --context cannot be combined"},
      {{"-H", url, "-H", url}, "", "", "--host may be given only once"},
      {{"-c", "gone"}, "", "", "docker: nobody has told it about --context gone context inspect"},
      {{}, "DOCKER_CONTEXT", "gone", "docker: nobody has told it about --context gone"},
      {{"-c", "\x1b[31m"}, "", "", "docker: nobody has told it about --context "},
      {{"-c", "cut-off"}, "", "", "context 'cut-off': it is not JSON, or it is cut off"},
      {{"-c", "fake"}, "PATH", "/nowhere", "docker cannot be run: No such file or directory"},
      {{"-c", "kubernetes"}, "", "", "the context 'kubernetes' has no docker endpoint"},
      {{"-c", "pipe"}, "", "", "named pipes are Windows's; use unix:///path/to/docker.sock"},
      {{"-H", "fd://"}, "", "", "only an engine itself can listen on a descriptor; use unix://"},
      {{}, "DOCKER_CONFIG", broken, "config.json: it is not JSON, or it is cut off"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.says);
    Invocation made = session.make(row.arguments);
    if (!row.name.empty()) made.environment[row.name] = row.value;
    const Result said = cac::test::run(made);
    CHECK(said.status == 2);
    CHECK(said.out.empty());
    CHECK(said.err.starts_with("clear-app-cache: error: "));
    CHECK(said.err.find('\x1b') == std::string::npos);
    CHECK(said.err == Containing{row.says});
    made.arguments.emplace_back("--json");
    const Json report = Json::parse(cac::test::run(made).out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(report["exit_status"] == 2);
    CHECK(report["error"]["kind"] == "usage");
    CHECK(report["error"]["message"].get<std::string>() == Containing{row.says});
    CHECK(report["engine"].is_null());
    CHECK(report["actions"].empty());
    CHECK(session.fake.connections() == 0);
  }
}

TEST_CASE(
    "a docker that does not answer is ended by the timeout, and nothing is asked of an engine") {
  ContextSession session;
  session.docker.run("exec sleep 600");
  for (const std::string choice : {"DOCKER_CONTEXT", "BUILDX_BUILDER"}) {
    CAPTURE(choice);
    Invocation made = session.make({"--timeout", "1s"});
    made.environment[choice] = "x1";
    if (choice == "BUILDX_BUILDER") made.environment["DOCKER_HOST"] = session.fake.url();
    const Result said = cac::test::run(made);
    CHECK(said.status == 1);
    CHECK(said.err == Containing{"the timeout of 1 s ran out while asking docker"});
    CHECK(session.fake.connections() == 0);
  }
}

TEST_CASE("a plain run starts no process, and one with builders asks for theirs") {
  ContextSession session;
  Invocation made = session.make({"--verify-only", "--json"});
  made.environment["DOCKER_HOST"] = session.fake.url();
  cac::test::run(made);
  CHECK(session.docker.calls().empty());
  session.write("buildx/instances/held", "");
  const Json unknown = Json::parse(cac::test::run(made).out);
  CHECK(unknown["exit_status"] == 3);
  CHECK(unknown["residue"].back()["object"] == "buildx");
  CHECK(unknown["residue"].back()["reason"] == "builder-unknown");
  CHECK(unknown["residue"].back()["explanation"] ==
        "it is not known which builder builds go to: docker: nobody has told it about buildx "
        "inspect");
  session.docker.answer("buildx inspect",
                        "Name: held\nDriver: remote\n\nNodes:\nName: held0\nEndpoint: tcp://x:1\n");
  const Json remote = Json::parse(cac::test::run(made).out);
  CHECK(remote["residue"].back()["object"] == "held");
  CHECK(remote["residue"].back()["explanation"] ==
        "builds go to this buildx builder, which has a cache of its own: its driver is remote");
}
