// The Compose file as the source: what the program does with docker compose's output, and with a
// docker that has none for it. `docker` is a script of the test's; real Compose is in
// tests/engines.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "session.hpp"

using cac::test::check_golden;
using cac::test::Containing;
using cac::test::Invocation;
using cac::test::joined;
using cac::test::Program;
using cac::test::Result;
using cac::test::Session;
using cac::test::spread_out;
using cac::test::Texts;
namespace fs = std::filesystem;

namespace {

constexpr const char* compose_config = R"({"name":"shop","services":{
  "web":{"image":"watchparty-backend","build":{"context":"/src","tags":["shop-web:stable"],
    "cache_from":["watchparty-backend:rollback","other-app","type=gha,scope=web","acme/web"]}},
  "ui":{"image":"watchparty-frontend:latest","build":{"context":"/src"}},
  "worker":{"image":"watchparty-backend:latest"}}})";

// A directory with a `docker` of the test's, and with a file to read as standard input.
struct ComposeSession : Session {
  ComposeSession() : root(fs::temp_directory_path() / ("compose." + std::to_string(getpid()))) {
    fs::remove_all(root);
    fs::create_directories(root);
    auto scene = cac::test::sample_scene();
    scene.images[3].compose_project = "other";
    fake.set_scene(scene);
    write("config.json", compose_config);
  }
  ~ComposeSession() { fs::remove_all(root); }
  ComposeSession(const ComposeSession&) = delete;
  ComposeSession& operator=(const ComposeSession&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root / name) << text;
  }
  void write_docker(const std::string& script) const {
    write("docker", "#!/bin/sh\n" + script + "\n");
    fs::permissions(root / "docker", fs::perms::owner_all);
  }
  Invocation make(Texts arguments) const {
    Invocation made = invocation(std::move(arguments));
    made.environment["PATH"] = root.string() + ":/usr/bin:/bin";
    made.input = root / "config.json";
    return made;
  }
  Result run_golden(const std::string& name, Texts arguments) const {
    const Invocation made = make(std::move(arguments));
    Result result = test_run(made);
    check_golden(name, transcript(made, result, fake.url()));
    return result;
  }
  static Result test_run(const Invocation& made) { return cac::test::run(made); }

  fs::path root;
};

}  // namespace

TEST_CASE("what a Compose file names is cleared, and what is elsewhere is residue") {
  ComposeSession session;
  const Result result = session.run_golden("compose-all", {"-f", "-"});
  CHECK(result.status == 3);
  // A container holds the first, by its ID.
  CHECK(session.fake.scene().images.size() == 2);
  CHECK(session.fake.scene().images.front().tags.empty());
  CHECK(session.fake.scene().images.back().tags == Texts{"other-app:latest"});
  check_golden("compose-all-requests", joined(session.fake.requests()));
}

TEST_CASE("a plan from a Compose file, and one service of it") {
  ComposeSession session;
  CHECK(session.run_golden("compose-plan", {"-f", "-", "--dry-run"}).status == 0);
  const Result json = session.test_run(session.make({"-f", "-", "--json", "web"}));
  CHECK(json.status == 3);
  check_golden("json-compose", cac::test::normalized(spread_out(json.out), session.fake.url()));
  CHECK(session.run_golden("compose-ui", {"-f", "-", "ui"}).status == 0);
}

TEST_CASE("docker compose is run with the files, the project and every profile") {
  ComposeSession session;
  session.write_docker("printf '%s\\n' \"$@\" >" + (session.root / "words").string() + "; cat " +
                       (session.root / "config.json").string() +
                       "; echo 'time=\"2026-01-01T00:00:00Z\" level=warning "
                       "msg=\"The \\\"TAG\\\" variable is not set.\"' >&2");
  const Result result =
      session.test_run(session.make({"-f", "a file.yaml", "--file=b,c.yaml", "-p", "shop", "ui"}));
  CHECK(result.status == 0);
  CHECK(result.err == Containing{R"(warning: docker compose: The "TAG" variable is not set.)"});
  std::ifstream file(session.root / "words");
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  CHECK(words ==
        "compose\n--file\na file.yaml\n--file\nb,c.yaml\n--project-name\nshop\n--profile\n*\n"
        "config\n--format\njson\n");
}

TEST_CASE("a docker compose that does not say which names it gives is no reason to guess") {
  const ComposeSession session;
  session.write("default.json", R"({"name":"shop","services":{"web":{"build":{"context":"/"}}}})");
  const auto run = [&](const std::string& failure) {
    session.write_docker("case \"$*\" in *--images) echo '" + failure +
                         "' >&2; exit 1 ;; esac; exec cat " +
                         (session.root / "default.json").string());
    return session.test_run(session.make({"-n", "-f", session.root / "compose.yaml", "--verbose"}));
  };
  session.write("compose.yaml", "");
  session.write(".env", "COMPOSE_COMPATIBILITY=true\n");
  const Result broken = run("no more memory");
  CHECK(broken.status == 2);
  CHECK(broken.err == Containing{"docker compose: no more memory"});
  // An old one does not know the option.
  const Result old = run("unknown flag: --images");
  CHECK(old.status == 0);
  CHECK(old.err == Containing{"%22shop_web%22"});
}

