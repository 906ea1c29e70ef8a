// Bad days: nobody there, somebody else there, answers that make no sense.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "session.hpp"
#include "temporary_directory.hpp"

using cac::test::Containing;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::Invocation;
using cac::test::Result;
using cac::test::Session;
using Fault = cac::test::FakeReply::Fault;
using Json = nlohmann::json;

namespace {

FakeReply page(int status) {
  return {.status = status,
          .body = "<!DOCTYPE html><html><body>Sign in</body></html>",
          .headers = {{"Content-Type", "text/html"}}};
}
FakeReply text(int status, const std::string& body) {
  return {.status = status, .body = body, .headers = {{"Content-Type", "text/plain"}}};
}

// How a failure is reported; the texts need only be contained.
struct Expected {
  int status;
  std::string kind;     // in JSON
  std::string says;     // in the message
  std::string advises;  // below it
};

// Both ways to report it, as text and as one valid line of JSON.
void check_failure(const Invocation& invocation, const Expected& expected) {
  const Result as_text = cac::test::run(invocation);
  CHECK(as_text.status == expected.status);
  CHECK(as_text.err == Containing{"clear-app-cache: error: "});
  CHECK(as_text.err == Containing{expected.says});
  CHECK(as_text.err == Containing{expected.advises});

  Invocation with_json = invocation;
  with_json.arguments.emplace_back("--json");
  const Result result = cac::test::run(with_json);
  CHECK(result.status == expected.status);
  CHECK(cac::test::count_of("\n", result.out) == 1);
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["exit_status"] == expected.status);
  CHECK(report["error"]["kind"] == expected.kind);
  CHECK(report["error"]["message"].get<std::string>() == Containing{expected.says});
  CHECK(report["error"]["advice"].get<std::string>() == Containing{expected.advises});
  CHECK(report["verdict"] != "clean");
}

