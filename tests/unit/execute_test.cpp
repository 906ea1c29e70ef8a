#include "clear/execute.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "connected.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::Action;
using cac::ActionKind;
using cac::FailureKind;
using cac::Outcome;
using cac::OutcomeStatus;
using cac::test::Connected;
using cac::test::Containing;
using cac::test::FakeEngine;
using cac::test::FakeScene;
using cac::test::image_id;
using cac::test::joined;

namespace {

Action removal(const std::string& name, char digit) {
  return {.kind = ActionKind::remove_image, .object = name, .image_id = image_id(digit)};
}
const Action backend = removal("watchparty-backend:latest", 'b');
const Action frontend = removal("watchparty-frontend:latest", 'f');
const Action dangling{.kind = ActionKind::prune_dangling_images,
                      .own_projects = {"", "watchparty"}};
const Action cache{.kind = ActionKind::prune_build_cache, .prunes = {{}}};

std::vector<Outcome> execute(const FakeEngine& fake, const std::vector<Action>& actions) {
  Connected to(fake.url());
  std::vector<Outcome> outcomes;
  cac::execute(to.engine, to.progress, actions, outcomes);
  return outcomes;
}

bool sent(const FakeEngine& fake, const std::string& words) {
  return joined(fake.requests()).find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("actions are carried out in their order, each with its outcome") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  const auto outcomes = execute(fake, {backend, frontend, dangling, cache});
  REQUIRE(outcomes.size() == 4);
  for (const Outcome& outcome : outcomes) CHECK(outcome.status == OutcomeStatus::done);
  // A running container keeps its image, dangling.
  CHECK(outcomes[0].untagged);
  CHECK(outcomes[0].count == 0);
  CHECK_FALSE(outcomes[1].untagged);
  CHECK(outcomes[1].count == 1);
  CHECK(outcomes[1].reclaimed.count == 0);
  CHECK(outcomes[2].count == 0);
  CHECK(outcomes[3].count == 5);
  CHECK(outcomes[3].reclaimed.count == 812'000'000);
  CHECK(joined(fake.requests()) ==
        "GET /_ping\n"
        "GET /v1.51/images/watchparty-backend:latest/json\n"
        "DELETE /v1.51/images/watchparty-backend:latest?force=1\n"
        "GET /v1.51/images/watchparty-frontend:latest/json\n"
        "DELETE /v1.51/images/watchparty-frontend:latest?force=1\n"
        "GET /v1.51/images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D\n"
        "GET /v1.51/images/" +
            image_id('b') + "/json\n" + "GET /v1.51/images/" + image_id('b') +
            "/json\n"
            "DELETE /v1.51/images/" +
            image_id('b') +
            "?force=0&noprune=1\n"
            "POST /v1.51/build/prune?all=1\n");
  CHECK(fake.scene().containers.size() == 2);
}

TEST_CASE("a tag that now names another image is never removed") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.before("GET /images/watchparty-backend:latest/json",
              [](FakeScene& scene) { scene.images[0].id = image_id('9'); });
  const auto outcomes = execute(fake, {backend, cache});
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].status == OutcomeStatus::retagged);
  CHECK(outcomes[1].status == OutcomeStatus::done);
  CHECK_FALSE(sent(fake, "DELETE"));
  CHECK(joined(fake.scene().images[0].tags) == "watchparty-backend:latest\n");
}

TEST_CASE("an absent name is a success, no matter who removed it and when") {
  SUBCASE("before it was looked at") {
    FakeEngine fake;
    const auto outcomes = execute(fake, {backend});
    CHECK(outcomes.at(0).status == OutcomeStatus::absent);
    CHECK_FALSE(outcomes.at(0).failure);
    CHECK_FALSE(sent(fake, "DELETE"));
  }
  SUBCASE("between the look and the removal") {
    FakeEngine fake;
    fake.set_scene(cac::test::sample_scene());
    fake.before("DELETE", [](FakeScene& scene) { scene.images.clear(); });
    const auto outcomes = execute(fake, {backend});
    CHECK(outcomes.at(0).status == OutcomeStatus::absent);
    CHECK_FALSE(outcomes.at(0).failure);
  }
}

