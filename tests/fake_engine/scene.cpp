#include "scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>

namespace cac::test {

namespace {

using Json = nlohmann::json;

FakeReply json_reply(const Json& json) { return {.body = json.dump()}; }
FakeReply error_reply(int status, const std::string& message) {
  return {.status = status, .body = Json{{"message", message}}.dump()};
}

// 20.10 writes a name for what has none.
Json names_json(const std::vector<std::string>& names, const char* none, int minor) {
  if (names.empty() && minor < 42) return Json::array({none});
  return names;
}

Json image_json(const FakeImage& image, int minor) {
  return {{"Id", image.id},
          {"RepoTags", names_json(image.tags, "<none>:<none>", minor)},
          {"RepoDigests", names_json(image.repo_digests, "<none>@<none>", minor)},
          {"Size", image.size},
          {"Labels", image.compose_project.empty()
                         ? Json()
                         : Json{{"com.docker.compose.project", image.compose_project}}},
          {"Containers", -1}};
}

std::string time_text(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Json record_json(const FakeRecord& record, int minor) {
  Json json{{"ID", record.id},
            {"Type", record.type},
            {"Description", record.description},
            {"InUse", record.in_use},
            {"Shared", record.shared},
            {"Size", record.size},
            {"CreatedAt", time_text(record.used_at)},
            {"LastUsedAt", record.released ? Json(time_text(record.used_at)) : Json()}};
  if (minor < 42) {
    json["Parent"] = record.parents.empty() ? "" : record.parents.front();
  } else if (!record.parents.empty()) {
    json[" Parents"] = record.parents;  // so in the engine's source
  }
  return json;
}

bool has_children(const FakeScene& scene, const FakeImage& image) {
  return std::any_of(scene.images.begin(), scene.images.end(),
                     [&](const FakeImage& other) { return other.parent == image.id; });
}

bool is_held(const FakeScene& scene, const FakeImage& image, bool by_a_running_one) {
  return std::any_of(scene.containers.begin(), scene.containers.end(),
                     [&](const FakeContainer& container) {
                       return container.image_id == image.id &&
                              (!by_a_running_one || container.state == "running");
                     });
}

FakeReply list_volumes(const FakeScene& scene) {
  Json list = Json::array();
  for (const std::string& name : scene.volumes) list.push_back({{"Name", name}});
  return json_reply({{"Volumes", list}});
}

FakeReply list_images(const FakeScene& scene, const FakeRequest& request) {
  const auto patterns = request.filter_values("reference");
  const std::string dangling = request.filter("dangling");
  const std::string label = request.filter("label");
  Json list = Json::array();
  for (FakeImage image : scene.images) {
    const bool is_dangling = image.tags.empty() && !has_children(scene, image);
    if (!dangling.empty() && (dangling == "true") != is_dangling) continue;
    if (!label.empty() && label != "com.docker.compose.project=" + image.compose_project) continue;
    if (!patterns.empty()) {
      std::erase_if(image.tags, [&](const std::string& tag) {
        return std::none_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return matches_reference(pattern, tag);
        });
      });
      if (image.tags.empty()) continue;
    }
    list.push_back(image_json(image, request.minor()));
  }
  return json_reply(list);
}

FakeReply list_containers(const FakeScene& scene, const FakeRequest& request) {
  const bool all = request.parameter("all") == "1";
  Json list = Json::array();
  for (const FakeContainer& container : scene.containers) {
    if (!all && container.state != "running") continue;
    list.push_back({{"Id", container.name + "-id"},
                    {"Names", {"/" + container.name}},
                    {"ImageID", container.image_id},
                    {"State", container.state}});
  }
  return json_reply(list);
}

FakeReply disk_usage(const FakeScene& scene, const FakeRequest& request) {
  Json list = Json::array();
  long long size = 0;
  for (const FakeRecord& record : scene.records) {
    list.push_back(record_json(record, request.minor()));
    size += record.size;
  }
  // The parameter is known from 1.42 on; before, an empty list was written as null.
  if (request.minor() < 42) {
    return json_reply({{"LayersSize", 0},
                       {"Images", Json::array()},
                       {"Containers", Json::array()},
                       {"Volumes", Json::array()},
                       {"BuildCache", list.empty() ? Json() : list}});
  }
  if (request.parameter("type") != "build-cache") {
    return error_reply(500, "the whole disk would be walked: ask for type=build-cache");
  }
  if (request.minor() < 52) return json_reply({{"BuildCache", list}});
  Json usage = Json::object();
  if (!list.empty()) usage = {{"TotalCount", list.size()}, {"TotalSize", size}};
  const bool verbose = request.parameter("verbose") == "1";
  if (verbose && !list.empty()) usage["Items"] = list;
  Json answer{{"BuildCacheUsage", usage}};
  if (!verbose) answer["BuildCache"] = list;
  return json_reply(answer);
}

FakeReply prune_records(FakeScene& scene, const FakeRequest& request) {
  const auto number = [](const std::string& text) { return text.empty() ? 0LL : std::stoll(text); };
  long long counted = 0;  // BuildKit does not count what images share, but deletes it
  for (const FakeRecord& record : scene.records) counted += record.shared ? 0 : record.size;
  const bool is_new = request.minor() >= 48;
  const long long min_free = is_new ? number(request.parameter("min-free-space")) : 0;
  long long keep = is_new ? number(request.parameter("max-used-space")) : 0;
  if (const long long missing = min_free - scene.free_space; missing > 0) {
    keep = keep == 0 ? counted - missing : std::min(keep, counted - missing);
  } else if (min_free > 0 && keep == 0) {
    keep = counted;  // so that one record goes all the same: see below
  }
  keep = std::max(keep, number(request.parameter(is_new ? "reserved-space" : "keep-storage")));
  const bool all = request.parameter("all") == "1";
  const std::string type = request.filter("type");
  const std::string until = request.filter("until");  // "60s"
  const long long newest = until.empty() ? LLONG_MAX : std::time(nullptr) - number(until);
  std::map<std::string, int> children;
  for (const FakeRecord& record : scene.records) {
    for (const std::string& parent : record.parents) ++children[parent];
  }
  Json deleted = Json::array();
  long long space = 0;
  // A parent goes only after its children: in another turn.
  for (std::size_t before = std::string::npos; scene.records.size() != before;) {
    before = scene.records.size();
    std::erase_if(scene.records, [&](const FakeRecord& record) {
      if (record.in_use || (!type.empty() && record.type != type)) return false;
      if (record.used_at > newest || children[record.id] > 0) return false;
      if (keep != 0 && counted < keep) return false;
      if (!all && (record.shared || record.type == "internal" || record.type == "frontend")) {
        return false;
      }
      for (const std::string& parent : record.parents) --children[parent];
      deleted.push_back(record.id);
      space += record.size;
      counted -= record.size;
      if (!record.shared) scene.free_space += record.size;
      return true;
    });
  }
  return json_reply(
      {{"CachesDeleted", deleted.empty() ? Json() : deleted}, {"SpaceReclaimed", space}});
}

// By its ID, and without force.
FakeReply remove_image_by_id(FakeScene& scene, const FakeImage& image, bool prunes_parents,
                             FakeStore store) {
  const char* const conflict = image.tags.size() > 1
                                   ? "image is referenced in multiple repositories"
                               : store == FakeStore::classic && has_children(scene, image)
                                   ? "image has dependent child images"
                               : is_held(scene, image, false) ? "image is being used by a container"
                                                              : nullptr;
  if (conflict != nullptr) {
    return error_reply(409, fmt::format("conflict: unable to delete {} (must be forced) - {}",
                                        image.id, conflict));
  }
  Json entries = Json::array();
  for (const std::string& tag : image.tags) entries.push_back({{"Untagged", tag}});
  const FakeImage* next = &image;
  while (next != nullptr) {
    entries.push_back({{"Deleted", next->id}});
    const std::string parent = prunes_parents ? next->parent : "";
    std::erase_if(scene.images, [id = next->id](const FakeImage& other) { return other.id == id; });
    const auto found =
        std::find_if(scene.images.begin(), scene.images.end(), [&](const FakeImage& other) {
          return other.id == parent && other.tags.empty() && other.repo_digests.empty() &&
                 !has_children(scene, other) && !is_held(scene, other, false);
        });
    next = found == scene.images.end() ? nullptr : &*found;
  }
  return json_reply(entries);
}

FakeReply remove_image(FakeScene& scene, FakeImage& image, const std::string& name,
                       const FakeRequest& request, FakeStore store) {
  const bool force = request.parameter("force") == "1";
  if (name == image.id && !force) {
    return remove_image_by_id(scene, image, request.parameter("noprune") != "1", store);
  }
  const bool last_name = image.tags.size() == 1;
  if (last_name && !force && is_held(scene, image, false)) {
    return error_reply(409, fmt::format("conflict: unable to remove repository reference \"{}\" "
                                        "(must force) - a container is using its referenced image",
                                        name));
  }
  std::erase(image.tags, name);
  Json entries = Json::array({{{"Untagged", name}}});
  if (last_name && !is_held(scene, image, store == FakeStore::classic)) {
    entries.push_back({{"Deleted", image.id}});
    std::erase_if(scene.images, [id = image.id](const FakeImage& other) { return other.id == id; });
  }
  return json_reply(entries);
}

FakeReply one_image(FakeScene& scene, const FakeRequest& request, FakeStore store) {
  const std::string path = request.path();
  std::string suffix;
  if (request.method == "GET") suffix = "/json";
  if (request.method == "POST") suffix = "/tag";
  if (!path.ends_with(suffix)) return error_reply(404, "page not found");
  const std::string name = decoded(path.substr(8, path.size() - 8 - suffix.size()));
  const auto found =
      std::find_if(scene.images.begin(), scene.images.end(), [&](const FakeImage& image) {
        return image.id == name || std::count(image.tags.begin(), image.tags.end(), name) > 0;
      });
  if (found == scene.images.end()) return error_reply(404, "No such image: " + name);
  if (request.method == "GET") return json_reply(image_json(*found, request.minor()));
  if (request.method == "POST") {
    const std::string tag = request.parameter("repo") + ":" + request.parameter("tag");
    for (FakeImage& image : scene.images) std::erase(image.tags, tag);
    found->tags.push_back(tag);
    return {.status = 201};
  }
  if (request.method == "DELETE") {
    return remove_image(scene, *found, name, request, store);
  }
  return error_reply(405, "method not allowed");
}

}  // namespace

