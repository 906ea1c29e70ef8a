#include "clear/verify.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "connected.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::FailureKind;
using cac::Outcome;
using cac::OutcomeStatus;
using cac::Residue;
using cac::ResidueKind;
using cac::Verdict;
using cac::Verification;
using cac::test::Connected;
using cac::test::Containing;
using cac::test::count_of;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::FakeScene;
using cac::test::image_id;
using cac::test::joined;
using cac::test::options_of;
using cac::test::Texts;
using Words = std::vector<const char*>;

namespace {

struct Cleared {
  Verification verification;
  std::vector<Outcome> outcomes;
};

// The stations of the pipeline, without its ends.
Cleared clear(const FakeEngine& fake, const Words& words = {"backend"}) {
  const auto options = options_of(words);
  Connected to(fake.url());
  Cleared cleared;
  const auto inventory = cac::take_inventory(to.engine, options);
  const auto plan = cac::plan_for(options, inventory, to.engine.identity().api);
  cac::execute(to.engine, plan.actions, cleared.outcomes);
  cleared.verification = cac::verify(to.engine, options, inventory, cleared.outcomes);
  return cleared;
}

Verification only_verify(const FakeEngine& fake,
                         const Words& words = {"--verify-only", "backend"}) {
  Connected to(fake.url());
  std::vector<Outcome> outcomes;
  Verification verification = cac::verify(to.engine, options_of(words), {}, outcomes);
  CHECK(outcomes.empty());
  return verification;
}

std::size_t prunes_sent(const FakeEngine& fake) {
  return count_of("POST /v1.51/build/prune", joined(fake.requests()));
}

// A prune that does nothing and says that it did all.
const FakeReply lying_prune{.body = R"({"CachesDeleted":["rec1","rec2"],"SpaceReclaimed":812})"};

std::string lines_of(const std::vector<Residue>& residue) {
  Texts lines;
  for (const Residue& item : residue) lines.push_back(item.object + ": " + item.reason);
  return joined(lines);
}

}  // namespace

TEST_CASE("a cleared target is clean, read back after the last action") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::clean);
  CHECK(cleared.verification.residue.empty());
  CHECK(prunes_sent(fake) == 1);
  const auto requests = fake.requests();
  REQUIRE(requests.size() > 4);
  CHECK(requests[requests.size() - 4] == "POST /v1.51/build/prune?all=1");
  CHECK(requests[requests.size() - 3] == Containing{"/system/df"});
  CHECK(requests[requests.size() - 2] == Containing{"/system/df"});
  CHECK(requests[requests.size() - 1] == Containing{"/images/json"});
}

TEST_CASE(
    "a prune that claims success while records are listed is repeated three times, then residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {lying_prune});
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::residue);
  CHECK(cleared.verification.residue.size() == 5);
  CHECK(cleared.verification.residue.at(0).kind == ResidueKind::build_cache);
  CHECK(cleared.verification.residue.at(0).object == "[deps 3/3] RUN npm ci");
  CHECK(cleared.verification.residue.at(0).reason == "still there after every prune");
  CHECK_FALSE(cleared.verification.residue.at(0).held);
  // A record without a description goes by its ID.
  CHECK(cleared.verification.residue.at(3).object == "rec4");
  CHECK(prunes_sent(fake) == 1 + 3);
  CHECK(cleared.outcomes.size() == 2 + 3);
}

TEST_CASE("records that appear once more are pruned again, and then all is clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  bool pruned_once = false;
  fake.before("POST /build/prune", [&](FakeScene&) { pruned_once = true; });
  bool came = false;
  fake.before("GET /system/df", [&](FakeScene& scene) {
    if (!pruned_once || came) return;
    came = true;
    scene.records = {{.id = "late", .description = "[1/1] RUN late"}};
  });
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::clean);
  CHECK(prunes_sent(fake) == 2);
  REQUIRE(cleared.outcomes.size() == 3);
  CHECK(cleared.outcomes[2].count == 1);
  CHECK(cleared.outcomes[2].action.reason == Containing{"once more"});
}

