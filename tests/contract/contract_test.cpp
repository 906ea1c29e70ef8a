// What the tool relies on, case after case on one engine: the fake, or the real one whose address
// is in CLEAR_APP_CACHE_TEST_ENGINE, of any kind; docker's variables say which files it takes for
// TLS. The real one has been filled with the fake's sample_scene() before; the cases use it up, in
// their order. CLEAR_APP_CACHE_TEST_STORE=containerd says which store it has.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "clear/prune.hpp"
#include "clear/state.hpp"
#include "connected.hpp"
#include "docker/context.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::Bytes;
using cac::CacheRecord;
using cac::Container;
using cac::Image;
using Result = cac::ImageRemoval::Result;
using cac::test::Connected;
using cac::test::FakeEngine;
using cac::test::FakeStore;
using cac::test::joined;
using cac::test::Texts;

namespace {

// An empty variable is none.
std::optional<std::string> environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

// The engine of all cases, and what one case leaves for the next.
struct Bench {
  Bench() {
    auto url = environment("CLEAR_APP_CACHE_TEST_ENGINE");
    if (!url) {
      fake.emplace();
      cac::test::FakeScene scene = cac::test::sample_scene();
      scene.images.push_back({cac::test::image_id('1'), {}, 9000, {}, "other"});
      scene.images.push_back({cac::test::image_id('2'), {}, 9000});
      fake->set_scene(scene);
      if (has_containerd_store) fake->set_store(FakeStore::containerd);
      if (const auto api = environment("CLEAR_APP_CACHE_TEST_API")) {
        fake->set_api(std::stoi(api->substr(2)));
      }
      url = fake->url();
    }
    cac::Interruption interruption(-1, cac::Interruption::Clock::time_point::max());
    endpoint = cac::choose_endpoint({.host = url}, environment, "", interruption);
    std::cout << "contract: " << (fake ? "the fake engine" : *url)
              << (endpoint.tls ? " with TLS, " : ", ")
              << (has_containerd_store ? "containerd" : "classic") << " store\n";
  }

  std::optional<FakeEngine> fake;
  cac::Endpoint endpoint;
  bool has_containerd_store = environment("CLEAR_APP_CACHE_TEST_STORE") == "containerd";
  std::string backend_id;
  std::string frontend_id;
};

Bench& bench() {
  static Bench bench;
  return bench;
}

const std::string backend = "watchparty-backend:latest";
const std::string rollback = "watchparty-backend:rollback";
const std::string frontend = "watchparty-frontend:latest";

std::string id_of(cac::Engine& engine, const std::string& name) {
  const auto image = engine.image(name);
  REQUIRE(image);
  CHECK(image->id.starts_with("sha256:"));
  return image->id;
}

Result result_of(cac::Engine& engine, const std::string& name, const std::string& id) {
  return engine.remove_image(name, id).result;
}

std::string names_of(const std::vector<Image>& images) {
  Texts names;
  for (const Image& image : images) names.insert(names.end(), image.tags.begin(), image.tags.end());
  std::sort(names.begin(), names.end());
  return joined(names);
}

const Container& find(const std::vector<Container>& containers, const std::string& name) {
  const auto found = std::find_if(containers.begin(), containers.end(),
                                  [&](const Container& one) { return one.name == name; });
  REQUIRE(found != containers.end());
  return *found;
}

// Returns one that is not the sample application's.
const Image& find_of_project(const std::vector<Image>& images, const std::string& project) {
  const auto found = std::find_if(images.begin(), images.end(), [&](const Image& one) {
    return one.compose_project == project && one.id != bench().backend_id &&
           one.id != bench().frontend_id;
  });
  REQUIRE(found != images.end());
  return *found;
}

bool has(const std::vector<Image>& images, const std::string& id) {
  return std::any_of(images.begin(), images.end(), [&](const Image& one) { return one.id == id; });
}

}  // namespace

TEST_CASE("the engine says that it is Docker, its version, and an API that is spoken here") {
  Connected to(bench().endpoint);
  CHECK(to.engine.identity().name == "Docker");
  CHECK_FALSE(to.engine.identity().version.empty());
  CHECK(to.engine.identity().api >= cac::oldest_api);
  CHECK(to.engine.identity().api <= cac::newest_api);
  CHECK(to.engine.identity().address == bench().endpoint.text());
  std::cout << "contract: Docker " << to.engine.identity().version << ", API "
            << to_string(to.engine.identity().api) << "\n";
}

