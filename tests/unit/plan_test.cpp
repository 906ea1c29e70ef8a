#include "clear/plan.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "samples.hpp"
#include "texts.hpp"

using cac::Action;
using cac::ActionKind;
using cac::CacheRecord;
using cac::Container;
using cac::Plan;
using cac::Reason;
using cac::State;
using cac::test::clear_request;
using cac::test::joined;
using cac::test::Texts;
using cac::test::Words;

namespace {

Plan plan(const Words& words, const State& state) {
  return cac::plan_clearing(clear_request(words), state);
}

// The sample application: a backend that a container runs, with an older one to go back to.
State sample() {
  return {.records = {{{.id = "r1", .size = {700}},
                       {.id = "r2", .type = "exec.cachemount", .size = {112}}}},
          .containers = {{"c1", "wp-backend", "sha256:b", "running"},
                         {"c2", "db", "sha256:d", "running"}},
          .images = {
              {.id = "sha256:f", .tags = {"watchparty-frontend:latest"}, .size = {20}},
              {.id = "sha256:b", .tags = {"watchparty-backend:latest"}, .size = {30}},
              {.id = "sha256:a", .tags = {"watchparty-backend:rollback"}, .size = {29}},
              {.id = "sha256:w", .tags = {"watchparty-worker:latest"}, .size = {10}},
          }};
}

std::string list(const Plan& plan) {
  Texts lines;
  for (const Action& action : plan) {
    std::string line(to_string(action.kind));
    if (!action.object.empty()) line += " " + action.object + " " + action.image_id;
    lines.push_back(line);
  }
  return joined(lines);
}

const Action& find(const Plan& plan, const char* name) {
  for (const Action& action : plan) {
    if (action.object == name) return action;
  }
  FAIL("no action for ", name);
  return plan.front();
}

Texts names(const std::vector<Container>& containers) {
  Texts names;
  for (const Container& container : containers) names.push_back(container.name);
  return names;
}

Texts types(const Action& action) {
  Texts types;
  for (const auto& prune : action.prunes) types.push_back(prune.type);
  return types;
}

const std::string prune_all = "prune-dangling-images\nprune-build-cache\n";

}  // namespace

TEST_CASE("images come before the build cache, and no target touches another's image") {
  CHECK(list(plan({"all"}, sample())) ==
        "remove-image watchparty-backend:latest sha256:b\n"
        "remove-image watchparty-frontend:latest sha256:f\n"
        "remove-image watchparty-worker:latest sha256:w\n" +
            prune_all);
  CHECK(list(plan({"backend"}, sample())) ==
        "remove-image watchparty-backend:latest sha256:b\nprune-build-cache\n");
  CHECK(list(plan({"frontend"}, sample())) ==
        "remove-image watchparty-frontend:latest sha256:f\nprune-build-cache\n");
}

TEST_CASE("artifacts come first") {
  State state = sample();
  state.artifacts.found = {{"/srv/app/frontend/.next", {5}}};
  const Plan made = plan({"frontend", "--app-dir", "/srv/app"}, state);
  CHECK(made.front().kind == ActionKind::remove_artifact);
  CHECK(made.front().object == "/srv/app/frontend/.next");
  CHECK(made.front().directory == "/srv/app");
  CHECK(made.front().reason == Reason::copied_by_build);
  CHECK(made.size() == 3);
}

TEST_CASE("the plan is the same in whatever order the engine lists images") {
  State turned = sample();
  std::reverse(turned.images.begin(), turned.images.end());
  CHECK(list(plan({"all"}, turned)) == list(plan({"all"}, sample())));
}

TEST_CASE("the build cache is pruned even if there is nothing else, and no record known") {
  const Plan made = plan({"all"}, {});
  CHECK(list(made) == prune_all);
  for (const Action& action : made) CHECK_FALSE(action.count);
  REQUIRE(made[1].prunes.size() == 1);
  CHECK(made[1].prunes[0].type.empty());
  CHECK_FALSE(made[1].prunes[0].older_than);
  CHECK_FALSE(made[1].prunes[0].keep_storage);
}