TEST_CASE("a prune that failed once and then works is clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("POST /build/prune", {{{.status = 500, .body = R"({"message":"no"})"}}, std::nullopt});
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::clean);
  CHECK(prunes_sent(fake) == 2);
}

TEST_CASE("a record in use is held by a running build, is named, and is not pruned again") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.records[0].in_use = true;
  fake.set_scene(scene);
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::residue);
  REQUIRE(cleared.verification.residue.size() == 1);
  CHECK(cleared.verification.residue[0].object == "[deps 3/3] RUN npm ci");
  CHECK(cleared.verification.residue[0].id == "rec1");
  CHECK(cleared.verification.residue[0].record_type == "regular");
  CHECK(cleared.verification.residue[0].size.count == 700'000'000);
  CHECK(cleared.verification.residue[0].held);
  CHECK(cleared.verification.residue[0].reason == "held by a running build");
  CHECK(prunes_sent(fake) == 1);
}

TEST_CASE("an answer that is older than the prune is asked for again before it is believed") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  // Concurrent requests share an answer: the first reading still shows a record in use.
  fake.reply(
      "GET /system/df",
      {std::nullopt, {{.body = R"({"BuildCache":[{"ID":"rec1","InUse":true}]})"}}, std::nullopt});
  CHECK(clear(fake).verification.verdict == Verdict::clean);
}

TEST_CASE("a tag that changed its image during the run is never removed, and is residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.before("GET /images/watchparty-backend:latest/json",
              [](FakeScene& scene) { scene.images[0].id = image_id('9'); });
  const Cleared cleared = clear(fake);
  CHECK(cleared.outcomes.at(0).status == OutcomeStatus::retagged);
  CHECK(joined(fake.requests()).find("DELETE") == std::string::npos);
  CHECK(cleared.verification.verdict == Verdict::residue);
  CHECK(lines_of(cleared.verification.residue) ==
        "watchparty-backend:latest: tagged again during the run, so left alone\n");
  CHECK(cleared.verification.residue.at(0).kind == ResidueKind::image);
}

TEST_CASE("a name that a finishing build tags after the removal is residue, and is left alone") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.before("POST /build/prune", [](FakeScene& scene) {
    scene.images.push_back({image_id('9'), {"watchparty-backend:latest"}});
  });
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::residue);
  CHECK(lines_of(cleared.verification.residue) ==
        "watchparty-backend:latest: tagged again during the run, so left alone\n");
  CHECK(count_of("DELETE", joined(fake.requests())) == 1);
}

TEST_CASE("a name whose removal failed is residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("DELETE", {{{.status = 409, .body = R"({"message":"no"})"}}});
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::residue);
  CHECK(lines_of(cleared.verification.residue) ==
        "watchparty-backend:latest: it is still tagged\n");
}

TEST_CASE("an engine that claims a removal which did not happen is not believed") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("DELETE", {{{.body = R"([{"Untagged":"watchparty-backend:latest"},{"Deleted":")" +
                                  image_id('b') + "\"}]"}}});
  const Cleared cleared = clear(fake);
  CHECK(cleared.outcomes.at(0).count == 1);
  CHECK(cleared.verification.verdict == Verdict::residue);
}

TEST_CASE("another target's image and other tags are no residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  CHECK(clear(fake, {"frontend"}).verification.verdict == Verdict::clean);
  Texts names;
  for (const auto& image : fake.scene().images) {
    names.insert(names.end(), image.tags.begin(), image.tags.end());
  }
  CHECK(joined(names) ==
        "watchparty-backend:latest\nwatchparty-backend:rollback\nother-app:latest\n");
}

TEST_CASE("an answer that does not tell about records is unknown, never clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("GET /system/df", {std::nullopt, {{.body = "{}"}}});
  const Cleared cleared = clear(fake);
  CHECK(cleared.verification.verdict == Verdict::unknown);
  CHECK_FALSE(cleared.verification.failure);
  CHECK(joined(cleared.verification.notes) == Containing{"does not tell"});
}

