// What others do to the engine while the tool runs.
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>

#include "world.hpp"

namespace cac::model {

namespace {

// A request of another client's.
void send(World& world, const std::string& method, const std::string& path) {
  world.rules.answer(world.state.scene,
                     {method, fmt::format("/v1.{}{}", world.rules.newest_minor, path)});
}

void prune_images(FakeScene& scene) {
  std::erase_if(scene.images, [&](const FakeImage& image) {
    return image.tags.empty() &&
           std::none_of(scene.containers.begin(), scene.containers.end(),
                        [&](const FakeContainer& one) { return one.image_id == image.id; });
  });
}

std::string make_image(World& world) {
  const std::string id =
      fmt::format("sha256:{:064x}", 0xbeef0000 + static_cast<unsigned>(++world.made));
  world.state.scene.images.push_back({.id = id, .tags = {}, .size = 5'000'000});
  return id;
}

void give_name(World& world, const std::string& id, const std::string& name) {
  for (FakeImage& image : world.state.scene.images) {
    std::erase(image.tags, name);
    if (image.id == id) image.tags.push_back(name);
  }
}

std::string start_build(World& world, Random& random) {
  auto& records = world.state.scene.records;
  Build build{.holds = {},
              .tags = world.names.empty() ? "new-app:latest" : random.pick(world.names)};
  std::string parent;
  if (!records.empty() && random.percent(60)) {
    build.holds.push_back(random.pick(records).id);
    parent = build.holds.back();
  }
  for (int i = random.between(1, 3); i > 0; --i) {
    FakeRecord record{.id = fmt::format("new{}", ++world.made),
                      .description = "mount / from exec /bin/sh -c make",
                      .size = 1'000};
    record.used_at = std::time(nullptr) - 10;
    if (!parent.empty()) record.parents = {parent};
    parent = record.id;
    build.holds.push_back(record.id);
    records.push_back(record);
  }
  world.builds.push_back(build);
  mark_in_use(world);
  return fmt::format("a build for {} starts, and holds {}", build.tags,
                     fmt::join(build.holds, ", "));
}

// A build has tagged its image before it lets its records go.
std::string tag_build(World& world) {
  for (Build& build : world.builds) {
    if (build.has_tagged) continue;
    build.has_tagged = true;
    const std::string id = make_image(world);
    give_name(world, id, build.tags);
    return fmt::format("a build tags {} {}", id, build.tags);
  }
  return "";
}

std::string end_build(World& world) {
  if (world.builds.empty()) return "";
  if (!world.builds.front().has_tagged) tag_build(world);
  const Build build = world.builds.front();
  world.builds.erase(world.builds.begin());
  for (FakeRecord& record : world.state.scene.records) {
    const bool was_held = std::count(build.holds.begin(), build.holds.end(), record.id) > 0;
    if (was_held) record.released = true;
  }
  mark_in_use(world);
  return fmt::format("the build for {} ends", build.tags);
}

void restart(World& world) {
  ++world.restarts;
  world.builds.clear();
  world.stuck.clear();
  for (FakeRecord& record : world.state.scene.records) record.released = true;
  mark_in_use(world);
}

std::string change_container(World& world, EventKind kind, Random& random) {
  FakeScene& scene = world.state.scene;
  if (kind == EventKind::starts_container) {
    if (scene.images.empty()) return "";
    scene.containers.push_back({fmt::format("new-{}", ++world.made), random.pick(scene.images).id});
    return "container " + scene.containers.back().name + " starts";
  }
  const auto at = std::find_if(scene.containers.begin(), scene.containers.end(),
                               [](const auto& one) { return !one.name.starts_with("buildx"); });
  if (at == scene.containers.end()) return "";
  const std::string name = at->name;
  if (kind == EventKind::removes_container) {
    scene.containers.erase(at);
    return "container " + name + " is removed";
  }
  at->state = "exited";
  return "container " + name + " stops";
}

std::string change_names(World& world, EventKind kind, Random& random) {
  FakeScene& scene = world.state.scene;
  if (scene.images.empty() || world.names.empty()) return "";
  std::string name = random.pick(world.names);
  switch (kind) {
    case EventKind::moves_tag: {
      // Between its look-up and its removal a name is moved seldom, and harm comes of it.
      if (!world.name_being_removed.empty() && random.percent(50)) name = world.name_being_removed;
      const std::string id = random.percent(50) ? make_image(world) : random.pick(scene.images).id;
      give_name(world, id, name);
      return fmt::format("{} names {} now", name, id);
    }
    case EventKind::adds_tag: {
      const std::string id = random.pick(scene.images).id;
      const std::string added = name.substr(0, name.rfind(':')) + ":before";
      give_name(world, id, added);
      return fmt::format("{} also names {} now", added, id);
    }
    default:
      send(world, "DELETE", "/images/" + name + "?force=1");
      return name + " is untagged";
  }
}

}  // namespace

std::string apply(const Event& event, World& world) {
  Random random(event.seed);
  switch (event.kind) {
    case EventKind::build_starts:
      return start_build(world, random);
    case EventKind::build_tags:
      return tag_build(world);
    case EventKind::build_ends:
      return end_build(world);
    case EventKind::prunes_records:
      send(world, "POST", random.percent(70) ? "/build/prune?all=1" : "/build/prune");
      return "another client prunes the build cache";
    case EventKind::prunes_images:
      prune_images(world.state.scene);
      return "another client prunes dangling images";
    case EventKind::moves_tag:
    case EventKind::adds_tag:
    case EventKind::untags:
      return change_names(world, event.kind, random);
    case EventKind::starts_container:
    case EventKind::stops_container:
    case EventKind::removes_container:
      return change_container(world, event.kind, random);
    case EventKind::restarts:
      restart(world);
      return "the engine is restarted";
    case EventKind::goes_down:
      world.is_down = true;
      return "the engine goes down";
    case EventKind::is_upgraded:
      restart(world);
      world.rules.newest_minor = 52 + random.below(5);
      world.rules.oldest_minor = random.percent(50) ? 44 : 40;
      world.version = "29.9.9";
      return fmt::format("the engine is replaced by one with API 1.{} to 1.{}",
                         world.rules.oldest_minor, world.rules.newest_minor);
    case EventKind::becomes_podman:
      restart(world);
      world.is_podman = true;
      return "Podman takes the engine's place";
  }
  return "";
}

}  // namespace cac::model
