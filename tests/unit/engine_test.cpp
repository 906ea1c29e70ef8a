#include "docker/engine.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "connected.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::ApiVersion;
using cac::EngineError;
using cac::Failure;
using cac::FailureKind;
using Removal = cac::ImageRemoval::Result;
using cac::test::Connected;
using cac::test::Containing;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::image_id;
using cac::test::joined;
using Fault = cac::test::FakeReply::Fault;
using cac::test::Texts;

namespace {

// How the call fails; a message that says so when it does not.
Failure to_failure(const std::function<void()>& call) {
  try {
    call();
  } catch (const EngineError& error) {
    return error.failure();
  }
  return {FailureKind::internal, "it did not fail"};
}

Failure failure_to_connect(const FakeEngine& fake, std::optional<ApiVersion> pinned = {}) {
  return to_failure([&] { Connected(fake.url(), pinned); });
}

FakeReply text_reply(int status, const std::string& body, const std::string& type = "text/plain") {
  return {.status = status, .body = body, .headers = {{"Content-Type", type}}};
}

constexpr const char* html = "<!DOCTYPE html>\n<html><body>Sign in</body></html>";

// Every call that reads or writes, by the request that it sends.
struct Call {
  std::string request;
  std::function<void(cac::Engine&)> make;
};
std::vector<Call> all_calls() {
  return {
      {"GET /images/json", [](cac::Engine& engine) { engine.images({"app-*"}); }},
      {"GET /images/json", [](cac::Engine& engine) { engine.dangling_images(); }},
      {"GET /images/app-x:latest/json", [](cac::Engine& engine) { engine.image("app-x:latest"); }},
      {"GET /containers/json", [](cac::Engine& engine) { engine.containers(); }},
      {"GET /system/df", [](cac::Engine& engine) { engine.build_cache(); }},
      {"DELETE /images/app-x:latest",
       [](cac::Engine& engine) { engine.remove_image("app-x:latest", image_id('a')); }},
      {"DELETE /images/" + image_id('d'),
       [](cac::Engine& engine) { engine.remove_dangling_image(image_id('d')); }},
      {"POST /build/prune", [](cac::Engine& engine) { engine.prune_build_cache({}); }},
  };
}

}  // namespace

// --- who answers, and in which version ---

TEST_CASE("the engine says who it is, and the newest version that both know is spoken") {
  struct {
    int newest_minor;
    std::string spoken;
  } const rows[] = {{41, "1.41"}, {48, "1.48"}, {56, "1.56"}, {57, "1.56"}, {99, "1.56"}};
  for (const auto& row : rows) {
    CAPTURE(row.newest_minor);
    FakeEngine fake;
    fake.set_api(row.newest_minor);
    Connected to(fake.url());
    CHECK(to.engine.identity().name == "Docker");
    CHECK(to.engine.identity().version == "28.5.2");
    CHECK(to.engine.identity().address == fake.url());
    CHECK(to_string(to.engine.identity().api) == row.spoken);
    to.engine.containers();
    CHECK(joined(fake.requests()) ==
          "GET /_ping\nGET /v" + std::string(row.spoken) + "/containers/json?all=1\n");
  }
}

TEST_CASE("a pinned version is spoken, and never negotiated") {
  FakeEngine fake;
  Connected to(fake.url(), ApiVersion{1, 44});
  to.engine.containers();
  CHECK(fake.requests().back() == "GET /v1.44/containers/json?all=1");
}

TEST_CASE("an engine of an older API than 1.41 is not usable") {
  for (const std::string& version : Texts{"1.40", "1.12", "0.99"}) {
    FakeEngine fake;
    fake.set_header("Api-Version", version);
    const Failure failure = failure_to_connect(fake);
    CHECK(failure.kind == FailureKind::unsupported_version);
    CHECK(failure.message == Containing{version});
    CHECK(failure.message == Containing{"needs 1.41 (Docker 20.10) or newer"});
  }
}

TEST_CASE("an engine that names no API version is not usable") {
  for (const std::string& version : Texts{"", "new", "1", "1.x", "-1.44"}) {
    CAPTURE(version);
    FakeEngine fake;
    fake.set_header("Api-Version", version);
    const Failure failure = failure_to_connect(fake);
    CHECK(failure.kind == FailureKind::unsupported_version);
    CHECK(failure.message == Containing{"an unknown version"});
  }
}

TEST_CASE("a version that the engine refuses is distinguished from other errors") {
  struct {
    std::string name;
    FakeReply reply;
  } const rows[] = {
      {"JSON, too old",
       text_reply(400,
                  R"({"message":"client version 1.41 is too old. Minimum supported )"
                  R"(API version is 1.44, please upgrade your client"})",
                  "application/json")},
      {"text, too old", text_reply(400,
                                   "client version 1.41 is too old. Minimum supported API version "
                                   "is 1.44, please upgrade your client\n")},
      {"JSON, too new",
       text_reply(400,
                  R"({"message":"client version 1.56 is too new. Maximum supported )"
                  R"(API version is 1.51"})",
                  "application/json")},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    FakeEngine fake;
    fake.reply("GET /system/df", {row.reply});
    Connected to(fake.url());
    const Failure failure = to_failure([&] { to.engine.build_cache(); });
    CHECK(failure.kind == FailureKind::unsupported_version);
    CHECK(failure.http_status == 400);
    CHECK(failure.message == Containing{"GET /system/df"});
    CHECK(failure.message == Containing{"client version 1."});
    CHECK(failure.message == Containing{"supported API version is 1."});
    CHECK(failure.advice == Containing{"1.41 to 1.56"});
    CHECK(failure.advice == Containing{"DOCKER_API_VERSION"});
  }
}