TEST_CASE("a name that is left is residue although nothing is known of the records") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("GET /system/df", {{{.body = "{}"}}});
  CHECK(only_verify(fake).verdict == Verdict::residue);
}

TEST_CASE("a reading that fails leaves the verdict open, and says why") {
  for (const std::string& request : Texts{"GET /system/df", "GET /images/json"}) {
    CAPTURE(request);
    FakeEngine fake;
    fake.set_scene(cac::test::sample_scene());
    fake.reply(request, {std::nullopt, {{.status = 500, .body = R"({"message":"no"})"}}});
    const Cleared cleared = clear(fake);
    CHECK(cleared.verification.verdict == Verdict::unknown);
    REQUIRE(cleared.verification.failure);
    CHECK(cleared.verification.failure->kind == FailureKind::refused);
    CHECK(cleared.verification.failure->message == Containing{request});
  }
}

TEST_CASE("verify-only sends nothing but reads, however much there is") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.records[1].in_use = true;
  fake.set_scene(scene);
  const Verification verification = only_verify(fake);
  CHECK(verification.verdict == Verdict::residue);
  CHECK(lines_of(verification.residue) ==
        "[deps 3/3] RUN npm ci: reusable by a build\n"
        "[build 2/2] RUN npm run build: held by a running build\n"
        "local source for context: reusable by a build\n"
        "rec4: reusable by a build\n"
        "cached mount /root/.npm from exec /bin/sh -c npm ci: reusable by a build\n"
        "watchparty-backend:latest: usable as a cache_from source\n");
  for (const std::string& request : fake.requests()) CHECK(request.starts_with("GET "));
}

TEST_CASE("verify-only of an unknown project warns, and is clean where there are no records") {
  FakeEngine fake;
  const Verification verification = only_verify(fake, {"--verify-only", "-p", "wachtparty"});
  CHECK(verification.verdict == Verdict::clean);
  CHECK(joined(verification.warnings) == Containing{"'wachtparty-'"});
}

TEST_CASE("cache mounts that are spared are kept, and are no residue") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  const Cleared cleared = clear(fake, {"backend", "--keep-cache-mounts"});
  CHECK(cleared.verification.verdict == Verdict::clean);
  REQUIRE(cleared.verification.kept.size() == 1);
  CHECK(cleared.verification.kept[0].id == "rec5");
  CHECK(cleared.verification.kept[0].size.count == 99'901'808);
  REQUIRE(fake.scene().records.size() == 1);
  CHECK(fake.scene().records[0].id == "rec5");
}

TEST_CASE("a record of a type that nobody knows is residue beside spared cache mounts") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.records.push_back({.id = "odd", .type = "from.the.future", .description = "?"});
  fake.set_scene(scene);
  const Cleared cleared = clear(fake, {"backend", "--keep-cache-mounts"});
  CHECK(cleared.verification.verdict == Verdict::residue);
  CHECK(lines_of(cleared.verification.residue) == "?: still there after every prune\n");
  CHECK(prunes_sent(fake) == 5 * (1 + 3));
}

TEST_CASE("a dangling image that a container holds is a note, unless its removal told of it") {
  FakeEngine fake;
  FakeScene scene = cac::test::sample_scene();
  scene.images.push_back({image_id('d'), {}});
  scene.containers.push_back({"old", image_id('d')});
  fake.set_scene(scene);
  const Cleared cleared = clear(fake, {"all"});
  CHECK(cleared.verification.verdict == Verdict::clean);
  const std::string notes = joined(cleared.verification.notes);
  CHECK(notes ==
        Containing{"dangling image sha256:dddddddddddd stays, held by container old (running): "});
  CHECK(count_of("dangling image", notes) == 1);
}

TEST_CASE("dangling images that cannot be read are a note, not a failure") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.reply("GET /images/json?filters=%7B%22dangling",
             {std::nullopt, {{.status = 500, .body = R"({"message":"no"})"}}});
  const Cleared cleared = clear(fake, {"all"});
  CHECK(cleared.verification.verdict == Verdict::clean);
  CHECK(joined(cleared.verification.notes) == Containing{"not known"});
}
