#include "world.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>

namespace cac::model {

namespace {

std::string random_id(Random& random, std::size_t size) {
  std::string id;
  while (id.size() < size) id += fmt::format("{:016x}", random.next());
  return id.substr(0, size);
}

// The release that speaks this version at most.
std::string find_version(int minor) {
  static const std::map<int, std::string> versions{
      {41, "20.10.24+dfsg1"}, {42, "23.0.6"}, {43, "24.0.9"}, {44, "25.0.6"},
      {45, "26.1.5+dfsg1"},   {46, "27.1.2"}, {47, "27.5.1"}, {48, "28.0.4"},
      {49, "28.1.1"},         {50, "28.2.2"}, {51, "28.5.2"}, {52, "29.1.0"},
      {53, "29.2.1"},         {54, "29.4.0"}, {55, "29.7.2"}, {56, "29.9.0"}};
  return versions.at(minor);
}

// Which names there may be: those of the target more often than others.
std::vector<std::string> choose_names(Random& random, const std::string& project) {
  std::vector<std::string> names;
  const auto add = [&](int chance, const std::string& name) {
    if (random.percent(chance)) names.push_back(name);
  };
  for (const char* const service : {"backend", "frontend", "worker", "admin-backend"}) {
    add(55, fmt::format("{}-{}:latest", project, service));
  }
  for (const char* const tag : {"rollback", "v1", "before"}) {
    add(15, fmt::format("{}-backend:{}", project, tag));
  }
  add(10, project + ":latest");
  add(10, project + "_backend:latest");
  add(10, project + "-x/y:latest");
  add(10, "registry.example/" + leave_out_path(project) + "-backend:latest");
  add(30, "other-app:latest");
  add(15, "other-backend:latest");
  return names;
}

void add_images(Random& random, const std::string& project, World& world) {
  const std::string leaf = leave_out_path(project);
  const std::vector<std::string> labels{
      "", "", "", leaf, leaf, leaf + "-admin", leaf + "-backend", "other"};
  auto& images = world.state.scene.images;
  for (const std::string& name : world.names) {
    if (!images.empty() && random.percent(20)) {
      images[static_cast<std::size_t>(random.below(images.size()))].tags.push_back(name);
      continue;
    }
    FakeImage image{.id = "sha256:" + random_id(random, 64), .tags = {name}};
    image.size = random.below(1'000'000'000);
    image.compose_project = random.pick(labels);
    const bool has_copy = random.percent(10);
    if (world.rules.store == test::FakeStore::containerd || has_copy) {
      const std::string digest = has_copy ? "sha256:" + random_id(random, 64) : image.id;
      image.repo_digests = {name.substr(0, name.rfind(':')) + "@" + digest};
    }
    images.push_back(image);
  }
  std::string parent;
  for (int i = random.below(5); i > 0; --i) {
    FakeImage image{.id = "sha256:" + random_id(random, 64), .tags = {}, .size = 12'345};
    image.compose_project = random.pick(labels);
    // With the containerd store a digest is a name.
    if (world.rules.store == test::FakeStore::classic && random.percent(15)) {
      image.repo_digests = {"busybox@sha256:" + random_id(random, 64)};
    }
    if (random.percent(30)) image.parent = parent;
    parent = image.id;
    images.push_back(image);
  }
}

std::string choose_description(Random& random) {
  static const std::vector<std::string> descriptions{
      "[build 2/2] RUN npm run build",
      "[deps 3/3] RUN npm ci",
      "mount / from exec /bin/sh -c make",
      "fileop target",
      "",
      "[1/1] RUN echo \x1b[31mred\x1b[0m \"quoted\" \\ back",
      "[1/1] RUN printf 'one\ntwo\r\nthree\tfour'",
      "[1/1] COPY größe.txt /\xe2\x80\xae/",
      "[1/1] RUN " + std::string(3000, 'x'),
      "##[error]no ::error:: of ours"};
  return random.pick(descriptions);
}

FakeRecord make_record(Random& random, const std::string& id,
                       const std::vector<FakeRecord>& others) {
  static const std::vector<std::string> types{"regular",  "source.local",    "internal",
                                              "frontend", "exec.cachemount", "source.git.checkout"};
  FakeRecord record{.id = id,
                    .type = types[static_cast<std::size_t>(random.weighted({60, 10, 8, 5, 12, 5}))],
                    .description = choose_description(random)};
  record.size = random.percent(20) ? 0 : random.below(900'000'000);
  record.shared = random.percent(25);
  record.released = true;
  static const std::vector<long long> ages{60, 2 * 86400, 30 * 86400};
  record.used_at = std::time(nullptr) - random.pick(ages);
  if (others.empty()) return record;
  const bool is_mount = record.type == "exec.cachemount";
  if (is_mount ? random.percent(40) : record.type == "regular" && random.percent(60)) {
    for (int i = random.percent(15) ? 2 : 1; i > 0; --i) {
      const FakeRecord& parent = random.pick(others);
      if (parent.type == "regular") record.parents.push_back(parent.id);
    }
  }
  return record;
}

std::vector<FakeRecord> make_records(Random& random, int count) {
  std::vector<FakeRecord> records;
  for (int i = 0; i < count; ++i) {
    FakeRecord record =
        make_record(random, fmt::format("rec{}{}", i, random_id(random, 6)), records);
    // The directory of a mount with uid=, gid= or mode=.
    if (record.type == "exec.cachemount" && random.percent(25)) {
      FakeRecord directory = record;
      directory.id += "dir";
      directory.type = "regular";
      directory.parents.clear();
      directory.description = random.percent(70) ? "[internal] setting cache mount permissions"
                                                 : "[internal] settings cache mount permissions";
      record.parents = {directory.id};
      records.push_back(directory);
    }
    records.push_back(record);
  }
  std::stable_sort(records.begin(), records.end(),
                   [](const FakeRecord& a, const FakeRecord& b) { return a.used_at < b.used_at; });
  return records;
}

void add_containers(Random& random, World& world) {
  FakeScene& scene = world.state.scene;
  static const std::vector<std::string> states{"running", "running", "exited", "created", "paused"};
  for (int i = random.below(4); i > 0 && !scene.images.empty(); --i) {
    scene.containers.push_back(
        {fmt::format("app-{}", i), random.pick(scene.images).id, random.pick(states)});
  }
  if (random.percent(60)) scene.volumes.emplace_back("app_data");
}

void add_builder(Random& random, World& world) {
  FakeScene& scene = world.state.scene;
  const std::string name = random.percent(70) ? "buildx_buildkit_held0" : "buildx_buildkit_spare0";
  scene.containers.push_back(
      {name, "sha256:" + random_id(random, 64), random.percent(75) ? "running" : "exited"});
  scene.volumes.push_back(name + "_state");
  world.state.builders[name] = make_records(random, random.below(4));
}

}  // namespace

World make_world(Random& random, const std::string& project, bool is_calm) {
  World world;
  world.rules.newest_minor = random.between(41, 56);
  world.rules.oldest_minor = world.rules.newest_minor < 52 ? 24 : random.percent(50) ? 44 : 40;
  if (world.rules.newest_minor >= 42 && random.percent(50)) {
    world.rules.store = test::FakeStore::containerd;
  }
  world.version = find_version(world.rules.newest_minor);
  world.names = choose_names(random, project);
  add_images(random, project, world);
  world.state.scene.records = make_records(random, random.percent(15) ? 0 : random.below(12));
  world.state.scene.free_space = random.below(100'000) * 1'000'000LL;
  add_containers(random, world);
  if (is_calm) return world;
  if (random.percent(15)) add_builder(random, world);
  const auto& records = world.state.scene.records;
  if (!records.empty() && random.percent(4)) world.stuck.insert(random.pick(records).id);
  mark_in_use(world);
  if (random.percent(30)) {
    for (int i = random.between(1, 2); i > 0; --i) {
      apply({0, EventKind::build_starts, random.next()}, world);
    }
  }
  return world;
}

void mark_in_use(World& world) {
  std::set<std::string> open = world.stuck;
  for (const Build& build : world.builds) open.insert(build.holds.begin(), build.holds.end());
  std::map<std::string, FakeRecord*> records;
  for (FakeRecord& record : world.state.scene.records) {
    record.in_use = false;
    records[record.id] = &record;
  }
  while (!open.empty()) {
    const std::string id = *open.begin();
    open.erase(open.begin());
    const auto found = records.find(id);
    if (found == records.end() || found->second->in_use) continue;
    found->second->in_use = true;
    open.insert(found->second->parents.begin(), found->second->parents.end());
  }
}

std::string describe(const World& world) {
  const FakeScene& scene = world.state.scene;
  std::string text = fmt::format(
      "Docker {}, API 1.{} to 1.{}, {} store, {} bytes free\n", world.version,
      world.rules.oldest_minor, world.rules.newest_minor,
      world.rules.store == test::FakeStore::classic ? "classic" : "containerd", scene.free_space);
  for (const FakeImage& image : scene.images) {
    text +=
        fmt::format("image {} [{}]{}{}{}\n", image.id.substr(0, 15), fmt::join(image.tags, ", "),
                    image.compose_project.empty() ? "" : " of " + image.compose_project,
                    image.repo_digests.empty() ? "" : " with a digest",
                    image.parent.empty() ? "" : " on " + image.parent.substr(0, 15));
  }
  for (const FakeContainer& container : scene.containers) {
    text += fmt::format("container {} {} of {}\n", container.name, container.state,
                        container.image_id.substr(0, 15));
  }
  const auto add_records = [&](const std::string& of, const std::vector<FakeRecord>& records) {
    for (const FakeRecord& record : records) {
      text += fmt::format("record {} of {}: {}, {} B{}{}{}{}{}\n", record.id, of, record.type,
                          record.size, record.in_use ? ", in use" : "",
                          record.shared ? ", shared" : "", record.released ? "" : ", being made",
                          record.used_at < std::time(nullptr) - 86400 ? ", old" : "",
                          record.parents.empty()
                              ? ""
                              : fmt::format(", based on {}", fmt::join(record.parents, ", ")));
    }
  };
  add_records("the engine", scene.records);
  for (const auto& [name, records] : world.state.builders) add_records(name, records);
  for (const Build& build : world.builds) {
    text += fmt::format("build for {} holds {}\n", build.tags, fmt::join(build.holds, ", "));
  }
  return text;
}

}  // namespace cac::model