TEST_CASE("a pinned version that the engine does not know is refused by the engine itself") {
  FakeEngine fake;
  fake.set_api(44);
  Connected to(fake.url(), ApiVersion{1, 50});
  const Failure failure = to_failure([&] { to.engine.containers(); });
  CHECK(failure.kind == FailureKind::unsupported_version);
  CHECK(failure.message == Containing{"client version 1.50 is too new"});
}

TEST_CASE("only an engine that says that it is Docker is usable") {
  struct {
    std::string name;
    std::vector<std::pair<const char*, const char*>> headers;
    std::string says;
  } const rows[] = {
      {"Podman by its server",
       {{"Server", "Libpod/4.3.1 (linux)"}, {"Api-Version", "1.41"}},
       "is Podman (Libpod/4.3.1 (linux)), not Docker"},
      {"Podman by its own header",
       {{"Server", ""}, {"Libpod-API-Version", "5.8.0"}, {"Api-Version", "1.44"}},
       "is Podman"},
      {"Podman behind a proxy that renames it",
       {{"Server", "Docker/99"}, {"Libpod-API-Version", "5.8.0"}},
       "is Podman"},
      {"no server", {{"Server", ""}}, "does not say that it is Docker (status 200, Server: none)"},
      {"another server", {{"Server", "nginx/1.24"}}, "Server: nginx/1.24"},
      {"a likeness", {{"Server", "NotDocker/1.0"}}, "Server: NotDocker/1.0"},
      {"a prefix", {{"Server", "Dockerish/1.0"}}, "Server: Dockerish/1.0"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    FakeEngine fake;
    for (const auto& [name, value] : row.headers) fake.set_header(name, value);
    const Failure failure = failure_to_connect(fake);
    CHECK(failure.kind == FailureKind::not_docker);
    CHECK(failure.message == Containing{row.says});
    CHECK(failure.message == Containing{"nothing was changed"});
    CHECK(joined(fake.requests()) == "GET /_ping\n");
  }
}

TEST_CASE("Podman's advice is how to build without its images") {
  FakeEngine fake;
  fake.set_header("Server", "Libpod/5.8.0 (linux)");
  CHECK(failure_to_connect(fake).advice == Containing{"podman build --no-cache"});
}

TEST_CASE("something else than an engine at the address is named for what it is") {
  struct {
    std::string name;
    FakeReply reply;
    FailureKind kind;
    std::string says;
  } const rows[] = {
      {"an HTML page", text_reply(200, html, "text/html; charset=utf-8"), FailureKind::not_docker,
       "an HTML page"},
      {"an HTML page without a type",
       {.status = 200, .body = html},
       FailureKind::not_docker,
       "an HTML page"},
      {"a proxy that refuses", text_reply(403, html, "text/html"), FailureKind::denied,
       "GET /_ping is refused with status 403"},
      {"a proxy that asks who we are", text_reply(401, "who?"), FailureKind::denied,
       "GET /_ping is refused with status 401: who?"},
      {"a proxy without an engine", text_reply(502, "bad gateway"), FailureKind::not_docker,
       "status 502"},
      {"an engine that is not well",
       {.status = 500,
        .body = R"({"message":"starting"})",
        .headers = {{"Server", "Docker/28.5.2 (linux)"}, {"Api-Version", "1.51"}}},
       FailureKind::unreachable,
       "GET /_ping: the engine answers 500: starting"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    FakeEngine fake;
    fake.reply("GET /_ping", {row.reply});
    const Failure failure = failure_to_connect(fake);
    CHECK(failure.kind == row.kind);
    CHECK(failure.message == Containing{row.says});
    CHECK_FALSE(failure.advice.empty());
    CHECK(fake.requests().size() == 1);
  }
}

TEST_CASE(
    "nobody at the address is unreachable, with the address and without libcurl's localhost") {
  const Failure failure = to_failure([] { Connected("unix:///nowhere/x.sock"); });
  CHECK(failure.kind == FailureKind::unreachable);
  CHECK(failure.message == "there is no socket at unix:///nowhere/x.sock");
}

// --- every call, every kind of bad answer ---

TEST_CASE("each call's bad answers are failures that name the request") {
  struct {
    std::string name;
    FakeReply reply;
    FailureKind kind;
    std::string says;
    std::string advises;
  } const rows[] = {
      {"denied by a proxy", text_reply(403, "Forbidden"), FailureKind::denied,
       " is refused with status 403: Forbidden", "allow "},
      {"denied with a page", text_reply(403, html, "text/html"), FailureKind::denied,
       " is refused with status 403: an HTML page", "allow "},
      {"an engine's error",
       {.status = 500, .body = R"({"message":"disk on fire"})"},
       FailureKind::request_failed,
       ": the engine answers 500: disk on fire",
       "journalctl"},
      {"an error in plain text", text_reply(500, "first line\nsecond line"),
       FailureKind::request_failed, ": the engine answers 500: first line", "journalctl"},
      {"an empty error", text_reply(500, ""), FailureKind::request_failed,
       ": the engine answers 500: nothing", "journalctl"},
      {"not found in plain text", text_reply(404, "Not Found"), FailureKind::request_failed,
       " does not reach an engine: the answer is Not Found with status 404", "allow "},
      {"an HTML page for an error", text_reply(502, html, "text/html"), FailureKind::request_failed,
       " does not reach an engine: the answer is an HTML page with status 502", "allow "},
      {"an HTML page for a success", text_reply(200, html, "text/html"), FailureKind::malformed,
       ": the answer is an HTML page, not an engine's", "proxy"},
      {"nothing for a success",
       {.status = 200, .body = ""},
       FailureKind::malformed,
       "it is empty",
       "proxy"},
      {"half of it",
       {.status = 200, .body = R"([{"Id":)"},
       FailureKind::malformed,
       "not JSON, or it is cut off",
       "proxy"},
      {"another type",
       {.status = 200, .body = R"("words")"},
       FailureKind::malformed,
       "is not ",
       "proxy"},
      {"a list of another type",
       {.status = 200, .body = "[1]"},
       FailureKind::malformed,
       "is not ",
       "proxy"},
      {"a connection that breaks",
       {.body = "[", .fault = Fault::cut_off},
       FailureKind::connection_lost,
       ": the connection to the engine broke",
       "Run again"},
      {"a hang-up",
       {.fault = Fault::hang_up},
       FailureKind::connection_lost,
       ": the connection to the engine broke",
       "Run again"},
      {"something else than HTTP",
       {.body = "SSH-2.0-x\r\n", .fault = Fault::not_http},
       FailureKind::malformed,
       "",
       "proxy"},
  };
  for (const Call& call : all_calls()) {
    for (const auto& row : rows) {
      CAPTURE(call.request);
      CAPTURE(row.name);
      FakeEngine fake;
      fake.set_scene({.images = {{image_id('a'), {"app-x:latest"}}, {image_id('d'), {}}}});
      fake.reply(call.request, {row.reply});
      Connected to(fake.url());
      const Failure failure = to_failure([&] { call.make(to.engine); });
      CHECK(failure.kind == row.kind);
      CHECK(failure.message == Containing{std::string(call.request)});
      CHECK(failure.message == Containing{row.says});
      CHECK(failure.advice == Containing{row.advises});
      if (failure.kind == FailureKind::denied) CHECK(failure.advice == Containing{call.request});
    }
  }
}

TEST_CASE("an answer without end is given up on") {
  FakeEngine fake;
  fake.reply("GET /system/df", {{{.fault = Fault::endless}}});
  Connected to(fake.url());
  const Failure failure = to_failure([&] { to.engine.build_cache(); });
  CHECK(failure.kind == FailureKind::malformed);
  CHECK(failure.message == Containing{"the response is larger than 32.0 MB"});
}

TEST_CASE(
    "an answer that is deeper or longer than any engine's is refused before it takes memory") {
  const std::string deep(2'000'000, '[');
  std::string many = R"({"BuildCache":[0)";
  for (int i = 0; i < 2'000'000; ++i) many += ",0";
  for (const std::string& body : {deep, many + "]}"}) {
    FakeEngine fake;
    fake.reply("GET /system/df", {{{.body = body}}});
    Connected to(fake.url());
    const Failure failure = to_failure([&] { to.engine.build_cache(); });
    CHECK(failure.kind == FailureKind::malformed);
    CHECK(failure.message == Containing{"larger or deeper"});
  }
}

TEST_CASE("brackets within strings nest nothing") {
  FakeEngine fake;
  const std::string description = std::string(100, '[') + R"(\"{{\\)";
  fake.reply("GET /system/df",
             {{{.body = R"({"BuildCache":[{"ID":"a","Description":")" + description + R"("}]})"}}});
  const auto records = Connected(fake.url()).engine.build_cache();
  REQUIRE(records);
  CHECK(records->at(0).description.size() == 104);
}

TEST_CASE("an error's message has an end") {
  FakeEngine fake;
  fake.reply("GET /system/df",
             {{{.status = 500, .body = R"({"message":")" + std::string(400'000, 'x') + "\"}"}}});
  Connected to(fake.url());
  const Failure failure = to_failure([&] { to.engine.build_cache(); });
  CHECK(failure.kind == FailureKind::request_failed);
  CHECK(failure.message.size() < 3'000);
}

TEST_CASE("where nothing can be absent, not found is a failure") {
  for (const Call& call : all_calls()) {
    CAPTURE(call.request);
    FakeEngine fake;
    fake.set_scene({.images = {{image_id('a'), {"app-x:latest"}}, {image_id('d'), {}}}});
    fake.reply(call.request, {{{.status = 404, .body = R"({"message":"page not found"})"}}});
    Connected to(fake.url());
    const Failure failure = to_failure([&] { call.make(to.engine); });
    const bool may_be_absent = call.request.find("/images/app-x") != std::string::npos ||
                               call.request.find("/images/sha256") != std::string::npos;
    CHECK((failure.kind == FailureKind::internal) == may_be_absent);
    if (!may_be_absent) CHECK(failure.kind == FailureKind::request_failed);
  }
}

// --- busy engines ---

TEST_CASE("an error that passes is waited out") {
  struct {
    std::string request;
    int status;
    std::string message;
  } const rows[] = {
      {"POST /build/prune", 500, "failed to delete lease: lease abc: not found"},
      {"GET /system/df", 500, "a disk usage operation is already running"},
      {"GET /system/df", 404,
       "failed to get usage for rec1: snapshot x-view does not exist: not found"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request);
    FakeEngine fake;
    fake.reply(
        row.request,
        {{{.status = row.status, .body = std::string(R"({"message":")") + row.message + "\"}"}},
         std::nullopt});
    Connected to(fake.url());
    for (const Call& call : all_calls()) {
      if (std::string(call.request) == row.request) CHECK_NOTHROW(call.make(to.engine));
    }
    CHECK(fake.sent(row.request) == 2);
  }
}

TEST_CASE("the build cache is asked for again as long as the engine is busy with it") {
  FakeEngine fake;
  const FakeReply busy{.status = 500,
                       .body = R"({"message":"a disk usage operation is already running"})"};
  FakeEngine::Replies replies(20, busy);
  replies.push_back(std::nullopt);
  fake.reply("GET /system/df", replies);
  Connected to(fake.url());
  CHECK_NOTHROW(to.engine.build_cache());
  CHECK(fake.sent("GET /system/df") == 21);
}

TEST_CASE("an absent image is absent at once, whatever its name reminds of") {
  for (const std::string& name : Texts{"release-x:latest", "snapshot-x:latest"}) {
    CAPTURE(name);
    FakeEngine fake;
    fake.reply(
        "GET /images/" + name,
        {{{.status = 404, .body = R"({"message":"No such image: )" + name + "\"}"}}, std::nullopt});
    Connected to(fake.url());
    CHECK_FALSE(to.engine.image(name));
    CHECK(fake.requests().size() == 2);
  }
}

// --- images and containers ---

TEST_CASE("images are selected by the engine, and come with their names") {
  FakeEngine fake;
  fake.set_scene(
      {.images = {{"sha256:b", {"app-b:latest", "app-b:rollback"}, 2000, {"app-b@sha256:d"}},
                  {"sha256:o", {"other:latest"}},
                  {"sha256:n", {}}},
       .containers = {},
       .records = {}});
  Connected to(fake.url());
  const auto images = to.engine.images({"app-*"});
  REQUIRE(images.size() == 1);
  CHECK(images[0].id == "sha256:b");
  CHECK(joined(images[0].tags) == "app-b:latest\napp-b:rollback\n");
  CHECK(joined(images[0].repo_digests) == "app-b@sha256:d\n");
  CHECK(images[0].size.count == 2000);
  CHECK(fake.requests().back() ==
        "GET /v1.51/images/json?filters=%7B%22reference%22%3A%5B%22app-%2A%22%5D%7D");

  const auto dangling = to.engine.dangling_images();
  REQUIRE(dangling.size() == 1);
  CHECK(dangling[0].id == "sha256:n");
  CHECK(fake.sent("GET /images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D") == 1);
}

TEST_CASE("an image that is listed as dangling and has a name all the same is none") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('d'), {"app-x:latest"}}, {image_id('e'), {}}}});
  fake.reply("GET /images/json",
             {{{.body = R"([{"Id":")" + image_id('d') + R"(","RepoTags":[]},{"Id":")" +
                        image_id('e') + R"(","RepoTags":[]}])"}}});
  const auto images = Connected(fake.url()).engine.dangling_images();
  REQUIRE(images.size() == 1);
  CHECK(images[0].id == image_id('e'));
}

