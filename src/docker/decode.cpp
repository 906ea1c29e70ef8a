#include "docker/decode.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/json_reader.hpp"

namespace cac {

// Not in a nameless namespace, where JsonReader would not find them.

static void from_json(const JsonReader& reader, Image& image) {
  reader.required("Id", image.id);
  reader.optional("RepoTags", image.tags);
  reader.optional("RepoDigests", image.repo_digests);
  reader.optional("Size", image.size.count);
  if (const auto root = reader.find("RootFS")) root->optional("Layers", image.layers);
  if (const auto labels = reader.find("Labels")) {
    labels->optional("com.docker.compose.project", image.compose_project);
  }
  // 20.10 writes these when there is none.
  std::erase(image.tags, "<none>:<none>");
  std::erase(image.repo_digests, "<none>@<none>");
  std::sort(image.tags.begin(), image.tags.end());
  image.tags.erase(std::unique(image.tags.begin(), image.tags.end()), image.tags.end());
  // Other names go into no request, file or terminal. Wider than the grammar of names, but without
  // blanks, controls and quotes.
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@[]";
  const auto strange_names = std::erase_if(image.tags, [&](const std::string& name) {
    return name.empty() || name.find_first_not_of(allowed) != std::string::npos;
  });
  image.names_known = reader.has("RepoTags") && strange_names == 0;
  image.owner_known = reader.has("RepoDigests") && reader.has("Labels");
}

static void from_json(const JsonReader& reader, Container& container) {
  std::vector<std::string> names;
  reader.required("Id", container.id);
  reader.optional("ImageID", container.image_id);
  reader.optional("State", container.state);
  reader.optional("Names", names);
  if (const auto labels = reader.find("Labels")) {
    labels->optional("com.docker.compose.project", container.compose_project);
  }
  container.name = names.empty() ? container.id.substr(0, 12) : names.front();
  if (container.name.starts_with('/')) container.name.erase(0, 1);
}

static auto read_time(const JsonReader& reader, const char* key) {
  std::string text;
  reader.optional(key, text);
  return parse_time(text);
}

static void from_json(const JsonReader& reader, CacheRecord& record) {
  reader.required("ID", record.id);
  reader.optional("Type", record.type);
  reader.optional("Description", record.description);
  reader.optional("InUse", record.in_use);
  reader.optional("Shared", record.shared);
  reader.optional("Size", record.size.count);
  record.last_used = read_time(reader, "LastUsedAt");
  record.was_released = record.last_used.has_value();
  if (!record.last_used) record.last_used = read_time(reader, "CreatedAt");
  std::string parent;
  if (reader.optional("Parent", parent) && !parent.empty()) record.parents = {parent};
  // The key's name depends on the API version.
  for (const char* const key : {"Parents", " Parents"}) {
    std::vector<std::string> parents;
    if (reader.optional(key, parents) && !parents.empty()) record.parents = std::move(parents);
  }
}

static void from_json(const JsonReader& reader, BuildCache& records) {
  // 20.10 writes an empty list as null; a missing key says nothing.
  if (reader.has("BuildCache")) reader.optional("BuildCache", records.emplace());
  std::int64_t sum = 0;
  reader.optional("BuilderSize", sum);
  bool has_sum = sum != 0;
  std::int64_t count = 0;
  if (const auto usage = reader.find("BuildCacheUsage")) {
    std::vector<CacheRecord> items;
    if (usage->optional("Items", items)) {
      if (records && records->size() != items.size()) return records.reset();
      records = std::move(items);
    } else if (!records && (usage->is_empty() || usage->has("TotalCount"))) {
      // Without any list, "{}" and sums of zero mean no records.
      records.emplace();
    }
    usage->optional("TotalCount", count);
    for (const char* const key : {"TotalCount", "ActiveCount", "TotalSize", "Reclaimable"}) {
      sum = 0;
      usage->optional(key, sum);
      has_sum = has_sum || sum != 0;
    }
  }
  // Sums say that there are records, but not which ones.
  if (records && (records->empty() ? has_sum : count > std::ssize(*records))) records.reset();
}

static void from_json(const JsonReader& reader, Volume& volume) {
  reader.required("Name", volume.name);
}

static void from_json(const JsonReader& reader, VolumeList& list) {
  if (!reader.has("Volumes")) throw MalformedJson("Volumes is not there");
  reader.optional("Volumes", list.volumes);  // null when there are none
}

static void from_json(const JsonReader& reader, Exec& exec) {
  if (!reader.optional("Id", exec.id)) reader.required("ID", exec.id);
  std::int64_t status = 0;
  if (reader.optional("ExitCode", status)) exec.status = status;
}

namespace {

// A record as buildctl names its parts.
struct BuilderRecord {
  CacheRecord record = {};
};

void from_json(const JsonReader& reader, BuilderRecord& builder) {
  CacheRecord& record = builder.record;
  reader.required("id", record.id);
  reader.optional("recordType", record.type);
  reader.optional("description", record.description);
  reader.optional("inUse", record.in_use);
  reader.optional("shared", record.shared);
  reader.optional("size", record.size.count);
  reader.optional("parents", record.parents);
}

}  // namespace

static void from_json(const JsonReader& reader, ImageDeletion& deletion) {
  reader.optional("Deleted", deletion.id);
}

static void from_json(const JsonReader& reader, Pruned& pruned) {
  reader.optional("CachesDeleted", pruned.records);
  pruned.count = pruned.records.size();
  reader.required("SpaceReclaimed", pruned.reclaimed.count);
  if (pruned.reclaimed.count < 0) throw MalformedJson("SpaceReclaimed is below zero");
}

template <typename T>
T decode(const ApiResponse& response) {
  if (is_html(response.http)) throw_html(response);
  if (response.http.body.empty()) throw_malformed(response.request, "it is empty");
  try {
    const nlohmann::json json = parse_json(response.http.body);
    T value;
    // Go may write a slice without elements as null.
    const bool is_no_images = json.is_null() && std::is_same_v<T, std::vector<Image>>;
    if (!is_no_images) JsonReader(json).read(value);
    return value;
  } catch (const MalformedJson& error) {
    throw_malformed(response.request, error.what());
  }
}

BuildCache decode_builder_cache(const std::string& text) {
  try {
    const nlohmann::json json = parse_json(text);
    std::vector<BuilderRecord> builders;
    if (!json.is_null()) JsonReader(json).read(builders);
    std::vector<CacheRecord> records;
    records.reserve(builders.size());
    for (BuilderRecord& builder : builders) records.push_back(std::move(builder.record));
    return records;
  } catch (const MalformedJson&) {
    return std::nullopt;
  }
}

template Image decode(const ApiResponse&);
template BuildCache decode(const ApiResponse&);
template Pruned decode(const ApiResponse&);
template VolumeList decode(const ApiResponse&);
template Exec decode(const ApiResponse&);
template std::vector<Image> decode(const ApiResponse&);
template std::vector<Container> decode(const ApiResponse&);
template std::vector<ImageDeletion> decode(const ApiResponse&);

std::optional<std::string> decode_error(const std::string& body) {
  constexpr std::size_t max_body = 1'000'000;  // more is no engine's, and would take time
  if (body.size() > max_body) return std::nullopt;
  try {
    const nlohmann::json json = parse_json(body);
    std::string message;
    JsonReader(json).required("message", message);
    return message;
  } catch (const MalformedJson&) {
    return std::nullopt;
  }
}

}  // namespace cac