TEST_CASE("files that Compose reads where none is named are said if --file leaves them out") {
  ComposeSession session;
  session.write_docker("exec cat " + (session.root / "config.json").string());
  const std::string file = session.root / "compose.yaml";
  const std::string override = session.root / "docker-compose.override.yml";
  const auto warning = [&](const Texts& files, const std::string& variable = "") {
    Texts arguments{"--quiet", "ui"};
    for (const std::string& each : files) arguments.insert(arguments.end(), {"-f", each});
    Invocation made = session.make(arguments);
    if (!variable.empty()) made.environment["COMPOSE_FILE"] = variable;
    const Result result = session.test_run(made);
    CHECK(result.status == 0);
    const auto begin = result.err.find("build reads ");
    return begin == std::string::npos ? ""
                                      : result.err.substr(begin, result.err.find('\n') - begin);
  };
  session.write("compose.yaml", "");
  CHECK(warning({file}).empty());
  CHECK(warning({file}, file + ":/other.yaml") == "build reads /other.yaml");
  CHECK(warning({file}, "/one.yaml:/other.yaml") == "build reads /one.yaml, /other.yaml");
  CHECK(warning({file, "/other.yaml"}, file + ":/other.yaml").empty());
  // Of two names, Compose takes the first.
  session.write("docker-compose.yml", "");
  CHECK(warning({file}).empty());
  CHECK(warning({session.root / "docker-compose.yml"}) == "build reads " + file);
  session.write(".env", "X=1\nexport COMPOSE_FILE=\"/env.yaml\"\n");
  CHECK(warning({file}) == "build reads /env.yaml");
  CHECK(warning({file}, file).empty());
  session.write(".env", "COMPOSE_FILE=compose.yaml:prod.yaml\n");
  CHECK(warning({file}) == "build reads prod.yaml");
  session.write(".env", "");
  session.write("docker-compose.override.yml", "");
  CHECK(warning({file}) == "build reads " + override);
  CHECK(warning({(session.root / ".").string() + "/compose.yaml"}) != "");
  CHECK(warning({file}, file).empty());
  CHECK(warning({file, override}).empty());
  CHECK(warning({"-"}).empty());
  session.write("other.yaml", "");
  CHECK(warning({session.root / "other.yaml"}).empty());
}

TEST_CASE("a Compose file that cannot be used is refused, and nothing is sent") {
  struct {
    const char* script;
    Texts arguments;
    Containing message;
  } const rows[] = {
      {"echo 'open /nope.yaml: no such file or directory' >&2; exit 1",
       {"-f", "/nope.yaml"},
       Containing{"error: docker compose: open /nope.yaml: no such file or directory"}},
      {"echo \"unknown flag: --file\" >&2; exit 125",
       {"-f", "x"},
       Containing{"docker has no compose plugin here"}},
      {"echo \"docker: 'compose' is not a docker command.\" >&2; exit 1",
       {"-f", "x"},
       Containing{"--file -"}},
      {"exit 7", {"-f", "x"}, Containing{"failed with status 7"}},
      {"echo '{\"name\":'", {"-f", "x"}, Containing{"cut off"}},
      {"exec cat /dev/zero", {"-f", "x"}, Containing{"more than 16 MB"}},
      {"exit 0", {"-f", "x"}, Containing{"not JSON, or it is cut off"}},
      {"kill -9 $$", {"-f", "x"}, Containing{"failed with status 137"}},
      {"exit 0", {"-f", "-", "nope"}, Containing{"no service 'nope'"}},
      {"exit 0", {"-f", "-", "worker"}, Containing{"its image is built by web"}},
      {"exit 0", {"-f", ""}, Containing{"--file '' is empty"}},
      {"exit 0", {"-f", "-", "-f", "x"}, Containing{"goes with no other file"}},
      {"exit 0", {"-f", "-", "--prune-only"}, Containing{"cannot be combined"}},
      {"exit 0", {"-f", "-", "--keep-as", "rollback"}, Containing{"as a cache source"}},
      {"exit 0", {"-f", "-", "--app-dir", "/x", "web"}, Containing{"neither is a target"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.script);
    CAPTURE(joined(row.arguments));
    const ComposeSession session;
    session.write_docker(row.script);
    const Result result = session.test_run(session.make(row.arguments));
    CHECK(result.status == 2);
    CHECK(result.err == row.message);
    CHECK(result.out.empty());
    CHECK(session.sent_only_gets());
  }
}

TEST_CASE("without an application, JSON names no project") {
  const ComposeSession session;
  session.write("config.json", "{");
  const Result result = session.test_run(session.make({"-f", "-", "--json"}));
  const auto report = nlohmann::json::parse(result.out);
  CHECK(report["project"].is_null());
  CHECK(report["exit_status"] == 2);
}

TEST_CASE("without docker, the message says how to do without it") {
  ComposeSession session;
  Invocation made = session.make({"-f", "compose.yaml"});
  made.environment["PATH"] = session.root.string();
  const Result result = session.test_run(made);
  CHECK(result.status == 2);
  CHECK(result.err == Containing{"docker cannot be run: No such file or directory"});
  CHECK(result.err == Containing{"clear-app-cache --file -"});
}

TEST_CASE("a docker compose that does not answer is ended by the timeout and by a signal") {
  const ComposeSession session;
  session.write_docker("echo $$ >" + (session.root / "pid").string() + "; sleep 600");
  const auto is_gone = [&] {
    std::ifstream file(session.root / "pid");
    pid_t process = 0;
    file >> process;
    REQUIRE(process > 0);
    return kill(process, 0) != 0;
  };
  const Result late = session.test_run(session.make({"-f", "x", "--timeout", "1s"}));
  CHECK(late.status == 1);
  CHECK(late.err == Containing{"ran out while reading the Compose file"});
  CHECK(is_gone());
  fs::remove(session.root / "pid");
  Program program(session.make({"-f", "x"}));
  while (!fs::exists(session.root / "pid") || fs::is_empty(session.root / "pid")) usleep(10'000);
  program.send(SIGINT);
  CHECK(program.wait().status == 128 + SIGINT);
  CHECK(is_gone());
}