TEST_CASE("a removal names the containers that use the image, and the image's other names") {
  State state = sample();
  state.images[1].tags = {"watchparty-backend:latest", "watchparty-backend:rollback",
                          "watchparty-backend:v2"};
  state.containers.push_back({"c3", "wp-old", "sha256:b", "exited"});
  const Plan made = plan({"backend"}, state);
  CHECK(list(made) == "remove-image watchparty-backend:latest sha256:b\nprune-build-cache\n");
  const Action& removal = find(made, "watchparty-backend:latest");
  CHECK(removal.reason == Reason::cache_from);
  CHECK(removal.size.count == 30);
  CHECK(removal.other_names == Texts{"watchparty-backend:rollback", "watchparty-backend:v2"});
  CHECK(names(removal.holders) == Texts{"wp-backend", "wp-old"});
  CHECK(find(plan({"all"}, state), "watchparty-frontend:latest").holders.empty());
}

TEST_CASE("two services of one image lose both names") {
  const State state{
      .images = {
          {.id = "sha256:x", .tags = {"watchparty-backend:latest", "watchparty-worker:latest"}}}};
  const Plan all = plan({"all"}, state);
  CHECK(list(all) ==
        "remove-image watchparty-backend:latest sha256:x\n"
        "remove-image watchparty-worker:latest sha256:x\n" +
            prune_all);
  CHECK(find(all, "watchparty-backend:latest").other_names.empty());
  CHECK(find(all, "watchparty-worker:latest").other_names.empty());
  CHECK(find(plan({"backend"}, state), "watchparty-backend:latest").other_names ==
        Texts{"watchparty-worker:latest"});
}

TEST_CASE("a backup is named after the image, and an earlier one is not lost to another image") {
  State state{.images = {{.id = "sha256:new", .tags = {"watchparty-backend:latest"}},
                         {.id = "sha256:old", .tags = {"watchparty-backend:before"}}}};
  const Words before{"backend", "--keep-as", "before"};
  CHECK_THROWS_AS(plan(before, state), cac::UsageError);
  const Action other =
      find(plan({"backend", "--keep-as", "other"}, state), "watchparty-backend:latest");
  CHECK(other.keep_as == "watchparty-backend:other");
  CHECK(other.other_names == Texts{"watchparty-backend:other"});
  state.images = {
      {.id = "sha256:new", .tags = {"watchparty-backend:latest", "watchparty-backend:before"}}};
  CHECK(find(plan(before, state), "watchparty-backend:latest").other_names ==
        Texts{"watchparty-backend:before"});
}

TEST_CASE("two images of one repository cannot both be kept under one name") {
  cac::ClearRequest request;
  request.keep_as = "before";
  request.application.builds =
      cac::BuildSources{.images = {{.name = "shop-web:latest", .is_built = true},
                                   {.name = "shop-web:v1", .is_built = true}}};
  const auto make_state = [](const std::string& other_id) {
    return State{.images = {{.id = "sha256:1", .tags = {"shop-web:latest"}},
                            {.id = other_id, .tags = {"shop-web:v1"}}}};
  };
  CHECK_THROWS_WITH_AS(cac::plan_clearing(request, make_state("sha256:2")),
                       doctest::Contains("shop-web:before"), cac::UsageError);
  for (const cac::Action& action : cac::plan_clearing(request, make_state("sha256:1"))) {
    if (action.kind == cac::ActionKind::remove_image) CHECK(action.keep_as == "shop-web:before");
  }
}

TEST_CASE("dangling images that containers use are not counted as pruned") {
  const State state{.containers = {{"c", "x", "sha256:2", "exited"}},
                    .dangling = {{{.id = "sha256:1", .size = {10}},
                                  {.id = "sha256:2", .size = {20}},
                                  {.id = "sha256:3", .size = {40}}}}};
  const Plan made = plan({"all"}, state);
  REQUIRE(list(made) == prune_all);
  CHECK(made[0].count == 2);
  CHECK(made[0].size.count == 50);
  CHECK(list(plan({"backend"}, state)) == "prune-build-cache\n");
}

TEST_CASE("the prune of the build cache counts every record, and those that a build holds") {
  State state = sample();
  const Action free = plan({"backend"}, state).back();
  CHECK(free.reason == Reason::shared_cache);
  CHECK(free.count == 2);
  CHECK(free.size.count == 812);
  CHECK(free.held == 0);
  state.records->front().in_use = true;
  CHECK(plan({"backend"}, state).back().held == 1);
}

TEST_CASE("cache mounts that are kept are pruned around, type by type") {
  const Action action = plan({"backend", "--keep-cache-mounts"}, sample()).back();
  CHECK(action.count == 1);
  CHECK(action.size.count == 700);
  CHECK(action.kept == 1);
  CHECK(types(action) ==
        Texts{"regular", "source.git.checkout", "source.local", "frontend", "internal"});
}

