// The build command as the source: what the program does with docker's answer, with a docker that
// has none for it, and when it runs the command. `docker` is a script of the test's; the real one
// is in tests/engines.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
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

constexpr const char* answer = R"({"name":"shop","services":{
  "web":{"image":"watchparty-backend","build":{"context":"/src","tags":["shop-web:stable"],
    "cache_from":["watchparty-backend:rollback","other-app","type=gha,scope=web","acme/web"]}},
  "ui":{"image":"watchparty-frontend:latest","build":{"context":"/src"}},
  "worker":{"image":"watchparty-backend:latest"}}})";

// A directory with a `docker` of the test's, and with a file to read as standard input.
struct BuildSession : Session {
  BuildSession() : root(fs::temp_directory_path() / ("build_command." + std::to_string(getpid()))) {
    fs::remove_all(root);
    fs::create_directories(root);
    auto scene = cac::test::sample_scene();
    scene.images[3].compose_project = "other";
    fake.set_scene(scene);
    write("answer.json", answer);
  }
  ~BuildSession() { fs::remove_all(root); }
  BuildSession(const BuildSession&) = delete;
  BuildSession& operator=(const BuildSession&) = delete;

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
    made.input = root / "answer.json";
    return made;
  }
  std::string calls() const {
    std::ifstream file(root / "calls");
    return {std::istreambuf_iterator<char>(file), {}};
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

TEST_CASE("what a build command names is cleared, and what is elsewhere is residue") {
  BuildSession session;
  const Result result = session.run_golden("build-all", {"-f", "-"});
  CHECK(result.status == 3);
  // A container holds the first, by its ID.
  CHECK(session.fake.scene().images.size() == 2);
  CHECK(session.fake.scene().images.front().tags.empty());
  CHECK(session.fake.scene().images.back().tags == Texts{"other-app:latest"});
  check_golden("build-all-requests", joined(session.fake.requests()));
}

TEST_CASE("a plan from an answer, and one service of it") {
  BuildSession session;
  CHECK(session.run_golden("build-plan", {"-f", "-", "--dry-run", "--allow-external"}).status == 0);
  const Result json = session.test_run(session.make({"-f", "-", "--json", "web"}));
  CHECK(json.status == 3);
  check_golden("json-build", cac::test::normalized(spread_out(json.out), session.fake.url()));
  CHECK(session.run_golden("build-ui", {"-f", "-", "ui"}).status == 0);
}

TEST_CASE("the command is asked, and after a clean verdict run with all that this program has") {
  BuildSession session;
  session.write_docker(
      R"sh(cd "${0%/*}" && echo "$OLDPWD $BUILD_ARG $*" >>calls
case $* in
  *history*) ;;
  *--print*)
    cat answer.json
    echo 'time="T" level=warning msg="The \"TAG\" variable is not set."' >&2
    ;;
  *)
    echo "building $(cat)"
    cut -d' ' -f5 /proc/$$/stat /proc/$PPID/stat >groups
    exit 7
    ;;
esac)sh");
  session.write("input", "from here");
  Invocation made = session.make({"--", "docker", "compose", "-f", "a b.yaml", "build", "ui"});
  made.environment["BUILD_ARG"] = "x";
  made.input = session.root / "input";
  const Result result = session.test_run(made);
  CHECK(result.status == 7);
  CHECK(result.err == Containing{R"(warning: the build command: The "TAG" variable is not set.)"});
  CHECK(result.out == Containing{"clean: "});
  CHECK(result.out.ends_with(
      "building from here\nbuild failed: the build command ended with status 7.\n"));
  const std::string here = fs::current_path().string();
  CHECK(session.calls() == here + " x compose -f a b.yaml build --print ui\n" + here +
                               " x buildx history ls --format json --builder default\n" + here +
                               " x compose -f a b.yaml build ui\n");
  // The same process group: Ctrl-C reaches both.
  std::ifstream groups(session.root / "groups");
  pid_t of_build = 0;
  pid_t of_this = 1;
  groups >> of_build >> of_this;
  CHECK(of_build == of_this);
}

TEST_CASE("the command is not run after any other verdict, nor where it is not to be run") {
  struct {
    Texts arguments;
    int status;
    bool is_said;
  } const rows[] = {{{"--no-build", "--", "docker", "compose", "build", "ui"}, 0, false},
                    {{"-n", "--", "docker", "compose", "build", "ui"}, 0, false},
                    {{"--verify-only", "--", "docker", "compose", "build", "ui"}, 3, false},
                    {{"--", "docker", "compose", "build", "web"}, 3, true}};
  for (const auto& row : rows) {
    CAPTURE(joined(row.arguments));
    BuildSession session;
    session.write_docker("case $* in *--print*) cat " + (session.root / "answer.json").string() +
                         " ;; *history*) exit 1 ;; *) touch " +
                         (session.root / "was-run").string() + " ;; esac");
    const Result result = session.test_run(session.make(row.arguments));
    CHECK(result.status == row.status);
    CHECK_FALSE(fs::exists(session.root / "was-run"));
    const bool is_said =
        result.err.find("the build command was not run: docker") != std::string::npos;
    CHECK(is_said == row.is_said);
  }
}

TEST_CASE("a docker build is read from its own words, and runs as it stands") {
  BuildSession session;
  session.write_docker("echo \"$*\" >>" + (session.root / "calls").string() +
                       "; [ \"$1\" != --version ] || echo Docker version 28.5.2");
  const Result result = session.test_run(
      session.make({"-q", "--", "docker", "build", "-t", "watchparty-frontend", "."}));
  CHECK(result.status == 0);
  CHECK(result.out.empty());
  CHECK(session.calls() ==
        "build -t watchparty-frontend . --help\n--version\nbuildx version\n"
        "buildx history ls --format json --builder default\n"
        "build -t watchparty-frontend .\n"
        "buildx history ls --format json --builder default\n");
}

TEST_CASE("which builder builds depends on DOCKER_BUILDKIT and on the command line") {
  struct {
    const char* version;
    const char* buildx;
    const char* variable;
    const char* command;
    bool is_classic;
  } const rows[] = {{"28.5.2", "true", "", "build", false},
                    {"28.5.2", "true", "0", "build", true},
                    {"28.5.2", "false", "", "build", true},
                    {"20.10.24", "true", "", "build", true},
                    {"20.10.24", "true", "1", "build", false},
                    {"28.5.2", "true", "False", "buildx build", false},
                    {"20.10.24", "true", "", "buildx build", false}};
  for (const auto& row : rows) {
    CAPTURE(row.version);
    CAPTURE(row.buildx);
    CAPTURE(row.variable);
    BuildSession session;
    session.write_docker(std::string("case $* in --version) echo 'Docker version ") + row.version +
                         ", build 1' ;; 'buildx version') exec " + row.buildx + " ;; esac");
    Texts arguments{"--no-build", "--", "docker"};
    std::istringstream words(row.command);
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.insert(arguments.end(), {"-t", "watchparty-frontend", "."});
    Invocation made = session.make(arguments);
    if (*row.variable != 0) made.environment["DOCKER_BUILDKIT"] = row.variable;
    const Result result = session.test_run(made);
    CHECK(result.status == (row.is_classic ? 3 : 0));
    CHECK((result.out == Containing{"the classic builder"}) == row.is_classic);
  }
}

TEST_CASE("a Compose without --print is asked by config") {
  BuildSession session;
  session.write_docker(
      "echo \"$*\" >>" + (session.root / "calls").string() +
      "; case $* in *--print*) echo 'unknown flag: --print' >&2; exit 16 ;; esac; cat " +
      (session.root / "answer.json").string());
  const Result result =
      session.test_run(session.make({"--no-build", "--", "docker", "compose", "build", "ui"}));
  CHECK(result.status == 0);
  CHECK(session.calls() ==
        "compose build --print ui\n"
        "compose --profile * config --format json --no-consistency\n");
}

TEST_CASE("docker is given the same choice of an engine, for the question and for the build") {
  BuildSession session;
  // The records are asked for by the same options.
  session.write_docker("case $* in *history*) echo \"${*%% buildx*}\" >>" +
                       (session.root / "options").string() +
                       " ;; *) echo \"$DOCKER_HOST $DOCKER_CONTEXT $*\" >>" +
                       (session.root / "calls").string() + " ;; esac; case $* in *--print*) cat " +
                       (session.root / "answer.json").string() + " ;; esac");
  const std::string url = session.fake.url();
  Invocation made = session.make({"-H", url, "--", "docker", "compose", "build", "ui"});
  made.environment["DOCKER_HOST"] = "unix:///nowhere";
  made.environment["DOCKER_CONTEXT"] = "nowhere";
  CHECK(session.test_run(made).status == 0);
  CHECK(session.calls() == url + "  compose build --print ui\n" + url + "  compose build ui\n");
  // The default context is the engine of DOCKER_HOST.
  fs::remove(session.root / "calls");
  made.arguments = {"-c", "default", "--", "docker", "compose", "build", "ui"};
  made.environment["DOCKER_HOST"] = url;
  CHECK(session.test_run(made).status == 0);
  CHECK(session.calls() ==
        url + " default compose build --print ui\n" + url + " default compose build ui\n");
  std::ifstream file(session.root / "options");
  const std::string options{std::istreambuf_iterator<char>(file), {}};
  CHECK(options ==
        "--host " + url + "\n--host " + url + "\n--context default\n--context default\n");
}

TEST_CASE("a build command that docker refuses is refused, and nothing is sent") {
  struct {
    const char* script;
    Texts arguments;
    Containing message;
    int status = 2;
    const char* buildkit = "";
  } const rows[] = {
      {"echo 'open /nope.yaml: no such file or directory' >&2; exit 1",
       {"-f", "/nope.yaml"},
       Containing{"error: docker compose: open /nope.yaml: no such file or directory"}},
      {"echo 'unknown flag: --print' >&2; echo \"See 'docker --help'.\" >&2; exit 125",
       {"-f", "x"},
       Containing{"there is no docker compose here"}},
      {"echo \"docker: 'compose' is not a docker command.\" >&2; exit 1",
       {"-f", "x"},
       Containing{"--file -"}},
      {"echo 'unknown flag: --nope' >&2; echo \"Run 'docker buildx bake --help'\" >&2; exit 125",
       {"--", "docker", "buildx", "bake", "--nope"},
       Containing{"error: docker buildx: unknown flag: --nope"}},
      {"echo \"docker: unknown command: docker buildx\" >&2; exit 1",
       {"--", "docker", "buildx", "bake"},
       Containing{"there is no docker buildx here"}},
      {"case $* in *--help) ;; *) exit 1 ;; esac",
       {"--", "docker", "buildx", "build", "."},
       Containing{"there is no docker buildx here"}},
      {"echo 'unknown flag: --wiat' >&2; exit 16",
       {"--", "docker", "compose", "up", "--build", "--wiat"},
       Containing{"error: docker compose: unknown flag: --wiat"}},
      {"echo 'unknown flag: --targett' >&2; exit 125",
       {"--", "docker", "build", "--targett=x", "."},
       Containing{"error: docker buildx: unknown flag: --targett"}},
      {"echo 'Usage: build [options] [--build-arg key=val...] [--] [SERVICE...]' >&2",
       {"--", "docker", "compose", "build"},
       Containing{"docker-compose 1 cannot be asked what it builds"}},
      {"printf '#1 reading\\nERROR: failed to find target nope\\n' >&2; exit 1",
       {"--", "docker", "buildx", "bake", "nope"},
       Containing{"error: docker buildx: ERROR: failed to find target nope\n"}},
      {"exit 7", {"-f", "x"}, Containing{"failed with status 7"}},
      {"exit 0",
       {"--", "docker", "build", "."},
       Containing{"DOCKER_BUILDKIT 'no' is not valid"},
       2,
       "no"},
      {"echo '{\"name\":'", {"-f", "x"}, Containing{"cut off"}},
      {"exec cat /dev/zero", {"-f", "x"}, Containing{"more than 16 MB"}},
      {"exec cat /dev/zero >&2", {"-f", "x", "--timeout", "1s"}, Containing{"ran out"}, 2},
      {"exit 0", {"-f", "x"}, Containing{"the build command builds nothing"}},
      {"printf '%s' '{\"name\":\"a\\u001b[2Jb\",\"services\":{\"web\":{\"build\":{}}}}'",
       {"-f", "x"},
       Containing{"is not a valid project name"}},
      {"kill -9 $$", {"-f", "x"}, Containing{"failed with status 137"}},
      {"exit 0", {"-f", "-", "nope"}, Containing{"'nope' is not built here"}},
      {"exit 0",
       {"-f", "-", "worker"},
       Containing{"'worker' is not built here; these are: ui, web"}},
      {"exit 0", {"-f", ""}, Containing{"--file '' is empty"}},
      {"exit 0", {"-f", "-", "-f", "x"}, Containing{"cannot be combined"}},
      {"exit 0", {"-f", "-", "--prune-only"}, Containing{"cannot be combined"}},
      {"exit 0", {"-f", "-", "--keep-as", "rollback"}, Containing{"as a cache source"}},
      {"exit 0", {"-f", "-", "--app-dir", "/usr/bin", "web"}, Containing{"neither is a target"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.script);
    CAPTURE(joined(row.arguments));
    const BuildSession session;
    session.write_docker(row.script);
    Invocation made = session.make(row.arguments);
    made.environment["DOCKER_BUILDKIT"] = row.buildkit;
    const Result result = session.test_run(made);
    CHECK(result.status == row.status);
    CHECK(result.err == row.message);
    CHECK(result.err.find('\033') == std::string::npos);
    CHECK(result.out.empty());
    CHECK(session.sent_only_gets());
  }
}

TEST_CASE("without an application, JSON names no project") {
  const BuildSession session;
  session.write("answer.json", "{");
  const Result result = session.test_run(session.make({"-f", "-", "--json"}));
  const auto report = nlohmann::json::parse(result.out);
  CHECK(report["project"].is_null());
  CHECK(report["exit_status"] == 2);
}

TEST_CASE("JSON has the build command's words and what it builds") {
  const BuildSession session;
  session.write_docker("cat " + (session.root / "answer.json").string());
  const Result result = session.test_run(
      session.make({"--json", "--no-build", "--", "docker", "compose", "build", "ui"}));
  const auto report = nlohmann::json::parse(result.out);
  CHECK(report["build_command"] == nlohmann::json{"docker", "compose", "build", "ui"});
  CHECK(report["targets"] == nlohmann::json{"ui"});
  check_golden("json-build-command",
               cac::test::normalized(spread_out(result.out), session.fake.url()));
}

TEST_CASE("without docker, the message says how to do without it") {
  BuildSession session;
  for (const Texts& arguments :
       {Texts{"-f", "compose.yaml"}, Texts{"--", "docker", "build", "."}}) {
    Invocation made = session.make(arguments);
    made.environment["PATH"] = session.root.string();
    const Result result = session.test_run(made);
    CHECK(result.status == 2);
    CHECK(result.err == Containing{"docker cannot be run: No such file or directory"});
    CHECK(result.err == Containing{"clear-app-cache --file -"});
  }
}

TEST_CASE("a docker compose that does not answer is ended by the timeout and by a signal") {
  const BuildSession session;
  session.write_docker("echo $$ >" + (session.root / "pid").string() + "; sleep 600");
  const auto is_gone = [&] {
    std::ifstream file(session.root / "pid");
    pid_t process = 0;
    file >> process;
    REQUIRE(process > 0);
    return kill(process, 0) != 0;
  };
  const Result late = session.test_run(session.make({"-f", "x", "--timeout", "1s"}));
  CHECK(late.status == 2);
  CHECK(late.err == Containing{"docker had not answered when the timeout ran out"});
  CHECK(is_gone());
  fs::remove(session.root / "pid");
  Program program(session.make({"-f", "x"}));
  while (!fs::exists(session.root / "pid") || fs::is_empty(session.root / "pid")) usleep(10'000);
  program.send(SIGINT);
  CHECK(program.wait().status == 128 + SIGINT);
  CHECK(is_gone());
}

TEST_CASE("a signal to this process reaches the build, whose end is this one's") {
  const BuildSession session;
  session.write_docker("case $* in *history*) exit 1 ;; *--print*) exec cat " +
                       (session.root / "answer.json").string() +
                       " ;; esac; trap 'echo ended; exit 9' TERM; touch " +
                       (session.root / "runs").string() + "; while :; do sleep 0.05; done");
  Program program(session.make({"--", "docker", "compose", "build", "ui"}));
  while (!fs::exists(session.root / "runs")) usleep(10'000);
  program.send(SIGTERM);
  const Result result = program.wait();
  CHECK(result.status == 9);
  CHECK(result.out.ends_with("ended\nbuild failed: the build command ended with status 9.\n"));
}

TEST_CASE("what was recorded of the build comes last, and imported steps are exit 3") {
  struct {
    const char* history;  // of the second question
    const char* log;
    Texts options;
    int status;
    std::string said;
  } const rows[] = {
      {R"({"ref":"d/d/2","total_steps":8,"cached_steps":0})",
       "",
       {},
       0,
       "built from scratch: ui 8 steps, none cached.\n"},
      {R"({"ref":"d/d/2","total_steps":8,"cached_steps":3})",
       R"({"vertexes":[{"digest":"a","name":"importing cache manifest from shop-ui",
           "completed":"T"}]})",
       {},
       3,
       "not from scratch: ui took 3 of 8 steps from a cache that the build imported."},
      {R"({"ref":"d/d/2","total_steps":8,"cached_steps":3})",
       R"({"vertexes":[{"digest":"a","name":"importing cache manifest from shop-ui",
           "completed":"T"}]})",
       {"--allow-external"},
       0,
       "built: ui 8 steps, 3 cached or imported, which --allow-external accepts.\n"},
      {R"({"ref":"d/d/2"})",
       "",
       {},
       0,
       "nobody could be asked: docker buildx history is not understood: total_steps is not there."},
      {"",
       "",
       {},
       0,
       "nobody could be asked: there is no record of these builds. The verdict from before the "
       "build stands: clean.\n"}};
  for (const auto& row : rows) {
    CAPTURE(row.history);
    BuildSession session;
    session.write("history", row.history);
    std::string log = row.log;
    std::erase(log, '\n');
    session.write("log", log);
    session.write_docker(R"sh(cd "${0%/*}"
case $* in
  *--print*) cat answer.json ;;
  *'history ls'*) [ ! -e was-run ] || cat history ;;
  *'history inspect'*)
    echo '{"Labels":[{"Name":"com.docker.compose.project","Value":"shop"},
      {"Name":"com.docker.compose.service","Value":"ui"}]}'
    ;;
  *'history logs'*) cat log >&2 ;;
  *) touch was-run ;;
esac)sh");
    Texts arguments = row.options;
    arguments.insert(arguments.end(), {"--", "docker", "compose", "build", "ui"});
    const Result result = session.test_run(session.make(arguments));
    CHECK(result.status == row.status);
    std::string out = result.out;
    std::ranges::replace(out, '\n', ' ');
    std::string said = row.said;
    std::ranges::replace(said, '\n', ' ');
    CHECK(out == Containing{said});
  }
}

TEST_CASE("--verify-only says how the last builds went") {
  BuildSession session;
  session.write("history", R"({"ref":"d/d/3","total_steps":7,"cached_steps":0}
{"ref":"d/d/2","total_steps":8,"cached_steps":3,"created_at":"2100-01-01T10:00:00Z"}
)");
  session.write_docker(R"sh(cd "${0%/*}"
label() { printf '{"Labels":[{"Name":"com.docker.compose.project","Value":"shop"},
  {"Name":"com.docker.compose.service","Value":"%s"}]}' "$1"; }
case $* in
  *--print*)
    cat answer.json
    echo 'time="T" level=warning msg="TAG is not set"' >&2
    ;;
  *'history ls'*) cat history ;;
  *'inspect 3'*) label ui ;;
  *'inspect 2'*) label web ;;
  *'history logs'*)
    echo '{"vertexes":[{"digest":"a","name":"importing cache manifest from acme/web","completed":"T"}]}' >&2
    ;;
  *) exit 1 ;;
esac)sh");
  const Result json = session.test_run(
      session.make({"--verify-only", "--json", "--", "docker", "compose", "build", "ui", "web"}));
  CHECK(json.status == 3);
  check_golden("json-last-builds", cac::test::normalized(spread_out(json.out), session.fake.url()));
  const Result text =
      session.test_run(session.make({"--verify-only", "--", "docker", "compose", "build", "ui"}));
  CHECK(text.out == Containing{"the last build of ui: 0 of 7 steps were cached"});
}

TEST_CASE("quiet prints the warnings of a successful run, and only these") {
  BuildSession session;
  session.fake.set_scene({});
  session.write("answer.json",
                R"({"name":"shop","services":{"ui":{"build":{"cache_from":["app:"]}}}})");
  for (const char* const mode : {"--wait", "--dry-run", "--verify-only"}) {
    const Result result = session.test_run(session.make({"-q", "-f", "-", mode}));
    CHECK(result.status == 0);
    CHECK(result.out.empty());
    CHECK(std::ranges::count(result.err, '\n') == 1);
    CHECK(result.err == Containing{"warning: 'app:' in cache_from is not a valid image name"});
  }
}

TEST_CASE("messages that nobody reads are waited for until the timeout, and are a failure") {
  BuildSession session;
  session.fake.set_scene({});
  session.write("answer.json",
                R"({"name":"shop","services":{"ui":{"build":{"cache_from":["app:"]}}}})");
  Invocation made = session.make({"--timeout", "1s", "-f", "-"});
  made.err = cac::test::Device::stalled;  // for the warning
  CHECK(session.test_run(made).status == 1);
}