TEST_CASE("images are selected by the pattern, and no other application's are among them") {
  Connected to(bench().endpoint);
  const auto images = to.engine.images({"watchparty-*"});
  CHECK(names_of(images) ==
        "watchparty-backend:latest\nwatchparty-backend:rollback\nwatchparty-frontend:latest\n");
  for (const Image& image : images) CHECK(image.size.count > 0);
  CHECK(names_of(to.engine.images({"other-*"})) == "other-app:latest\n");
  CHECK(to.engine.images({"no-such-*"}).empty());
  // A repository stands for all its tags, and there may be several.
  CHECK(names_of(to.engine.images({"watchparty-backend", "other-app", "no-such"})) ==
        "other-app:latest\nwatchparty-backend:latest\nwatchparty-backend:rollback\n");
  CHECK(to.engine.images({"watchparty"}).empty());
}

TEST_CASE("an image is found by its name under the ID that the list has, or it is absent") {
  Connected to(bench().endpoint);
  bench().backend_id = id_of(to.engine, backend);
  bench().frontend_id = id_of(to.engine, frontend);
  CHECK(bench().backend_id != id_of(to.engine, rollback));
  CHECK(has(to.engine.images({"watchparty-*"}), bench().backend_id));
  CHECK_FALSE(to.engine.image("watchparty-nobody:latest"));
  CHECK_FALSE(to.engine.image("watchparty-backend:no-such-tag"));
}

TEST_CASE("an image takes another name, and loses only the name that is taken away") {
  Connected to(bench().endpoint);
  const std::string id = id_of(to.engine, rollback);
  CHECK(to.engine.tag_image(id, "watchparty-backend", "kept"));
  CHECK(id_of(to.engine, "watchparty-backend:kept") == id);
  const auto images = to.engine.images({"watchparty-backend*"});
  CHECK(names_of(images) ==
        "watchparty-backend:kept\nwatchparty-backend:latest\nwatchparty-backend:rollback\n");
  CHECK(images.size() == 2);
  CHECK(result_of(to.engine, "watchparty-backend:kept", id) == Result::untagged);
  CHECK(id_of(to.engine, rollback) == id);
  CHECK_FALSE(to.engine.tag_image("sha256:" + std::string(64, '0'), "watchparty-backend", "kept"));
}

TEST_CASE("containers have the name, the state and the image's own ID, running or not") {
  Connected to(bench().endpoint);
  const auto containers = to.engine.containers();
  CHECK(find(containers, "wp-backend").state == "running");
  CHECK(find(containers, "wp-backend").image_id == bench().backend_id);
  CHECK(find(containers, "wp-frontend").state == "exited");
  CHECK(find(containers, "wp-frontend").image_id == bench().frontend_id);
}

TEST_CASE("the build cache is listed with types and sizes, and none is in use") {
  Connected to(bench().endpoint);
  const auto records = to.engine.build_cache();
  REQUIRE(records);
  CHECK(records->size() >= 3);
  CHECK(cac::total_size(*records).count > 0);
  for (const CacheRecord& record : *records) {
    CHECK_FALSE(record.id.empty());
    CHECK_FALSE(record.type.empty());
    CHECK_FALSE(record.in_use);
    CHECK(record.size.count >= 0);
    CHECK(record.last_used);
  }
  const auto is_regular = [](const CacheRecord& record) { return record.type == "regular"; };
  CHECK(std::any_of(records->begin(), records->end(), is_regular));
}

TEST_CASE("removing what is not there is no failure") {
  Connected to(bench().endpoint);
  CHECK(result_of(to.engine, "watchparty-nobody:latest", "sha256:x") == Result::absent);
}

TEST_CASE("a running container's image loses its name and stays, and the container runs on") {
  Connected to(bench().endpoint);
  CHECK(result_of(to.engine, backend, bench().frontend_id) == Result::retagged);
  CHECK(to.engine.image(backend));
  CHECK(result_of(to.engine, backend, bench().backend_id) == Result::untagged);
  CHECK_FALSE(to.engine.image(backend));
  CHECK(has(to.engine.dangling_images(), bench().backend_id));
  const auto containers = to.engine.containers();
  CHECK(find(containers, "wp-backend").state == "running");
  CHECK(find(containers, "wp-backend").image_id == bench().backend_id);
}

