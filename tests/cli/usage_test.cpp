// Command lines and environments that make no sense.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "session.hpp"

using cac::test::Containing;
using cac::test::Result;
using cac::test::Session;
using cac::test::Texts;
using Json = nlohmann::json;

TEST_CASE("bad words end with status 2 and a sentence that says why; nothing is asked or changed") {
  const std::string long_path = "unix:///" + std::string(200, 's');
  struct {
    Texts arguments;
    std::string says;
  } const rows[] = {
      {{"everything"},
       "invalid target 'everything' (expected backend, frontend or all; with --file or a build "
       "command any service)"},
      {{""}, "invalid target ''"},
      {{"bakend"}, "invalid target 'bakend' (did you mean backend?)"},
      {{"--no-such-option"}, "unknown option --no-such-option"},
      {{"--verfy-only"}, "unknown option --verfy-only (did you mean --verify-only?)"},
      {{"-x"}, "unknown option -x"},
      {{"backend", "frontend"},
       "only one TARGET is allowed without --file, got 'backend' and 'frontend'"},
      {{"--dry-run", "--verify-only"}, "cannot be combined"},
      {{"--quiet", "--verbose"}, "cannot be combined"},
      {{"--dry-run=false"}, "--dry-run takes no value"},
      {{"--project", "../x"}, "'../x-backend' is not a valid image name"},
      {{"--project", "A B"}, "'A B-backend' is not a valid image name"},
      {{"--project", std::string(300, 'x')}, "'NAME-backend' is not a valid image name"},
      {{"--project", ""}, "'-backend' is not a valid image name"},
      {{"--project"}, "project"},
      {{"--timeout", "soon"}, "--timeout 'soon' is not a valid duration"},
      {{"--timeout", "0s"}, "--timeout '0s' is not a valid duration"},
      {{"--timeout", "10"}, "--timeout '10' is not a valid duration"},
      {{"--timeout", "-5m"}, "--timeout '-5m' is not a valid duration"},
      {{"--timeout", "99999999999999999999s"}, "is not a valid duration"},
      {{"--color", "sometimes"},
       "--color 'sometimes' is not valid (expected auto, always or never)"},
      {{"--host", "ssh://deploy:s3cret@host"}, "host 'ssh://deploy:***@host' has a password"},
      {{"--host", "ssh://-oProxyCommand=x"}, "is not a valid address"},
      {{"--host", "npipe:////./pipe/docker_engine"}, "named pipes are Windows's"},
      {{"--host", "fd://3"}, "only an engine itself can listen on a descriptor"},
      {{"--host", "unix:///x", "--context", "far"}, "cannot be combined: both select the engine"},
      {{"--host", "/run/docker.sock"}, "names no scheme"},
      {{"--host", "tcp://host:99999"}, "is not a valid address"},
      {{"--host", long_path}, "the socket's path has 201 bytes, and the system takes 107 at most"},
  };
  for (const auto& row : rows) {
    const std::string line = cac::test::joined(row.arguments);
    CAPTURE(line);
    Session session;
    const Result said = session.run(row.arguments);
    CHECK(said.status == 2);
    CHECK(said.out.empty());
    CHECK(said.err.starts_with("clear-app-cache: error: "));
    CHECK(said.err == Containing{row.says});
    CHECK(said.err.ends_with("\n  See clear-app-cache --help.\n"));

    Texts with_json{"--json"};
    with_json.insert(with_json.end(), row.arguments.begin(), row.arguments.end());
    const Result result = session.run(with_json);
    CHECK(result.status == 2);
    CHECK(cac::test::count_of("\n", result.out) == 1);
    const Json report = Json::parse(result.out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(report["schema"] == 1);
    CHECK(report["exit_status"] == 2);
    CHECK(report["error"]["kind"] == "usage");
    CHECK(report["error"]["message"].get<std::string>() == Containing{row.says});
    CHECK(report["targets"].is_null());
    CHECK(report["actions"].empty());
    CHECK(session.fake.connections() == 0);
  }
}

TEST_CASE("a bad environment is a usage error like a bad word") {
  struct {
    std::string name;
    std::string value;
    std::string says;
  } const rows[] = {
      {"CLEAR_APP_CACHE_PROJECT", "../x", "'../x-backend' is not a valid image name"},
      {"DOCKER_HOST", "ftp://x", "the scheme 'ftp' is not supported"},
      {"DOCKER_API_VERSION", "1.24",
       "DOCKER_API_VERSION '1.24' is not supported (expected 1.41 to "},
      {"DOCKER_API_VERSION", "latest", "DOCKER_API_VERSION 'latest' is not supported"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Session session;
    auto invocation = session.invocation({});
    invocation.environment[row.name] = row.value;
    const Result result = cac::test::run(invocation);
    CHECK(result.status == 2);
    CHECK(result.err == Containing{row.says});
    CHECK(session.fake.connections() == 0);
  }
}

TEST_CASE("an empty variable is as good as none") {
  Session session;
  auto invocation = session.invocation({"--dry-run"});
  for (const char* const name :
       {"CLEAR_APP_CACHE_PROJECT", "DOCKER_API_VERSION", "DOCKER_TLS_VERIFY", "NO_COLOR"}) {
    invocation.environment[name] = "";
  }
  CHECK(cac::test::run(invocation).status == 0);
}

TEST_CASE("the parser's own words are ASCII, as the locale may be") {
  Session session;
  for (const Texts& arguments : {Texts{"--host"}, Texts{"--color"}}) {
    auto invocation = session.invocation(arguments);
    invocation.environment["LC_ALL"] = "C";
    const Result result = cac::test::run(invocation);
    CHECK(result.status == 2);
    CHECK(result.err == Containing{"'" + arguments.front().substr(2) + "'"});
    CHECK(std::none_of(result.err.begin(), result.err.end(), [](char c) { return c < 0; }));
  }
}

TEST_CASE("a usage error is printed like this") {
  Session session;
  CHECK(session.run_as_golden("usage-error", {"everything"}).status == 2);
}