TEST_CASE("a look-up says an image's layers") {
  FakeEngine fake;
  fake.reply("GET /images/app-a:1",
             {{{.body = R"({"Id":"sha256:a","RootFS":{"Type":"layers","Layers":["x","y"]}})"}}});
  CHECK(joined(Connected(fake.url()).engine.image("app-a:1")->layers) == "x\ny\n");
}

TEST_CASE("without a pattern there is nothing to ask for") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('d'), {}}, {image_id('e'), {"other:latest"}}}});
  Connected to(fake.url());
  CHECK(to.engine.images({}).empty());
  CHECK(fake.sent("GET /images") == 0);
}

TEST_CASE("images come in the order of their names, whatever the engine's is") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('c'), {"app-c:latest"}},
                             {image_id('a'), {"app-a:latest"}},
                             {image_id('b'), {"app-b:latest"}}}});
  Connected to(fake.url());
  std::string order;
  for (const cac::Image& image : to.engine.images({"app-*"})) order += joined(image.tags);
  CHECK(order == "app-a:latest\napp-b:latest\napp-c:latest\n");
}

TEST_CASE("a dangling image has no names, in whichever way the engine says so") {
  for (const std::string& tags : Texts{"null", "[]", R"(["<none>:<none>"])"}) {
    CAPTURE(tags);
    FakeEngine fake;
    fake.reply("GET /images/json",
               {{{.body = std::string(R"([{"Id":"sha256:n","RepoTags":)") + tags + "}]"}}});
    const auto images = Connected(fake.url()).engine.dangling_images();
    REQUIRE(images.size() == 1);
    CHECK(images[0].tags.empty());
  }
}

