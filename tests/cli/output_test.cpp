// How much is said, where, and in which form.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "session.hpp"
#include "version.hpp"

using cac::test::check_golden;
using cac::test::Containing;
using cac::test::Device;
using cac::test::FakeScene;
using cac::test::Invocation;
using cac::test::normalized;
using cac::test::Result;
using cac::test::Session;
using cac::test::spread_out;
using cac::test::Texts;
using Json = nlohmann::json;

namespace {

constexpr const char* escape = "\x1b[";

}  // namespace

TEST_CASE("quiet prints nothing when there is nothing to warn of") {
  for (const Texts& words : {Texts{"--quiet"}, {"-q", "--dry-run"}, {"-q", "backend"}}) {
    Session session;
    const Result result = session.run(words);
    CHECK(result.status == 0);
    CHECK(result.out.empty());
    CHECK(result.err.empty());
  }
}

TEST_CASE("quiet prints that an action failed although the verdict is clean") {
  Session session;
  session.fake.reply("DELETE /images/sha256:", {{{.status = 500, .body = R"({"message":"no"})"}}});
  const Result result = session.run({"-q"});
  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(result.err == Containing{"warning: DELETE /images/sha256:"});
}

TEST_CASE("quiet prints on failure all that is printed without it") {
  const auto prepare = [](Session& session) {
    FakeScene scene = cac::test::sample_scene();
    scene.records[0].in_use = true;
    session.fake.set_scene(scene);
    session.fake.reply("DELETE /images/sha256:",
                       {{{.status = 500, .body = R"({"message":"no"})"}}});
  };
  Session quiet;
  Session loud;
  prepare(quiet);
  prepare(loud);
  const Result short_of_words = quiet.run({"-q"});
  const Result with_words = loud.run({});
  CHECK(short_of_words.status == with_words.status);
  CHECK(short_of_words.status != 0);
  CHECK(normalized(short_of_words.out, quiet.fake.url()) ==
        normalized(with_words.out, loud.fake.url()));
  CHECK(short_of_words.err == with_words.err);
  CHECK_FALSE(short_of_words.out.empty());
  CHECK_FALSE(short_of_words.err.empty());
}

TEST_CASE("quiet does not silence JSON") {
  Session session;
  const Result result = session.run({"-q", "--json"});
  CHECK(result.status == 0);
  CHECK(Json::parse(result.out)["verdict"] == "clean");
  CHECK(result.err.empty());
}

TEST_CASE("verbose prints a line per request on standard error") {
  Session session;
  const Result result = session.run_as_golden("verbose", {"--verbose", "backend"});
  const auto requests = session.fake.requests();
  CHECK(requests.size() >= 8);
  CHECK(static_cast<std::size_t>(std::count(result.err.begin(), result.err.end(), '\n')) ==
        requests.size());
  for (const std::string& request : requests) CHECK(result.err == Containing{request + " -> "});
}

TEST_CASE("verbose also shows a request that was not answered") {
  Session session;
  session.fake.reply("GET /system/df", {{{.fault = cac::test::FakeReply::Fault::hang_up}}});
  CHECK(session.run({"-v"}).err ==
        Containing{"GET /v1.51/system/df?type=build-cache -> no answer, 0 B, "});
}

TEST_CASE("JSON is one line, of a clean run, of residue and of a plan") {
  struct {
    std::string golden;
    Texts words;
    bool a_build_runs;
    int status;
  } const rows[] = {
      {"json-clean", {"--json"}, false, 0},
      {"json-residue", {"--json", "backend"}, true, 3},
      {"json-dry-run", {"--json", "--dry-run", "frontend"}, false, 0},
      {"json-verify-only", {"--json", "--verify-only"}, true, 3},
      {"json-usage-error", {"--json", "everything"}, false, 2},
  };
  for (const auto& row : rows) {
    CAPTURE(row.golden);
    Session session;
    FakeScene scene = cac::test::sample_scene();
    scene.records[0].in_use = row.a_build_runs;
    session.fake.set_scene(scene);
    const Result result = session.run(row.words);
    CHECK(result.status == row.status);
    check_golden(row.golden, normalized(spread_out(result.out), session.fake.url()));
  }
}

TEST_CASE("JSON is valid whatever bytes an engine's texts have") {
  Session session;
  FakeScene scene = cac::test::sample_scene();
  scene.records = {{.id = "r", .description = "a\"b\\c\n\t\x1b[31m\xc3\xa4\x01", .in_use = true}};
  session.fake.set_scene(scene);
  const Result result = session.run({"--json", "backend"});
  CHECK(cac::test::count_of("\n", result.out) == 1);
  CHECK(Json::parse(result.out)["residue"][0]["object"] == "a\"b\\c\n\t\x1b[31m\xc3\xa4\x01");
}

