#include "docker/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace cac {

namespace {

using Json = nlohmann::json;

// The reason why a body is malformed; decode() adds which request it answers.
struct MalformedJson : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Reads one JSON value. A member that is null is absent.
class JsonReader {
 public:
  explicit JsonReader(const Json& json, const char* name = "the answer")
      : json_(json), name_(name) {}

  bool is_empty() const { return json_.empty(); }
  bool has(const char* key) const { return object().contains(key); }
  std::optional<JsonReader> find(const char* key) const {
    const auto member = object().find(key);
    if (member == json_.end() || member->is_null()) return std::nullopt;
    return JsonReader(*member, key);
  }

  // Returns false, and leaves the value as it is, when the member is absent.
  template <typename T>
  bool optional(const char* key, T& value) const {
    const auto member = find(key);
    if (member) member->read(value);
    return member.has_value();
  }
  template <typename T>
  void required(const char* key, T& value) const {
    if (!optional(key, value)) throw MalformedJson(fmt::format("{} is not there", key));
  }

  void read(std::string& value) const {
    expect(json_.is_string(), "a string");
    value = json_.get<std::string>();
  }
  void read(bool& value) const {
    expect(json_.is_boolean(), "true or false");
    value = json_.get<bool>();
  }
  void read(std::int64_t& value) const {
    expect(json_.is_number_integer(), "a whole number");
    expect(!json_.is_number_unsigned() || std::in_range<std::int64_t>(json_.get<std::uint64_t>()),
           "a number that a size or a count can be");
    value = json_.get<std::int64_t>();
  }
  template <typename T>
  void read(std::vector<T>& items) const {
    expect(json_.is_array(), "an array");
    items.reserve(json_.size());
    for (const Json& item : json_) JsonReader(item, name_).read(items.emplace_back());
  }
  template <typename T>
  void read(T& value) const {
    from_json(*this, value);
  }
  std::size_t count_items() const {
    expect(json_.is_array(), "an array");
    return json_.size();
  }

 private:
  const Json& object() const {
    expect(json_.is_object(), "an object");
    return json_;
  }
  void expect(bool is_right, const char* expected) const {
    if (!is_right) throw MalformedJson(fmt::format("{} is not {}", name_, expected));
  }

  const Json& json_;
  const char* name_;
};

// An engine nests about ten levels deep, and its largest responses hold some hundred thousand
// values. Endless ones would take memory and time without limit.
Json parse(const std::string& text) {
  constexpr int max_depth = 32;
  constexpr std::size_t max_values = 2'000'000;
  std::size_t values = 0;
  const auto check_limits = [&](int depth, Json::parse_event_t event, const Json&) {
    if (event != Json::parse_event_t::key) ++values;
    if (depth <= max_depth && values <= max_values) return true;
    throw MalformedJson("it is larger or deeper than any engine's");
  };
  Json json = Json::parse(text, check_limits, false);
  if (json.is_discarded()) throw MalformedJson("it is not JSON, or it is cut off");
  return json;
}

void from_json(const JsonReader& reader, Image& image) {
  reader.required("Id", image.id);
  reader.optional("RepoTags", image.tags);
  reader.optional("RepoDigests", image.repo_digests);
  reader.optional("Size", image.size.count);
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
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@";
  const auto strange_names = std::erase_if(image.tags, [&](const std::string& name) {
    return name.empty() || name.find_first_not_of(allowed) != std::string::npos;
  });
  image.names_known = reader.has("RepoTags") && strange_names == 0;
}

void from_json(const JsonReader& reader, Container& container) {
  std::vector<std::string> names;
  reader.required("Id", container.id);
  reader.optional("ImageID", container.image_id);
  reader.optional("State", container.state);
  reader.optional("Names", names);
  container.name = names.empty() ? container.id.substr(0, 12) : names.front();
  if (container.name.starts_with('/')) container.name.erase(0, 1);
}

auto read_time(const JsonReader& reader, const char* key) {
  std::string text;
  reader.optional(key, text);
  return parse_time(text);
}

void from_json(const JsonReader& reader, CacheRecord& record) {
  reader.required("ID", record.id);
  reader.optional("Type", record.type);
  reader.optional("Description", record.description);
  reader.optional("InUse", record.in_use);
  reader.optional("Shared", record.shared);
  reader.optional("Size", record.size.count);
  record.last_used = read_time(reader, "LastUsedAt");
  if (!record.last_used) record.last_used = read_time(reader, "CreatedAt");
  std::string parent;
  if (reader.optional("Parent", parent) && !parent.empty()) record.parents = {parent};
  // The key's name depends on the API version.
  for (const char* const key : {"Parents", " Parents"}) {
    std::vector<std::string> parents;
    if (reader.optional(key, parents) && !parents.empty()) record.parents = std::move(parents);
  }
}

void from_json(const JsonReader& reader, BuildCache& records) {
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

void from_json(const JsonReader& reader, ImageDeletion& deletion) {
  reader.optional("Deleted", deletion.id);
}

void from_json(const JsonReader& reader, Pruned& pruned) {
  for (const char* const key : {"CachesDeleted", "ImagesDeleted"}) {
    if (const auto deleted = reader.find(key)) pruned.count += deleted->count_items();
  }
  reader.required("SpaceReclaimed", pruned.reclaimed.count);
  if (pruned.reclaimed.count < 0) throw MalformedJson("SpaceReclaimed is below zero");
}

}  // namespace

template <typename T>
T decode(const ApiResponse& response) {
  if (is_html(response.http)) throw_html(response);
  if (response.http.body.empty()) throw_malformed(response.request, "it is empty");
  try {
    const Json json = parse(response.http.body);
    T value;
    // Go may write a slice without elements as null.
    const bool is_no_images = json.is_null() && std::is_same_v<T, std::vector<Image>>;
    if (!is_no_images) JsonReader(json).read(value);
    return value;
  } catch (const MalformedJson& error) {
    throw_malformed(response.request, error.what());
  }
}

template Image decode(const ApiResponse&);
template BuildCache decode(const ApiResponse&);
template Pruned decode(const ApiResponse&);
template std::vector<Image> decode(const ApiResponse&);
template std::vector<Container> decode(const ApiResponse&);
template std::vector<ImageDeletion> decode(const ApiResponse&);

std::optional<std::string> decode_error(const std::string& body) {
  constexpr std::size_t max_body = 1'000'000;  // more is no engine's, and would take time
  if (body.size() > max_body) return std::nullopt;
  try {
    const Json json = parse(body);
    std::string message;
    JsonReader(json).required("message", message);
    return message;
  } catch (const MalformedJson&) {
    return std::nullopt;
  }
}

}  // namespace cac