FakeReply FakeRules::answer(FakeScene& scene, const FakeRequest& request) const {
  const std::string what = request.method + " " + request.path();
  if (what == "GET /_ping") return {.body = "OK", .headers = {{"Content-Type", "text/plain"}}};
  if (request.minor() > newest_minor) {
    return error_reply(400, fmt::format("client version 1.{} is too new. Maximum supported API "
                                        "version is 1.{}",
                                        request.minor(), newest_minor));
  }
  if (request.minor() < oldest_minor && request.minor() > 0) {
    return error_reply(400, fmt::format("client version 1.{} is too old. Minimum supported API "
                                        "version is 1.{}, please upgrade your client to a newer "
                                        "version",
                                        request.minor(), oldest_minor));
  }
  if (what == "GET /info") {
    Json status = {{"Backing Filesystem", "extfs"}};
    if (store == FakeStore::containerd) status = {{"driver-type", "io.containerd.snapshotter.v1"}};
    Json pairs = Json::array();
    for (const auto& [key, value] : status.items()) pairs.push_back(Json::array({key, value}));
    return json_reply({{"DriverStatus", pairs}});
  }
  if (what == "GET /images/json") return list_images(scene, request);
  if (what == "GET /containers/json") return list_containers(scene, request);
  if (what == "GET /volumes") return list_volumes(scene);
  if (what == "GET /system/df") return disk_usage(scene, request);
  if (what == "POST /build/prune") return prune_records(scene, request);
  if (request.path().starts_with("/images/")) return one_image(scene, request, store);
  return error_reply(404, "page not found");
}

std::string image_id(char digit) { return "sha256:" + std::string(64, digit); }

FakeScene sample_scene() {
  return {
      .images = {{image_id('b'), {"watchparty-backend:latest"}, 345'000'000},
                 {image_id('a'), {"watchparty-backend:rollback"}, 340'000'000},
                 {image_id('f'), {"watchparty-frontend:latest"}, 128'000'000},
                 {image_id('e'), {"other-app:latest"}, 5'000'000}},
      .containers = {{"wp-backend", image_id('b')}, {"wp-frontend", image_id('f'), "exited"}},
      .records = {{.id = "rec1",
                   .description = "[deps 3/3] RUN npm ci",
                   .size = 700'000'000,
                   .shared = true},
                  {.id = "rec2", .description = "[build 2/2] RUN npm run build", .size = 90'000},
                  {.id = "rec3",
                   .type = "source.local",
                   .description = "local source for context",
                   .size = 12'000'000},
                  {.id = "rec4", .type = "internal", .size = 8'192},
                  {.id = "rec5",
                   .type = "exec.cachemount",
                   .description = "cached mount /root/.npm from exec /bin/sh -c npm ci",
                   .size = 99'901'808}}};
}

}  // namespace cac::test