TEST_CASE("no text of an engine's commands the terminal") {
  Session session;
  FakeScene scene = cac::test::sample_scene();
  scene.records = {{.id = "r", .description = "\x1b[2J\x1b]0;title\x07 RUN x", .in_use = true}};
  session.fake.set_scene(scene);
  const Result result = session.run({"backend"});
  CHECK(result.out.find('\x1b') == std::string::npos);
  CHECK(result.out.find('\x07') == std::string::npos);
  CHECK(result.out == Containing{"\\x1b[2J"});
}

TEST_CASE("color is there when it is asked for, or on a terminal that can show it") {
  using Variables = std::map<std::string, std::string>;
  struct {
    std::string name;
    Texts words;
    Variables variables;
    Device out;
    bool colored;
  } const rows[] = {
      {"a pipe", {}, {{"TERM", "xterm"}}, Device::pipe, false},
      {"a pipe, always", {"--color", "always"}, {}, Device::pipe, true},
      {"always, against NO_COLOR", {"--color=always"}, {{"NO_COLOR", "1"}}, Device::pipe, true},
      {"a terminal", {}, {{"TERM", "xterm"}}, Device::terminal, true},
      {"a terminal, auto", {"--color", "auto"}, {{"TERM", "xterm"}}, Device::terminal, true},
      {"a terminal, never", {"--color", "never"}, {{"TERM", "xterm"}}, Device::terminal, false},
      {"a terminal and NO_COLOR",
       {},
       {{"TERM", "xterm"}, {"NO_COLOR", "1"}},
       Device::terminal,
       false},
      {"a dumb terminal", {}, {{"TERM", "dumb"}}, Device::terminal, false},
      {"a terminal without TERM", {}, {}, Device::terminal, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Session session;
    Invocation invocation = session.invocation(row.words);
    invocation.environment.insert(row.variables.begin(), row.variables.end());
    invocation.out = row.out;
    const Result result = cac::test::run(invocation);
    CHECK(result.status == 0);
    CHECK((result.out.find(escape) != std::string::npos) == row.colored);
    CHECK(result.out == Containing{"clean"});
  }
}

TEST_CASE("color is decided for each stream") {
  Session session;
  session.fake.reply("DELETE /images/sha256:", {{{.status = 500, .body = R"({"message":"no"})"}}});
  Invocation invocation = session.invocation({});
  invocation.environment["TERM"] = "xterm";
  invocation.err = Device::terminal;
  const Result result = cac::test::run(invocation);
  CHECK(result.out.find(escape) == std::string::npos);
  CHECK(result.err == Containing{"\x1b[33mwarning\x1b[0m"});
}

TEST_CASE("JSON is never colored") {
  Session session;
  const Result result = session.run({"--json", "--color", "always"});
  CHECK(result.out.find('\x1b') == std::string::npos);
}

TEST_CASE("no line ends with a blank, on a terminal or elsewhere") {
  Session session;
  FakeScene scene = cac::test::sample_scene();
  scene.records[0].in_use = true;
  scene.records[0].description = "RUN make  ";
  session.fake.set_scene(scene);
  session.fake.reply("DELETE /images/sha256:",
                     {{{.status = 500, .body = R"({"message":"no \n"})"}}});
  for (const Texts& words : {Texts{}, {"--dry-run"}, {"--verify-only"}, {"--help"}}) {
    for (const int columns : {40, 60, 80, 200}) {
      for (const Device device : {Device::terminal, Device::pipe}) {
        CAPTURE(columns);
        Invocation invocation = session.invocation(words);
        invocation.out = device;
        invocation.err = device;
        invocation.columns = static_cast<unsigned short>(columns);
        const Result result = cac::test::run(invocation);
        const std::string text = result.out + result.err;
        CAPTURE(text);
        CHECK(text.find(" \n") == std::string::npos);
        CHECK(text.find(" \x1b[0m\n") == std::string::npos);
      }
    }
  }
}

TEST_CASE("no golden report says a thing twice") {
  std::size_t reports = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIRECTORY)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("json-") || name.find("-requests") != std::string::npos) continue;
    if (name == "verbose.txt") continue;  // a log: requests are repeated
    CAPTURE(name);
    ++reports;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    // Each line, without the label of a message.
    std::istringstream lines(text.str());
    for (std::string line; std::getline(lines, line);) {
      for (const std::string label : {"clear-app-cache: error: ", "clear-app-cache: warning: "}) {
        if (line.starts_with(label)) line.erase(0, label.size());
      }
      CAPTURE(line);
      CHECK(cac::test::count_of(line, text.str()) == 1);
    }
  }
  CHECK(reports > 20);
}

