// Docker contexts: how the program says which engine it uses, and why it uses none. What docker
// itself would use is compared in tests/engines.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/sha256.hpp"
#include "session.hpp"

using cac::test::Containing;
using cac::test::Invocation;
using cac::test::Result;
using cac::test::Session;
using cac::test::Texts;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

// docker's directory with the fake engine as the context "fake"; no variable says where it is.
struct ContextSession : Session {
  ContextSession() : root(fs::temp_directory_path() / ("contexts." + std::to_string(getpid()))) {
    fs::remove_all(root);
    add("fake", R"({"docker":{"Host":")" + fake.url() + R"("}})");
  }
  ~ContextSession() { fs::remove_all(root); }
  ContextSession(const ContextSession&) = delete;
  ContextSession& operator=(const ContextSession&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  }
  void add(const std::string& name, const std::string& endpoints) const {
    write("contexts/meta/" + cac::sha256_hex(name) + "/meta.json",
          R"({"Name":")" + name + R"(","Endpoints":)" + endpoints + "}");
  }
  Invocation make(Texts arguments) const {
    return {.arguments = std::move(arguments), .environment = {{"DOCKER_CONFIG", root.string()}}};
  }
  Result run(Texts arguments) const { return cac::test::run(make(std::move(arguments))); }

  fs::path root;
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
  session.add("kubernetes", R"({"kubernetes":{"Host":"https://x:1"}})");
  session.add("pipe", R"({"docker":{"Host":"npipe:////./pipe/docker_engine"}})");
  session.write("contexts/meta/cut-off/meta.json", "{");
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
      {{"-c", "gone"}, "", "", "there is no context 'gone', only: default, fake, kubernetes, pipe"},
      {{"-c", "gone"}, "", "", "cut-off/meta.json: it is not JSON, or it is cut off"},
      {{}, "DOCKER_CONTEXT", "gone", "there is no context 'gone'"},
      {{"-c", "../fake"}, "", "", "'../fake' cannot be a context's name"},
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
