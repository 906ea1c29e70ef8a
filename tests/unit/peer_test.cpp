// Who answers on a connection that is made during a run: the engine may have been replaced since
// its ping, and only Docker is ever written to.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "connected.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::EngineError;
using cac::FailureKind;
using cac::test::Connected;
using cac::test::Containing;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::image_id;
using cac::test::joined;
using cac::test::Texts;

namespace {

// Docker's last answer, after which the connection is closed.
const FakeReply last_answer{
    .headers = {{"Server", "Docker/28.5.2 (linux)"}, {"Connection", "close"}}, .by_scene = true};

// The last request before a write, and the write.
struct Write {
  std::string read;
  std::string request;
  std::function<void(cac::Engine&)> make;
};
const std::vector<Write> writes{
    {"GET /images/app-x:latest/json", "DELETE /images",
     [](cac::Engine& engine) { engine.remove_image("app-x:latest", image_id('a')); }},
    {"GET /images/sha256", "DELETE /images",
     [](cac::Engine& engine) { engine.remove_dangling_image(image_id('d')); }},
    {"GET /containers/json", "POST /build/prune",
     [](cac::Engine& engine) { engine.prune_build_cache({}); }},
    {"GET /containers/json", "POST /images",
     [](cac::Engine& engine) { engine.tag_image(image_id('a'), "app-x", "old"); }},
    {"GET /containers/json", "POST /containers",
     [](cac::Engine& engine) {
       engine.exec("c", {"buildctl", "du"});
     }},
};

void fill(FakeEngine& fake) {
  fake.set_scene(
      {.images = {{image_id('a'), {"app-x:latest"}}, {image_id('d'), {}}}, .records = {{"r"}}});
}

}  // namespace

TEST_CASE("nothing is written to what has taken the engine's place and is not Docker") {
  for (const char* const server : {"Libpod/5.8.0 (linux)", "nginx/1.24", ""}) {
    for (const Write& write : writes) {
      CAPTURE(server);
      CAPTURE(write.request);
      FakeEngine fake;
      fill(fake);
      Connected to(fake.url());
      fake.reply(write.read, {last_answer});
      fake.set_header("Server", server);
      if (write.read == "GET /containers/json") to.engine.containers();
      FailureKind kind = FailureKind::internal;
      try {
        write.make(to.engine);
      } catch (const EngineError& error) {
        kind = error.failure().kind;
        CHECK(error.failure().message == Containing{"any more"});
      }
      CHECK(kind == FailureKind::not_docker);
      CHECK_FALSE(fake.sent(write.request));
      CHECK(fake.scene().images.front().tags == Texts{"app-x:latest"});
      CHECK(fake.scene().records.size() == 1);
    }
  }
}

TEST_CASE("what has answered as Podman is not written to afterwards") {
  FakeEngine fake;
  fill(fake);
  Connected to(fake.url());
  fake.set_header("Server", "Libpod/5.8.0 (linux)");
  CHECK_THROWS_AS(to.engine.containers(), EngineError);
  fake.reply("GET /containers/json", {last_answer});
  to.engine.containers();
  for (int i = 0; i < 2; ++i) CHECK_THROWS_AS(to.engine.prune_build_cache({}), EngineError);
  CHECK_FALSE(fake.sent("POST"));
}

TEST_CASE("a write on a new connection follows an answer that is Docker's") {
  FakeEngine fake;
  fill(fake);
  Connected to(fake.url());
  fake.reply("GET /containers/json", {last_answer});
  to.engine.containers();
  CHECK(to.engine.prune_build_cache({}).count == 1);
  CHECK(to.engine.prune_build_cache({}).count == 0);
  CHECK(joined(fake.requests()) ==
        "GET /_ping\nGET /v1.51/containers/json?all=1\nGET /v1.51/_ping\n"
        "POST /v1.51/build/prune?all=1\nPOST /v1.51/build/prune?all=1\n");
}

TEST_CASE("an engine behind a proxy that closes every connection is written to") {
  FakeEngine fake;
  fill(fake);
  fake.set_header("Connection", "close");
  Connected to(fake.url());
  CHECK(to.engine.prune_build_cache({}).count == 1);
  CHECK(to.engine.remove_image("app-x:latest", image_id('a')).result ==
        cac::ImageRemoval::Result::deleted);
}