TEST_CASE("an image that nobody holds is deleted") {
  Connected to(bench().endpoint);
  // The answer's "Deleted" entries name the image by the ID that it was looked up with.
  CHECK(result_of(to.engine, rollback, id_of(to.engine, rollback)) == Result::deleted);
  CHECK_FALSE(to.engine.image(rollback));
  CHECK(names_of(to.engine.images({"watchparty-*"})) == "watchparty-frontend:latest\n");
}

TEST_CASE(
    "a stopped container's image is deleted by the classic store, and dangling on containerd's") {
  Connected to(bench().endpoint);
  CHECK(result_of(to.engine, frontend, bench().frontend_id) ==
        (bench().has_containerd_store ? Result::untagged : Result::deleted));
  CHECK_FALSE(to.engine.image(frontend));
  CHECK(has(to.engine.dangling_images(), bench().frontend_id) == bench().has_containerd_store);
  CHECK(find(to.engine.containers(), "wp-frontend").state == "exited");
}

TEST_CASE("dangling images are listed with their labels, and without names and digests") {
  Connected to(bench().endpoint);
  const auto dangling = to.engine.dangling_images();
  CHECK(dangling.size() == (bench().has_containerd_store ? 4 : 3));
  CHECK(find_of_project(dangling, "other").id != find_of_project(dangling, "").id);
  for (const Image& image : dangling) {
    CHECK(image.tags.empty());
    CHECK(image.names_known);
    CHECK(image.repo_digests.empty());
    CHECK(image.owner_known);
  }
}

TEST_CASE("a dangling image is removed by its ID unless a container holds it, running or not") {
  Connected to(bench().endpoint);
  const auto before = to.engine.dangling_images();
  std::size_t removed = 0;
  for (const Image& image : before) {
    if (image.compose_project.empty() && to.engine.remove_dangling_image(image.id)) ++removed;
  }
  CHECK(removed == 1);
  const auto after = to.engine.dangling_images();
  CHECK(after.size() == before.size() - 1);
  CHECK(has(after, bench().backend_id));
  CHECK(has(after, bench().frontend_id) == bench().has_containerd_store);
  CHECK(has(after, find_of_project(before, "other").id));
  CHECK_FALSE(to.engine.remove_dangling_image("sha256:" + std::string(64, '0')));
  CHECK(find(to.engine.containers(), "wp-backend").state == "running");
  CHECK(to.engine.image("other-app:latest"));
}

TEST_CASE("a prune for free space takes no record while enough is free, and all if never enough") {
  Connected to(bench().endpoint);
  if (!to.engine.identity().api.prunes_for_free_space()) return;
  const auto before = to.engine.build_cache();
  REQUIRE(before);
  CHECK(to.engine.prune_build_cache({.min_free_space = Bytes{1}}).count == 0);
  CHECK(to.engine.build_cache()->size() == before->size());
  // A size limit holds beside it.
  const Bytes most{cac::unshared_size(*before).count - 1};
  const auto pruned =
      to.engine.prune_build_cache({.keep_storage = most, .min_free_space = Bytes{1}});
  CHECK(pruned.count > 0);
  CHECK(pruned.records.size() == pruned.count);
  CHECK(std::find_if(before->begin(), before->end(), [&](const CacheRecord& record) {
          return record.id == pruned.records.front();
        }) != before->end());
  CHECK(pruned.count < before->size());
}

TEST_CASE("the prune of the build cache takes every record, and frees the sum of their sizes") {
  Connected to(bench().endpoint);
  const auto before = to.engine.build_cache();
  REQUIRE(before);
  CHECK_FALSE(before->empty());
  const auto pruned = to.engine.prune_build_cache({});
  CHECK(pruned.count == before->size());
  CHECK(pruned.reclaimed.count == cac::total_size(*before).count);
  const auto after = to.engine.build_cache();
  REQUIRE(after);
  CHECK(after->empty());
}

TEST_CASE("a second prune has nothing to do") {
  Connected to(bench().endpoint);
  const auto pruned = to.engine.prune_build_cache({});
  CHECK(pruned.count == 0);
  CHECK(pruned.reclaimed.count == 0);
}

TEST_CASE("the other application and the containers are as they were") {
  Connected to(bench().endpoint);
  CHECK(to.engine.image("other-app:latest"));
  CHECK(to.engine.images({"watchparty-*"}).empty());
  CHECK(to.engine.containers().size() == 2);
}