TEST_CASE("names that an answer leaves out are unknown") {
  struct {
    std::string body;
    bool known;
  } const rows[] = {
      {R"([{"Id":"sha256:a"}])", false},
      {R"([{"Id":"sha256:a","RepoTags":[]}])", false},
      {R"([{"Id":"sha256:a","RepoTags":["<none>:<none>"]}])", false},
      {R"([{"Id":"sha256:a","RepoTags":[""]}])", false},
      {R"([{"Id":"sha256:a","RepoTags":["app-x\nverdict=clean:latest"]}])", false},
      {R"([{"Id":"sha256:a","RepoTags":["app x:latest","app-x:latest"]}])", false},
      {R"([{"Id":"sha256:a","RepoTags":[],"RepoDigests":["<none>@<none>"]}])", false},
      {R"([{"Id":"sha256:a","RepoTags":null,"RepoDigests":["app-x@sha256:b"]}])", true},
      {R"([{"Id":"sha256:a","RepoTags":["app-x:latest"]}])", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    FakeEngine fake;
    fake.reply("GET /images/json", {{{.body = row.body}}});
    CHECK(Connected(fake.url()).engine.images({"app-*"}).at(0).names_known == row.known);
  }
}

TEST_CASE("no image at all may be written as null") {
  FakeEngine fake;
  fake.reply("GET /images/json", {{{.body = "null"}}});
  CHECK(Connected(fake.url()).engine.images({"app-*"}).empty());
}

TEST_CASE("one image is found by its name, or is absent") {
  FakeEngine fake;
  fake.set_scene({.images = {{"sha256:b", {"app-b:latest"}}}, .containers = {}, .records = {}});
  Connected to(fake.url());
  const auto found = to.engine.image("app-b:latest");
  REQUIRE(found);
  CHECK(found->id == "sha256:b");
  CHECK_FALSE(to.engine.image("app-x:latest"));
}

TEST_CASE("a name stands in the path as the engine's router wants it") {
  FakeEngine fake;
  const std::string odd_name = "team/app x?force=0#y:latest";
  fake.set_scene({.images = {{image_id('a'), {odd_name}}}});
  Connected to(fake.url());
  to.engine.image("reg.example.org:5000/team/app-x:latest");
  CHECK(fake.requests().back() == "GET /v1.51/images/reg.example.org:5000/team/app-x:latest/json");
  to.engine.remove_image(odd_name, image_id('a'));
  CHECK(fake.requests().back() ==
        "DELETE /v1.51/images/team/app%20x%3Fforce%3D0%23y:latest?force=1");
}

TEST_CASE("containers are listed with the stopped ones, under the name that people use") {
  FakeEngine fake;
  fake.set_scene({.images = {},
                  .containers = {{"wp-backend", "sha256:b"}, {"wp-frontend", "sha256:f", "exited"}},
                  .records = {}});
  const auto containers = Connected(fake.url()).engine.containers();
  REQUIRE(containers.size() == 2);
  CHECK(containers[0].name == "wp-backend");
  CHECK(containers[0].image_id == "sha256:b");
  CHECK(containers[0].state == "running");
  CHECK(containers[1].name == "wp-frontend");
  CHECK(containers[1].state == "exited");
}

TEST_CASE("a container without a name goes by the front of its ID") {
  for (const std::string& names : Texts{"null", "[]"}) {
    FakeEngine fake;
    fake.reply("GET /containers/json",
               {{{.body = std::string(R"([{"Id":"0123456789abcdef","Names":)") + names + "}]"}}});
    const auto containers = Connected(fake.url()).engine.containers();
    REQUIRE(containers.size() == 1);
    CHECK(containers[0].name == "0123456789ab");
  }
}

TEST_CASE("200 does not mean that the image is gone: only a deleted entry does") {
  const std::string id = image_id('a');
  struct {
    int status;
    std::string body;
    Removal expected;
    std::string deleted_instead = {};
  } const rows[] = {
      {200, R"([{"Untagged":"app-x:latest"},{"Deleted":")" + id + R"("}])", Removal::deleted},
      {200, R"([{"Untagged":"app-x:latest"},{"Deleted":"sha256:layer"},{"Deleted":")" + id + "\"}]",
       Removal::deleted},
      {200, R"([{"Untagged":"app-x:latest"}])", Removal::untagged},
      {200, R"([{"Untagged":"app-x:latest"},{"Deleted":null}])", Removal::untagged},
      {200, "[]", Removal::untagged},
      {200, R"([{"Untagged":"app-x:latest"},{"Deleted":"sha256:other"}])", Removal::retagged,
       "sha256:other"},
      {404, R"({"message":"No such image: app-x:latest"})", Removal::absent},
  };
  for (const auto& row : rows) {
    CAPTURE(row.body);
    FakeEngine fake;
    fake.set_scene({.images = {{id, {"app-x:latest", "app-x:1"}}}});
    fake.reply("DELETE /images/app-x:latest", {{{.status = row.status, .body = row.body}}});
    const auto removal = Connected(fake.url()).engine.remove_image("app-x:latest", id);
    CHECK(removal.result == row.expected);
    CHECK(removal.deleted_instead == row.deleted_instead);
    const bool removed = removal.result == Removal::deleted || removal.result == Removal::untagged;
    CHECK(joined(removal.other_names) == (removed ? "app-x:1\n" : ""));
    CHECK(fake.requests().back() == "DELETE /v1.51/images/app-x:latest?force=1");
  }
}

