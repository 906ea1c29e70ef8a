#include "clear/plan.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "connected.hpp"
#include "texts.hpp"

using cac::Action;
using cac::ActionKind;
using cac::Inventory;
using cac::Plan;
using cac::test::Containing;
using cac::test::joined;
using cac::test::options_of;
using cac::test::Texts;
using Words = std::vector<const char*>;

namespace {

Plan plan_of(const Words& words, const Inventory& inventory) {
  return cac::plan_for(options_of(words), inventory, cac::newest_api);
}

// The sample application: a backend that a container runs, with an older one to go back to.
Inventory sample() {
  Inventory inventory;
  inventory.records_known = true;
  inventory.records = {{.id = "r1", .size = {700}},
                       {.id = "r2", .type = "exec.cachemount", .size = {112}}};
  inventory.containers = {{"c1", "wp-backend", "sha256:b", "running"},
                          {"c2", "db", "sha256:d", "running"}};
  inventory.project_images = {
      {.id = "sha256:f", .tags = {"watchparty-frontend:latest"}, .size = {20}},
      {.id = "sha256:b", .tags = {"watchparty-backend:latest"}, .size = {30}},
      {.id = "sha256:a", .tags = {"watchparty-backend:rollback"}, .size = {29}},
      {.id = "sha256:w", .tags = {"watchparty-worker:latest"}, .size = {10}},
  };
  return inventory;
}

std::string line_of(const Action& action) {
  switch (action.kind) {
    case ActionKind::remove_artifact:
      return "remove artifact " + action.object;
    case ActionKind::remove_image:
      return "remove " + action.object + " " + action.image_id;
    case ActionKind::prune_dangling_images:
      return "prune dangling images";
    case ActionKind::prune_build_cache:
      return "prune build cache";
  }
  return "";
}

std::string lines_of(const Plan& plan) {
  Texts lines;
  for (const Action& action : plan.actions) lines.push_back(line_of(action));
  return joined(lines);
}

const Action& removal(const Plan& plan, const std::string& name) {
  for (const Action& action : plan.actions) {
    if (action.object == name) return action;
  }
  FAIL("no action for ", name);
  return plan.actions.front();
}

}  // namespace

TEST_CASE("images come before the build cache, and no target touches another's image") {
  struct {
    Words words;
    std::string actions;
  } const rows[] = {
      {{"all"},
       "remove watchparty-backend:latest sha256:b\n"
       "remove watchparty-frontend:latest sha256:f\n"
       "remove watchparty-worker:latest sha256:w\n"
       "prune dangling images\n"
       "prune build cache\n"},
      {{"backend"}, "remove watchparty-backend:latest sha256:b\nprune build cache\n"},
      {{"frontend"}, "remove watchparty-frontend:latest sha256:f\nprune build cache\n"},
  };
  for (const auto& row : rows) CHECK(lines_of(plan_of(row.words, sample())) == row.actions);
}

TEST_CASE("the plan is the same in whatever order the engine lists images") {
  Inventory turned = sample();
  std::reverse(turned.project_images.begin(), turned.project_images.end());
  CHECK(lines_of(plan_of({"all"}, turned)) == lines_of(plan_of({"all"}, sample())));
}

TEST_CASE("the build cache is pruned even where there is nothing else, and no record known") {
  const Plan plan = plan_of({"all"}, {});
  CHECK(lines_of(plan) == "prune build cache\n");
  CHECK(plan.actions[0].count == 0);
  CHECK(plan.actions[0].size.count == 0);
  REQUIRE(plan.actions[0].prunes.size() == 1);
  CHECK(plan.actions[0].prunes[0].type.empty());
  CHECK_FALSE(plan.actions[0].prunes[0].older_than);
  CHECK_FALSE(plan.actions[0].prunes[0].keep_storage);
}

TEST_CASE("an unknown project is a warning; a project with other tags only is none") {
  CHECK(joined(plan_of({"-p", "wachtparty"}, {}).warnings) ==
        "no image on this engine has a name that begins with 'wachtparty-': is the project's name "
        "right?\n");
  Inventory inventory;
  inventory.project_images = {{.id = "sha256:a", .tags = {"watchparty-backend:rollback"}}};
  const Plan plan = plan_of({"all"}, inventory);
  CHECK(plan.warnings.empty());
  CHECK(lines_of(plan) == "prune build cache\n");
}