TEST_CASE("a pruning removes what is too old first, then what is too much, or everything") {
  const std::vector<CacheRecord> records{{.id = "r1", .size = {700}}};
  const Plan limited = cac::plan_pruning(
      {.older_than = std::chrono::hours(24), .keep_storage = cac::Bytes{5}}, {.records = records});
  REQUIRE(limited.size() == 2);
  CHECK(limited[0].reason == Reason::older_than);
  CHECK(limited[0].prunes.at(0).older_than == std::chrono::hours(24));
  CHECK_FALSE(limited[0].prunes.at(0).keep_storage);
  CHECK(limited[1].reason == Reason::keep_storage);
  CHECK(limited[1].prunes.at(0).keep_storage == cac::Bytes{5});
  CHECK_FALSE(limited[1].prunes.at(0).older_than);

  const Plan free = cac::plan_pruning({.min_free_space = cac::Bytes{9}}, {.records = records});
  REQUIRE(free.size() == 1);
  CHECK(free[0].reason == Reason::min_free_space);
  CHECK(free[0].prunes.at(0).min_free_space == cac::Bytes{9});
  // The engine combines these two.
  const Plan both = cac::plan_pruning(
      {.keep_storage = cac::Bytes{5}, .min_free_space = cac::Bytes{9}}, {.records = records});
  REQUIRE(both.size() == 1);
  CHECK(both[0].reason == Reason::min_free_space);
  CHECK(both[0].prunes.at(0).keep_storage == cac::Bytes{5});
  CHECK(both[0].prunes.at(0).min_free_space == cac::Bytes{9});

  const Plan everything = cac::plan_pruning({}, {.records = records});
  REQUIRE(everything.size() == 1);
  CHECK(everything[0].reason == Reason::unused);
  CHECK(everything[0].count == 1);
}

TEST_CASE("a prune is repeated only for records that nothing holds and that are not kept") {
  const CacheRecord mount{.id = "m", .type = "exec.cachemount", .parents = {"p"}};
  const CacheRecord parent{.id = "p"};
  const CacheRecord held{.id = "h", .in_use = true};
  const CacheRecord loose{.id = "l", .type = "from.the.future", .size = {3}};
  const auto repeats = [](const Words& words, const std::vector<CacheRecord>& records) {
    return cac::plan_repeated_prune(clear_request(words), {.records = records});
  };
  CHECK_FALSE(cac::plan_repeated_prune(clear_request({}), {}));
  CHECK_FALSE(repeats({}, {}));
  CHECK_FALSE(repeats({}, {held}));
  CHECK_FALSE(repeats({"--keep-cache-mounts"}, {mount, parent}));
  CHECK(repeats({}, {mount}));
  CHECK(repeats({}, {held, loose}));
  const auto again = repeats({"--keep-cache-mounts"}, {mount, held, loose});
  REQUIRE(again);
  CHECK(again->reason == Reason::left_by_prune);
  CHECK(again->size.count == 3);
  CHECK(types(*again).size() == 5);
}

TEST_CASE("a dry run's plan is the run's plan") {
  CHECK(list(plan({"--dry-run"}, sample())) == list(plan({}, sample())));
}

TEST_CASE("a plan for very many images and containers is made, and each has its own facts") {
  constexpr int count = 20'000;
  State state{.dangling = std::vector<cac::Image>()};
  for (int i = 0; i < count; ++i) {
    const std::string id = fmt::format("sha256:{}", i);
    state.images.push_back(
        {.id = id,
         .tags = {fmt::format("watchparty-s{}:latest", i), fmt::format("watchparty-s{}:v1", i)}});
    state.dangling->push_back({.id = "dangling " + id});
    state.containers.push_back({"", fmt::format("c{}", i), id, "running"});
    state.containers.push_back({"", fmt::format("d{}", i), "dangling " + id, "running"});
  }
  const Plan made = plan({"--keep-as", "old"}, state);
  REQUIRE(made.size() == count + 2);
  const Action& last = find(made, "watchparty-s19999:latest");
  CHECK(last.other_names == Texts{"watchparty-s19999:old", "watchparty-s19999:v1"});
  CHECK(names(last.holders) == Texts{"c19999"});
  CHECK(find(made, "watchparty-s7:latest").keep_as == "watchparty-s7:old");
  CHECK(made[count].count == 0);
  state.images.push_back({.id = "other", .tags = {"watchparty-s19999:old"}});
  CHECK_THROWS_AS(plan({"--keep-as", "old"}, state), cac::UsageError);
}