TEST_CASE("a removal whose answer is lost is looked up, and sent again only if it did not happen") {
  const std::string id = image_id('a');
  struct {
    std::string name;
    FakeReply lost;
    std::vector<std::string> tags;
    Removal expected;
    std::size_t removals;
  } const rows[] = {
      {"done, and the last name",
       {.fault = Fault::hang_up, .by_scene = true},
       {"app-x:latest"},
       Removal::deleted,
       1},
      {"done, and another name",
       {.fault = Fault::hang_up, .by_scene = true},
       {"app-x:latest", "app-x:1"},
       Removal::untagged,
       1},
      {"not done", {.fault = Fault::hang_up}, {"app-x:latest"}, Removal::deleted, 2},
      {"done, and cut off",
       {.by_scene = true, .cut_at = 30},
       {"app-x:latest"},
       Removal::deleted,
       1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    FakeEngine fake;
    fake.set_scene({.images = {{id, row.tags}}});
    fake.reply("DELETE", {row.lost, std::nullopt});
    CHECK(Connected(fake.url()).engine.remove_image("app-x:latest", id).result == row.expected);
    CHECK(cac::test::count_of("DELETE", joined(fake.requests())) == row.removals);
  }
}

TEST_CASE("a removal that is tried again looks anew at what the name stands for") {
  const std::string id = image_id('a');
  const FakeReply passes{.status = 500, .body = R"({"message":"lease abc: not found"})"};
  for (const FakeReply& reply : {passes, FakeReply{.fault = Fault::hang_up}}) {
    FakeEngine fake;
    fake.set_scene({.images = {{id, {"app-x:latest"}}}});
    fake.reply("DELETE", {reply, std::nullopt});
    fake.before("DELETE", [](auto& scene) { scene.images[0].id = image_id('9'); });
    // Of an image that is gone when the answer was lost, the removal is what is reported.
    const bool is_lost = reply.fault != Fault::none;
    CHECK(Connected(fake.url()).engine.remove_image("app-x:latest", id).result ==
          (is_lost ? Removal::deleted : Removal::retagged));
    CHECK(cac::test::count_of("DELETE", joined(fake.requests())) == 1);
    CHECK(fake.scene().images.size() == 1);
  }
}

TEST_CASE("an image is tagged when the engine says so and the new name stands for it") {
  const std::string id = image_id('a');
  struct {
    std::string name;
    FakeReply reply;
    bool tagged;
  } const rows[] = {
      {"201", {.by_scene = true}, true},
      {"done, and the answer lost", {.fault = Fault::hang_up, .by_scene = true}, true},
      {"done, and the header cut off", {.by_scene = true, .cut_at = 30}, true},
      {"lost", {.fault = Fault::hang_up}, false},
      {"header cut off", {.status = 201, .cut_at = 30}, false},
      {"201, but not done", {.status = 201}, false},
      {"200", {.status = 200, .body = "{}"}, false},
      {"a page", {.status = 200, .body = html, .headers = {{"Content-Type", "text/html"}}}, false},
      {"205", {.status = 205}, false},
      {"500", {.status = 500, .body = R"({"message":"no"})"}, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    FakeEngine fake;
    fake.set_scene({.images = {{id, {"app-x:latest"}}}});
    fake.reply("POST /images/", {row.reply});
    Connected to(fake.url());
    bool tagged = false;
    const Failure failure = to_failure([&] { tagged = to.engine.tag_image(id, "app-x", "old"); });
    CHECK(tagged == row.tagged);
    CHECK((failure.kind == FailureKind::internal) == row.tagged);
  }
}

TEST_CASE("a conflict on removal is a failure with the engine's words") {
  FakeEngine fake;
  fake.reply("DELETE /images/app-x:latest", {{{.status = 409, .body = R"({"message":"in use"})"}}});
  fake.set_scene({.images = {{image_id('a'), {"app-x:latest"}}}});
  Connected to(fake.url());
  const Failure failure =
      to_failure([&] { to.engine.remove_image("app-x:latest", image_id('a')); });
  CHECK(failure.kind == FailureKind::request_failed);
  CHECK(failure.http_status == 409);
  CHECK(failure.message == "DELETE /images/app-x:latest: the engine answers 409: in use");
}

// --- the build cache ---

TEST_CASE("an empty build cache is distinguished from one that the answer does not contain") {
  constexpr int unknown = -1;
  struct {
    int api_minor;
    std::string body;
    int records;
  } const rows[] = {
      {41, R"({"BuildCache":null})", 0},
      {41, R"({"BuildCache":[]})", 0},
      {41, R"({"BuildCache":[{"ID":"a","Parent":"b"}]})", 1},
      {51, R"({"BuildCache":[]})", 0},
      {51, R"({"BuildCache":[{"ID":"a"," Parents":["b"]},{"ID":"b","LastUsedAt":null}]})", 2},
      {51, R"({})", unknown},
      {51, R"({"LayersSize":0,"Images":[]})", unknown},
      {52, R"({"BuildCacheUsage":{}})", 0},
      {52, R"({"BuildCacheUsage":{"TotalCount":0,"Items":[]}})", 0},
      {52, R"({"BuildCacheUsage":{"TotalCount":0,"Items":null}})", 0},
      {52, R"({"BuildCacheUsage":{"TotalCount":2,"Items":[{"ID":"a"},{"ID":"b"}]}})", 2},
      {52, R"({"BuildCacheUsage":{"Items":[{"ID":"a"}]}})", 1},
      {52, R"({"BuildCacheUsage":{"TotalCount":3}})", unknown},
      {52, R"({"BuildCacheUsage":{"TotalCount":3},"BuildCache":[]})", unknown},
      {52, R"({"BuildCacheUsage":{"TotalCount":3,"Items":[]}})", unknown},
      {52, R"({"BuildCacheUsage":{"ActiveCount":1,"Items":[]}})", unknown},
      {52, R"({"BuildCacheUsage":{"TotalSize":9},"BuildCache":null})", unknown},
      {52, R"({"BuildCacheUsage":{"Items":[]},"BuildCache":[{"ID":"a"}]})", unknown},
      {52, R"({"BuildCacheUsage":{},"BuildCache":[]})", 0},
      {52, R"({"BuildCacheUsage":null})", unknown},
      {52, R"({"BuildCacheUsage":{"items":[{"ID":"a"}]}})", unknown},
      {52, R"({"BuilderSize":9,"BuildCacheUsage":{"Items":[]}})", unknown},
      {52, R"({"BuilderSize":9,"BuildCacheUsage":{}})", unknown},
      {41, R"({"BuilderSize":9,"BuildCache":null})", unknown},
      {41, R"({"BuilderSize":0,"BuildCache":null})", 0},
      {56, R"({"BuildCacheUsage":{"TotalCount":3,"Items":[{"ID":"a"}]}})", unknown},
      {56, R"({"BuildCache":[{"ID":"a"}]})", 1},
      {56, R"({"ImageUsage":{}})", unknown},
  };
  for (const auto& row : rows) {
    CAPTURE(row.api_minor);
    CAPTURE(row.body);
    FakeEngine fake;
    fake.set_api(row.api_minor);
    fake.reply("GET /system/df", {{{.body = row.body}}});
    const auto records = Connected(fake.url()).engine.build_cache();
    CHECK((records ? static_cast<int>(records->size()) : unknown) == row.records);
  }
}

TEST_CASE("an answer about the build cache with wrong types is a failure, not an empty cache") {
  for (const std::string& body :
       Texts{R"([])", R"({"BuildCache":{}})", R"({"BuildCache":"none"})", R"({"BuildCache":0})",
             R"({"BuildCache":[null]})", R"({"BuildCache":["a"]})", R"({"BuildCache":[{}]})",
             R"({"BuildCache":[{"ID":1}]})", R"({"BuildCache":[{"ID":null}]})",
             R"({"BuildCache":[{"ID":"a","InUse":"no"}]})",
             R"({"BuildCache":[{"ID":"a","Size":"1"}]})",
             R"({"BuildCache":[{"ID":"a","Size":1.5}]})", R"({"BuildCacheUsage":[]})",
             R"({"BuildCacheUsage":{"Items":{}}})", R"({"BuildCacheUsage":{"TotalCount":"3"}})"}) {
    CAPTURE(body);
    FakeEngine fake;
    fake.reply("GET /system/df", {{{.body = body}}});
    Connected to(fake.url());
    const Failure failure = to_failure([&] { to.engine.build_cache(); });
    CHECK(failure.kind == FailureKind::malformed);
    CHECK(failure.message == Containing{"GET /system/df"});
  }
}

TEST_CASE("a record is read with all that decides about it, over every API's shape") {
  for (const int minor : {41, 42, 51, 52, 56}) {
    CAPTURE(minor);
    FakeEngine fake;
    fake.set_api(minor);
    fake.set_scene({.images = {},
                    .containers = {},
                    .records = {{"a", "exec.cachemount", "npm ci", true, 123, true}, {"b"}}});
    const auto records = Connected(fake.url()).engine.build_cache();
    REQUIRE(records);
    REQUIRE(records->size() == 2);
    CHECK(records->at(0).id == "a");
    CHECK(records->at(0).type == "exec.cachemount");
    CHECK(records->at(0).description == "npm ci");
    CHECK(records->at(0).in_use);
    CHECK(records->at(0).shared);
    CHECK(records->at(0).size.count == 123);
    CHECK_FALSE(records->at(1).in_use);

    fake.set_scene({});
    const auto none = Connected(fake.url()).engine.build_cache();
    REQUIRE(none);
    CHECK(none->empty());
  }
}

TEST_CASE("only the build cache is asked for, and its items where the API lists them apart") {
  struct {
    int minor;
    std::string expected;
  } const rows[] = {
      {51, "GET /v1.51/system/df?type=build-cache"},
      {52, "GET /v1.52/system/df?type=build-cache&verbose=1"},
  };
  for (const auto& row : rows) {
    FakeEngine fake;
    fake.set_api(row.minor);
    Connected(fake.url()).engine.build_cache();
    CHECK(fake.requests().back() == row.expected);
  }
}

TEST_CASE("a prune takes internal, frontend and and shared records, and leaves those in use") {
  FakeEngine fake;
  fake.set_scene({.images = {},
                  .containers = {},
                  .records = {{"a"},
                              {"b", "internal"},
                              {"c", "frontend"},
                              {.id = "d", .shared = true},
                              {.id = "e", .in_use = true}}});
  Connected to(fake.url());
  const auto pruned = to.engine.prune_build_cache({});
  CHECK(pruned.count == 4);
  CHECK(pruned.reclaimed.count == 400);
  CHECK(fake.requests().back() == "POST /v1.51/build/prune?all=1");
  REQUIRE(fake.scene().records.size() == 1);
  CHECK(fake.scene().records[0].id == "e");
}

TEST_CASE("a prune by type leaves the other types") {
  FakeEngine fake;
  fake.set_scene({.images = {}, .containers = {}, .records = {{"a"}, {"b", "exec.cachemount"}}});
  Connected to(fake.url());
  CHECK(to.engine.prune_build_cache({.type = "regular"}).count == 1);
  CHECK(fake.requests().back() ==
        "POST /v1.51/build/prune?all=1&filters=%7B%22type%22%3A%5B%22regular%22%5D%7D");
  REQUIRE(fake.scene().records.size() == 1);
  CHECK(fake.scene().records[0].id == "b");
}

TEST_CASE("what a prune answers is read, null lists too") {
  FakeEngine fake;
  fake.reply("POST /build/prune", {{{.body = R"({"CachesDeleted":null,"SpaceReclaimed":0})"}}});
  CHECK(Connected(fake.url()).engine.prune_build_cache({}).count == 0);
}

TEST_CASE("a dangling image is removed by its ID, without force and without what it is built on") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('d'), {}, 1, {}, "", image_id('c')}, {image_id('c'), {}}}});
  Connected to(fake.url());
  CHECK(to.engine.remove_dangling_image(image_id('d')));
  CHECK(fake.requests().back() == "DELETE /v1.51/images/" + image_id('d') + "?force=0&noprune=1");
  REQUIRE(fake.scene().images.size() == 1);
  CHECK(fake.scene().images[0].id == image_id('c'));
  CHECK_FALSE(to.engine.remove_dangling_image(image_id('d')));
}