TEST_CASE("every action has a reason, and a removal says what stays all the same") {
  const Plan plan = plan_of({"all"}, sample());
  for (const Action& action : plan.actions) CHECK_FALSE(action.reason.empty());
  CHECK(removal(plan, "watchparty-backend:latest").effect ==
        "container wp-backend (running) uses it and is not touched");
  CHECK(removal(plan, "watchparty-backend:latest").size.count == 30);
  CHECK(removal(plan, "watchparty-frontend:latest").effect.empty());
}

TEST_CASE("the image's other names are told, and are not removed") {
  Inventory inventory = sample();
  inventory.project_images[1].tags = {"watchparty-backend:latest", "watchparty-backend:rollback",
                                      "watchparty-backend:v2"};
  const Plan plan = plan_of({"backend"}, inventory);
  CHECK(lines_of(plan) == "remove watchparty-backend:latest sha256:b\nprune build cache\n");
  CHECK(
      removal(plan, "watchparty-backend:latest").effect ==
      "the image stays as watchparty-backend:rollback, watchparty-backend:v2; container wp-backend "
      "(running) uses it and is not touched");
}

TEST_CASE("two services of one image lose both names") {
  Inventory inventory;
  inventory.project_images = {
      {.id = "sha256:x", .tags = {"watchparty-backend:latest", "watchparty-worker:latest"}}};
  const Plan all = plan_of({"all"}, inventory);
  CHECK(lines_of(all) ==
        "remove watchparty-backend:latest sha256:x\n"
        "remove watchparty-worker:latest sha256:x\n"
        "prune dangling images\n"
        "prune build cache\n");
  CHECK(removal(all, "watchparty-backend:latest").effect.empty());
  CHECK(removal(all, "watchparty-worker:latest").effect.empty());
  CHECK(removal(plan_of({"backend"}, inventory), "watchparty-backend:latest").effect ==
        "the image stays as watchparty-worker:latest");
}

TEST_CASE("a way back that was kept earlier is not lost to another image") {
  Inventory inventory;
  inventory.project_images = {{.id = "sha256:new", .tags = {"watchparty-backend:latest"}},
                              {.id = "sha256:old", .tags = {"watchparty-backend:before"}}};
  CHECK_THROWS_AS(plan_of({"backend", "--keep-as", "before"}, inventory), cac::UsageError);
  CHECK_NOTHROW(plan_of({"backend", "--keep-as", "other"}, inventory));
  inventory.project_images = {
      {.id = "sha256:new", .tags = {"watchparty-backend:latest", "watchparty-backend:before"}}};
  CHECK(removal(plan_of({"backend", "--keep-as", "before"}, inventory), "watchparty-backend:latest")
            .effect == "the image stays as watchparty-backend:before");
}

TEST_CASE("every container that uses the image is named, with its state") {
  Inventory inventory = sample();
  inventory.containers.push_back({"c3", "wp-old", "sha256:b", "exited"});
  inventory.containers.push_back({"c4", "wp-odd", "sha256:b", ""});
  CHECK(removal(plan_of({"backend"}, inventory), "watchparty-backend:latest").effect ==
        Containing{"containers wp-backend (running), wp-old (exited) and wp-odd use it and are not "
                   "touched"});
}

TEST_CASE("dangling images are pruned under all, without those that containers use") {
  Inventory inventory;
  inventory.dangling = {{.id = "sha256:1", .size = {10}},
                        {.id = "sha256:2", .size = {20}},
                        {.id = "sha256:3", .size = {40}}};
  inventory.containers = {{"c", "x", "sha256:2", "exited"}};
  const Plan plan = plan_of({"all"}, inventory);
  REQUIRE(lines_of(plan) == "prune dangling images\nprune build cache\n");
  CHECK(plan.actions[0].count == 2);
  CHECK(plan.actions[0].size.count == 50);
  CHECK(plan.actions[0].effect == "1 that containers use stay");
}

TEST_CASE("the prune of the build cache counts every record, and says which a build holds") {
  Inventory inventory = sample();
  const Action free = plan_of({"backend"}, inventory).actions.back();
  CHECK(free.count == 2);
  CHECK(free.size.count == 812);
  CHECK(free.reason == Containing{"shared by all applications"});
  CHECK(free.effect.empty());
  inventory.records[0].in_use = true;
  CHECK(plan_of({"backend"}, inventory).actions.back().effect ==
        "1 that a running build holds stay");
}

TEST_CASE("cache mounts that are spared are pruned around, type by type") {
  Inventory inventory = sample();
  const Action action = plan_of({"backend", "--keep-cache-mounts"}, inventory).actions.back();
  CHECK(action.count == 1);
  CHECK(action.size.count == 700);
  CHECK(action.effect == "cache mounts are spared: 1");
  Texts types;
  for (const auto& prune : action.prunes) types.push_back(prune.type);
  CHECK(joined(types) == "regular\nsource.git.checkout\nsource.local\nfrontend\ninternal\n");
}