TEST_CASE("on a narrow terminal no line is wider than it") {
  for (const int columns : {40, 60, 100}) {
    CAPTURE(columns);
    Session session;
    FakeScene scene = cac::test::sample_scene();
    scene.records[0].in_use = true;
    session.fake.set_scene(scene);
    Invocation invocation = session.invocation({});
    invocation.environment["LC_ALL"] = "C";  // a byte a column
    invocation.out = Device::terminal;
    invocation.columns = static_cast<unsigned short>(columns);
    std::istringstream lines(cac::test::run(invocation).out);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
      CHECK(static_cast<int>(line.size()) <= columns);
    CHECK(count > 5);
  }
}

TEST_CASE("a terminal of 80 columns shows it like this") {
  Session session;
  Invocation invocation = session.invocation({});
  invocation.out = Device::terminal;
  const Result result = cac::test::run(invocation);
  check_golden("terminal-80", cac::test::transcript(invocation, result, session.fake.url()));
}

TEST_CASE("without UTF-8 everything is ASCII") {
  Session session;
  Invocation invocation = session.invocation({});
  invocation.environment["LC_ALL"] = "C";
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 0);
  CHECK(std::all_of(result.out.begin(), result.out.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(result.out == Containing{"+ removed"});
}

TEST_CASE("results that cannot be written are a failure, and it is said why") {
  for (const Texts& words :
       {Texts{}, {"--json"}, {"--dry-run"}, {"--help"}, {"-h"}, {"--version"}}) {
    Session session;
    Invocation invocation = session.invocation(words);
    invocation.out = Device::full;
    const Result result = cac::test::run(invocation);
    const std::string line = cac::test::joined(words);
    CAPTURE(line);
    CHECK(result.status == 1);
    CHECK(result.err == Containing{"standard output could not be written"});
  }
}

TEST_CASE("a report of residue that cannot be written is a failure, not residue") {
  Session session;
  FakeScene scene = cac::test::sample_scene();
  scene.records[0].in_use = true;
  session.fake.set_scene(scene);
  for (const Texts& words : {Texts{}, {"--json"}, {"--verify-only"}}) {
    Invocation invocation = session.invocation(words);
    invocation.out = Device::full;
    CHECK(cac::test::run(invocation).status == 1);
  }
}

TEST_CASE("a failure keeps its own status when it cannot be written either") {
  Session session;
  Invocation invocation = session.invocation({"everything", "--json"});
  invocation.out = Device::full;
  CHECK(cac::test::run(invocation).status == 2);
}

TEST_CASE("help and version need no engine") {
  for (const Texts& words : {Texts{"--help"}, {"-h"}, {"--version"}, {"-V"}}) {
    const std::string line = cac::test::joined(words);
    CAPTURE(line);
    const Result result = cac::test::run(
        {.arguments = words, .environment = {{"DOCKER_HOST", "unix:///nowhere/x.sock"}}});
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK_FALSE(result.out.empty());
  }
  const Result result = cac::test::run({.arguments = {"--version"}});
  CHECK(result.out.starts_with(fmt::format("clear-app-cache {}", cac::version)));
  // With the commit, where it is built from a clone, and what it was linked with.
  CHECK(result.out == Containing{std::string(cac::commit) + "\nlibcurl/"});
  CHECK(cac::test::run({.arguments = {"-V"}}).out == result.out);
}

TEST_CASE("the short help fits a screen of 80 columns and 30 lines") {
  const Result result = cac::test::run({.arguments = {"-h"}});
  std::istringstream lines(result.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
  CHECK(count > 10);
  CHECK(count < 30);
  CHECK(result.out == Containing{"--dry-run"});
}

TEST_CASE("the long help is wrapped to the terminal") {
  Invocation invocation{.arguments = {"--help"}};
  invocation.out = Device::terminal;
  invocation.columns = 60;
  std::istringstream lines(cac::test::run(invocation).out);
  std::size_t count = 0;
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line); ++count) widest = std::max(widest, line.size());
  CHECK(count > 50);
  // The lines of the exit statuses are a table.
  CHECK(widest <= 100);
}

TEST_CASE("streams that are closed are not taken for something else, and the work is done") {
  for (const Texts& arguments : {Texts{"--json"}, Texts{"--verbose"}}) {
    CAPTURE(arguments.front());
    Session session;
    auto invocation = session.invocation(arguments);
    invocation.out = cac::test::Device::closed;
    invocation.err = cac::test::Device::closed;
    CHECK(cac::test::run(invocation).status == 1);  // the report could not be written
    CHECK(session.fake.scene().records.empty());
  }
}