TEST_CASE("an image that has got a name is not dangling any more, and left alone") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('d'), {"app-x:latest"}}}});
  CHECK_FALSE(Connected(fake.url()).engine.remove_dangling_image(image_id('d')));
  CHECK_FALSE(fake.sent("DELETE"));
}

TEST_CASE("a dangling image that a container or another image holds stays, and is no failure") {
  for (const bool by_container : {true, false}) {
    FakeEngine fake;
    cac::test::FakeScene scene{.images = {{image_id('d'), {}}}};
    if (by_container) scene.containers = {{"app", image_id('d'), "exited"}};
    if (!by_container) scene.images.push_back({image_id('e'), {}, 1, {}, "", image_id('d')});
    fake.set_scene(scene);
    CHECK_FALSE(Connected(fake.url()).engine.remove_dangling_image(image_id('d')));
    CHECK(fake.sent("DELETE") == 1);
    CHECK(fake.scene().images.size() == scene.images.size());
  }
}

TEST_CASE("a dangling image whose removal has lost its answer is looked up, and removed once") {
  for (const bool by_scene : {true, false}) {
    FakeEngine fake;
    fake.set_scene({.images = {{image_id('d'), {}}}});
    fake.reply("DELETE", {{{.fault = Fault::hang_up, .by_scene = by_scene}}, std::nullopt});
    CHECK(Connected(fake.url()).engine.remove_dangling_image(image_id('d')));
    CHECK(fake.scene().images.empty());
    CHECK(fake.sent("DELETE") == (by_scene ? 1 : 2));
  }
}