TEST_CASE("one failure does not stop the others") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("DELETE /images/watchparty-backend",
             {{{.status = 500, .body = R"({"message":"no"})"}}});
  fake.reply("GET /images/json", {{{.status = 403, .body = "Forbidden"}}});
  const auto outcomes = execute(fake, {backend, frontend, dangling, cache});
  REQUIRE(outcomes.size() == 4);
  CHECK(outcomes[0].status == OutcomeStatus::failed);
  REQUIRE(outcomes[0].failure);
  CHECK(outcomes[0].failure->message == Containing{"DELETE /images/watchparty-backend:latest"});
  CHECK(outcomes[1].status == OutcomeStatus::done);
  CHECK(outcomes[2].status == OutcomeStatus::failed);
  REQUIRE(outcomes[2].failure);
  CHECK(outcomes[2].failure->kind == FailureKind::denied);
  CHECK(outcomes[3].status == OutcomeStatus::done);
  CHECK(fake.scene().records.empty());
}

TEST_CASE("an image whose state cannot be read is not removed") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("GET /images/watchparty-backend:latest/json", {{{.body = "<html>"}}});
  const auto outcomes = execute(fake, {backend});
  CHECK(outcomes.at(0).status == OutcomeStatus::failed);
  CHECK_FALSE(sent(fake, "DELETE"));
}

TEST_CASE("prunes by type are added up, and a failing one does not stop the next") {
  FakeEngine fake;
  fake.set_scene(
      {.images = {},
       .containers = {},
       .records = {{.id = "a", .size = 10}, {.id = "b", .type = "internal", .size = 5}}});
  fake.reply("POST /build/prune",
             {std::nullopt, {{.status = 500, .body = R"({"message":"no"})"}}, std::nullopt});
  Action by_type = cache;
  by_type.prunes = {{.type = "regular"}, {.type = "source.local"}, {.type = "internal"}};
  const auto outcomes = execute(fake, {by_type});
  CHECK(outcomes.at(0).count == 2);
  CHECK(outcomes.at(0).reclaimed.count == 15);
  CHECK(outcomes.at(0).status == OutcomeStatus::failed);
  CHECK(fake.scene().records.empty());
}

TEST_CASE("an interruption leaves the outcomes so far, the last one cancelled") {
  int signals[2];
  REQUIRE(pipe(signals) == 0);
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {{{.fault = cac::test::FakeReply::Fault::no_answer}}});
  fake.before("POST /build/prune", [&](FakeScene&) {
    const unsigned char number = SIGINT;
    REQUIRE(write(signals[1], &number, 1) == 1);
  });
  Connected to(fake.url(), {}, signals[0]);
  std::vector<Outcome> outcomes;
  CHECK_THROWS_AS(cac::execute(to.engine, to.progress, {backend, cache, frontend}, outcomes),
                  cac::Interrupted);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[0].status == OutcomeStatus::done);
  CHECK(outcomes[1].status == OutcomeStatus::cancelled);
  close(signals[0]);
  close(signals[1]);
}

TEST_CASE(
    "the own dangling images are removed, with what they were built on, and others' are not") {
  FakeEngine fake;
  FakeScene scene{.images = {{image_id('1'), {}, 10, {}, "", image_id('2')},
                             {image_id('2'), {}, 9, {}, "", image_id('3')},
                             {image_id('3'), {}, 8, {}, "other"},
                             {image_id('4'), {}, 7, {}, "other"},
                             {image_id('5'), {}, 6, {}, "watchparty"},
                             {image_id('6'), {}, 5, {"busybox@" + image_id('7')}},
                             {image_id('8'), {}, 4}},
                  .containers = {{"app", image_id('8'), "exited"}}};
  fake.set_scene(scene);
  const auto outcomes = execute(fake, {dangling});
  CHECK(outcomes.at(0).status == OutcomeStatus::done);
  // As many as a plan would count: what the classic builder built them on is not listed.
  CHECK(outcomes[0].count == 2);
  CHECK(outcomes[0].size.count == 16);
  std::string left;
  for (const auto& image : fake.scene().images) left += image.id.back();
  CHECK(left == "3468");
  CHECK(fake.sent("DELETE") == 4);
  CHECK(fake.sent("DELETE /images/" + image_id('8')) == 1);
}

TEST_CASE("a dangling image that cannot be removed does not stop the others") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('1'), {}}, {image_id('2'), {}}, {image_id('3'), {}}}});
  fake.reply("DELETE",
             {std::nullopt, {{.status = 500, .body = R"({"message":"no"})"}}, std::nullopt});
  const auto outcomes = execute(fake, {dangling});
  CHECK(outcomes.at(0).status == OutcomeStatus::failed);
  CHECK(outcomes[0].failure->message == Containing{"the engine answers 500: no"});
  CHECK(outcomes[0].count == 2);
  CHECK(fake.scene().images.size() == 1);
  CHECK(fake.sent("DELETE") == 3);
}