struct Directory : cac::test::TemporaryDirectory {
  // A socket that nobody listens on any more.
  std::string left_over_socket(const std::string& name) const {
    const std::string where = path_of(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    where.copy(address.sun_path, sizeof address.sun_path - 1);
    const int bound = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(bound, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    close(bound);
    return where;
  }
};

}  // namespace

TEST_CASE("no socket: where an engine could be is suggested") {
  const Directory directory;
  const std::string missing = "unix://" + directory.path.string() + "/docker-engine.sock";
  Invocation invocation{.arguments = {"--host", missing}};
  check_failure(invocation,
                {4, "unreachable", "there is no socket at " + missing, "systemctl start docker"});

  invocation.environment["XDG_RUNTIME_DIR"] = directory.path.string();
  check_failure(invocation,
                {4, "unreachable", "there is no socket at " + missing, "systemctl start docker"});

  const std::string rootless = directory.left_over_socket("docker.sock");
  check_failure(invocation, {4, "unreachable", "there is no socket at " + missing,
                             "try --host unix://" + rootless});
}

TEST_CASE("permission denied: the docker group is suggested") {
  Session session;
  const std::string path = session.fake.url().substr(std::string("unix://").size());
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  // The directory lets everybody in: it is the socket that does not.
  std::filesystem::permissions(directory, std::filesystem::perms(0755));
  std::filesystem::permissions(path, std::filesystem::perms(getuid() == 0 ? 0600 : 0));
  Invocation invocation = session.invocation({});
  invocation.as_nobody = true;
  check_failure(invocation,
                {4, "denied", "permission denied on " + session.fake.url(), "usermod -aG docker"});
  CHECK(session.fake.connections() == 0);
}

TEST_CASE("nothing listens: an engine that is stopped is suspected") {
  const Directory directory;
  const std::string url = "unix://" + directory.left_over_socket("x.sock");
  check_failure({.arguments = {"--host", url}},
                {4, "unreachable", "connection refused: " + url, "systemctl status docker"});
}

TEST_CASE("a TCP address without a listener is reported with the address") {
  std::string url;
  { url = FakeEngine(FakeEngine::Listen::on_tcp).url(); }
  check_failure({.arguments = {"--host", url}},
                {4, "unreachable", "cannot connect to " + url, "firewall"});
}

TEST_CASE("an engine over TCP is cleared like one over a socket") {
  FakeEngine fake(FakeEngine::Listen::on_tcp);
  fake.set_scene(cac::test::sample_scene());
  CHECK(cac::test::run({.arguments = {"--host", fake.url()}}).status == 0);
  CHECK(fake.scene().records.empty());
  CHECK(fake.connections() == 1);
}

TEST_CASE("before there is a plan every bad answer ends the run, and nothing but GETs was sent") {
  struct {
    std::string name;
    std::function<void(FakeEngine&)> prepare;
    Expected expected;
  } const rows[] = {
      {"an engine that is too old",
       [](FakeEngine& fake) { fake.set_api(40); },
       {4, "unsupported-version",
        "speaks API 1.40 at most; this tool needs 1.41 (Docker 20.10) or newer",
        "Update the engine"}},
      {"an engine that is too new",
       [](FakeEngine& fake) {
         fake.reply("GET /containers/json",
                    {text(400,
                          "client version 1.51 is too old. Minimum supported API version is "
                          "1.60, please upgrade your client to a newer version")});
       },
       {4, "unsupported-version", "client version 1.51 is too old", "DOCKER_API_VERSION"}},
      {"an engine that finds us too new",
       [](FakeEngine& fake) {
         fake.set_header("Api-Version", "1.56");
         // ... although it said that it knows it.
       },
       {4, "unsupported-version", "client version 1.56 is too new", "DOCKER_API_VERSION"}},
      {"Podman",
       [](FakeEngine& fake) {
         fake.set_header("Server", "Libpod/5.8.0 (linux)");
         fake.set_header("Libpod-API-Version", "5.8.0");
       },
       {4, "not-docker", "is Podman (Libpod/5.8.0 (linux)), not Docker: nothing was changed",
        "podman build --no-cache"}},
      {"somebody who does not say who it is",
       [](FakeEngine& fake) { fake.set_header("Server", ""); },
       {4, "not-docker", "does not say that it is Docker", "GET /_ping"}},
      {"an HTML page instead of a ping",
       [](FakeEngine& fake) { fake.reply("GET /_ping", {page(200)}); },
       {4, "not-docker", "an HTML page", "GET /_ping"}},
      {"a proxy that refuses the ping",
       [](FakeEngine& fake) { fake.reply("GET /_ping", {page(403)}); },
       {4, "denied", "GET /_ping is refused with status 403", "allow GET /_ping"}},
      {"a proxy that refuses the images",
       [](FakeEngine& fake) { fake.reply("GET /images/json", {text(403, "Forbidden")}); },
       {4, "denied", "GET /images/json is refused with status 403: Forbidden",
        "allow GET /images/json"}},
      {"an HTML page for the images",
       [](FakeEngine& fake) { fake.reply("GET /images/json", {page(200)}); },
       {1, "malformed", "GET /images/json: the answer is an HTML page", "allow GET /images/json"}},
      {"an HTML page for an error",
       [](FakeEngine& fake) { fake.reply("GET /containers/json", {page(502)}); },
       {1, "request-failed", "GET /containers/json does not reach an engine",
        "allow GET /containers/json"}},
      {"an engine's own error",
       [](FakeEngine& fake) {
         fake.reply("GET /containers/json",
                    {{{.status = 500, .body = R"({"message":"disk on fire"})"}}});
       },
       {1, "request-failed", "GET /containers/json: the engine answers 500: disk on fire",
        "journalctl"}},
      {"an answer that is not JSON",
       [](FakeEngine& fake) { fake.reply("GET /containers/json", {{{.body = "OK"}}}); },
       {1, "malformed", "it is not JSON, or it is cut off", "proxy"}},
      {"an answer with wrong types",
       [](FakeEngine& fake) { fake.reply("GET /containers/json", {{{.body = R"({"x":7})"}}}); },
       {1, "malformed", "the answer is not an array", "proxy"}},
      {"containers with wrong types",
       [](FakeEngine& fake) { fake.reply("GET /containers/json", {{{.body = R"([{"Id":7}])"}}}); },
       {1, "malformed", "Id is not a string", "proxy"}},
      {"an answer that is cut off",
       [](FakeEngine& fake) {
         fake.reply("GET /containers/json", {{{.body = "[{\"Id", .fault = Fault::cut_off}}});
       },
       {1, "connection-lost", "the connection to the engine broke before the answer was complete",
        "Run again"}},
      {"a hang-up",
       [](FakeEngine& fake) { fake.reply("GET /containers", {{{.fault = Fault::hang_up}}}); },
       {1, "connection-lost", "the connection to the engine broke", "Run again"}},
      {"an answer without end",
       [](FakeEngine& fake) { fake.reply("GET /images/json", {{{.fault = Fault::endless}}}); },
       {1, "malformed", "the response is larger than", "proxy"}},
      {"something that does not speak HTTP",
       [](FakeEngine& fake) {
         fake.reply("GET /_ping", {{{.body = "SSH-2.0-OpenSSH_9\r\n", .fault = Fault::not_http}}});
       },
       {4, "not-docker", "GET /_ping: the answer is not what the Docker API documents",
        "Does an engine listen on"}},
      {"somebody who hangs up on the ping",
       [](FakeEngine& fake) { fake.reply("GET /_ping", {{{.fault = Fault::hang_up}}}); },
       {4, "not-docker", "nothing was changed", "Does an engine listen on"}},
      {"Podman in the place of the engine that answered the ping",
       [](FakeEngine& fake) {
         fake.reply("GET /containers/json",
                    {FakeReply{.body = "{}", .headers = {{"Server", "Libpod/5.8.0 (linux)"}}}});
       },
       {4, "not-docker", "the answer is Podman's", "Check what is listening"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Session session;
    row.prepare(session.fake);
    check_failure(session.invocation({"all"}), row.expected);
    CHECK(session.fake.requests().size() >= 2);
    CHECK(session.sent_only_gets());
  }
}

TEST_CASE("an answer that does not come ends with the timeout, and nothing but GETs was sent") {
  Session session;
  session.fake.reply("GET /containers/json", {{{.fault = Fault::no_answer}}});
  check_failure(session.invocation({"--timeout", "1s"}),
                {1, "timeout", "the timeout of 1 s ran out", "--timeout"});
  CHECK(session.sent_only_gets());
}

TEST_CASE("a pinned version that the engine does not speak ends with its own words") {
  Session session;
  Invocation invocation = session.invocation({});
  invocation.environment["DOCKER_API_VERSION"] = "1.55";
  check_failure(invocation,
                {4, "unsupported-version", "client version 1.55 is too new", "DOCKER_API_VERSION"});
  invocation.environment["DOCKER_API_VERSION"] = "1.44";
  CHECK(cac::test::run(invocation).status == 0);
  CHECK(session.fake.requests().back().find(" /v1.44/") != std::string::npos);
}

TEST_CASE("a proxy that refuses the prune is reported with the endpoint to allow") {
  Session session;
  session.fake.reply("POST /build/prune", {text(403, "Forbidden")});
  CHECK(session.run_as_golden("denied-prune", {"backend"}).status == 1);
}

TEST_CASE("an engine that is lost in the middle leaves a report of what was done") {
  Session session;
  session.fake.reply("POST /build/prune", {{{.fault = Fault::hang_up}}});
  session.fake.reply("GET /system/df", {std::nullopt, {{.fault = Fault::hang_up}}});
  CHECK(session.run_as_golden("lost-in-the-middle", {"backend"}).status == 1);
}

TEST_CASE("variables for proxies to the world outside do not lead to one") {
  FakeEngine fake(FakeEngine::Listen::on_tcp);
  Invocation invocation{.arguments = {"--host", fake.url()}};
  for (const char* const name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
    invocation.environment[name] = "http://127.0.0.1:9";
  }
  CHECK(cac::test::run(invocation).status == 0);
}