TEST_CASE("whose a dangling image is, is unknown unless its digests and labels are there") {
  struct {
    std::string members;
    bool known;
  } const rows[] = {{R"("RepoDigests":[],"Labels":null)", true},
                    {R"("RepoDigests":null,"Labels":{})", true},
                    {R"("RepoDigests":[])", false},
                    {R"("Labels":null)", false}};
  for (const auto& row : rows) {
    CAPTURE(row.members);
    FakeEngine fake;
    fake.reply("GET /images/json",
               {{{.body = R"([{"Id":"sha256:n","RepoTags":[],)" + row.members + "}]"}}});
    CHECK(Connected(fake.url()).engine.dangling_images().at(0).owner_known == row.known);
  }
}

TEST_CASE("a removal that was done, its answer lost and the name given anew, is reported as done") {
  const std::string id = image_id('a');
  FakeEngine fake;
  fake.set_scene({.images = {{id, {"app-x:latest"}}}});
  fake.reply("DELETE", {{{.fault = Fault::hang_up, .by_scene = true}}});
  fake.before("GET /images/app-x:latest/json", [](auto& scene) {
    if (scene.images.empty()) scene.images.push_back({image_id('9'), {"app-x:latest"}});
  });
  CHECK(Connected(fake.url()).engine.remove_image("app-x:latest", id).result == Removal::deleted);
  CHECK(fake.scene().images.size() == 1);
}