TEST_CASE("a copy in a registry is a note, and the containerd store's own digest is none") {
  Inventory inventory;
  inventory.project_images = {{.id = "sha256:b",
                               .tags = {"watchparty-backend:latest"},
                               .repo_digests = {"watchparty-backend@sha256:b"}}};
  const auto says_registry = [&] {
    return joined(plan_of({"backend"}, inventory).notes).find("copy in a registry") !=
           std::string::npos;
  };
  CHECK_FALSE(says_registry());
  inventory.project_images[0].repo_digests.emplace_back("watchparty-backend@sha256:other");
  CHECK(says_registry());
}

TEST_CASE("a buildx builder in a container is a note: its cache is out of reach") {
  Inventory inventory;
  inventory.containers = {{"c", "buildx_buildkit_multi0", "sha256:k", "running"}};
  CHECK(joined(plan_of({"all"}, inventory).notes) == Containing{"buildx_buildkit_multi0"});
  inventory.containers[0].name = "my-buildx_buildkit_";
  CHECK(joined(plan_of({"all"}, inventory).notes).find("buildx") == std::string::npos);
}

TEST_CASE("a dry run's plan is the run's plan") {
  CHECK(lines_of(plan_of({"--dry-run"}, sample())) == lines_of(plan_of({}, sample())));
}

TEST_CASE(
    "that the records are unknown is told by a dry run; a run's verification tells it itself") {
  const std::string note = "the engine does not tell which build cache records there are\n";
  CHECK(joined(plan_of({"--dry-run"}, {}).notes) == Containing{note});
  CHECK(joined(plan_of({}, {}).notes).find(note) == std::string::npos);
}

TEST_CASE("long lists of names are abridged") {
  Inventory inventory = sample();
  inventory.containers.clear();
  for (int i = 0; i < 12; ++i) {
    inventory.containers.push_back({"", fmt::format("c{}", i), "sha256:b", ""});
    inventory.project_images[1].tags.push_back(fmt::format("watchparty-backend:v{}", i));
  }
  CHECK(removal(plan_of({"backend"}, inventory), "watchparty-backend:latest").effect ==
        "the image stays as watchparty-backend:v0, watchparty-backend:v1, watchparty-backend:v2, "
        "watchparty-backend:v3, watchparty-backend:v4, watchparty-backend:v5, "
        "watchparty-backend:v6, watchparty-backend:v7, watchparty-backend:v8, "
        "watchparty-backend:v9, 2 more; containers c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 2 "
        "more use it and are not touched");
  CHECK(removal(plan_of({"backend", "--keep-as", "old"}, inventory), "watchparty-backend:latest")
            .effect == Containing{"the image stays as watchparty-backend:old, "
                                  "watchparty-backend:v0, watchparty-backend:v1"});
}

TEST_CASE("a plan for very many images and containers is made, and each has its own facts") {
  constexpr int count = 20'000;
  Inventory inventory;
  for (int i = 0; i < count; ++i) {
    const std::string id = fmt::format("sha256:{}", i);
    inventory.project_images.push_back(
        {.id = id,
         .tags = {fmt::format("watchparty-s{}:latest", i), fmt::format("watchparty-s{}:v1", i)}});
    inventory.dangling.push_back({.id = "dangling " + id});
    inventory.containers.push_back({"", fmt::format("c{}", i), id, "running"});
    inventory.containers.push_back({"", fmt::format("d{}", i), "dangling " + id, "running"});
  }
  const Plan plan = plan_of({"--keep-as", "old"}, inventory);
  REQUIRE(plan.actions.size() == count + 2);
  CHECK(removal(plan, "watchparty-s19999:latest").effect ==
        "the image stays as watchparty-s19999:old, watchparty-s19999:v1; container c19999 "
        "(running) uses it and is not touched");
  CHECK(removal(plan, "watchparty-s7:latest").keep_as == "watchparty-s7:old");
  CHECK(plan.actions[count].count == 0);
  CHECK(plan.actions[count].effect == fmt::format("{} that containers use stay", count));
  CHECK_THROWS_AS(
      [&] {
        inventory.project_images.push_back({.id = "other", .tags = {"watchparty-s19999:old"}});
        return plan_of({"--keep-as", "old"}, inventory);
      }(),
      cac::UsageError);
}