// GCC's check of virtual tables opens a pipe, and takes an exception for broken when it cannot.
#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
TEST_CASE("a prune is not sent if the connection keeper cannot be started" *
          doctest::skip(sanitized)) {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  FakeEngine fake;
  Connected to(fake.url());
  to.engine.containers();
  rlimit limit = before;
  limit.rlim_cur = static_cast<rlim_t>(open("/dev/null", O_RDONLY | O_CLOEXEC));
  close(static_cast<int>(limit.rlim_cur));
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const Failure failure = to_failure([&] { to.engine.prune_build_cache({}); });
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(failure.message == Containing{"POST /build/prune: not sent"});
  CHECK(failure.message == Containing{"Too many open files"});
  CHECK(failure.advice == Containing{"ulimit -n"});
  CHECK_FALSE(fake.sent("POST /build/prune"));
}

TEST_CASE("a prune's answer with a sum below zero is a failure") {
  FakeEngine fake;
  fake.reply("POST /build/prune", {{{.body = R"({"CachesDeleted":[],"SpaceReclaimed":-5})"}}});
  Connected to(fake.url());
  CHECK(to_failure([&] { to.engine.prune_build_cache({}); }).kind == FailureKind::malformed);
}

TEST_CASE("a prune's answer without its sum is a failure") {
  FakeEngine fake;
  fake.reply("POST /build/prune", {{{.body = R"({"CachesDeleted":[]})"}}});
  Connected to(fake.url());
  CHECK(to_failure([&] { to.engine.prune_build_cache({}); }).kind == FailureKind::malformed);
}
