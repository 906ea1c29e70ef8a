#include "docker/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.hpp"

namespace cac {

namespace {

using Json = nlohmann::json;

// Reads one JSON value of an answer; tells an absent or null member (nothing) from a wrong one
// (throws).
class Reader {
 public:
  Reader(const Json& json, const std::string& request) : json_(json), request_(request) {}

  const Json& object() const {
    if (!json_.is_object()) wrong("an object", "the answer");
    return json_;
  }
  const Json& array() const {
    if (!json_.is_array()) wrong("an array", "the answer");
    return json_;
  }
  bool has(const char* key) const { return object().contains(key); }

  std::optional<std::string> text(const char* key) const {
    const Json* found = member(key, &Json::is_string, "a string");
    return found != nullptr ? std::optional(found->get<std::string>()) : std::nullopt;
  }
  std::optional<std::int64_t> number(const char* key) const {
    const Json* found = member(key, &Json::is_number_integer, "a whole number");
    if (found == nullptr) return std::nullopt;
    if (found->is_number_unsigned() && !std::in_range<std::int64_t>(found->get<std::uint64_t>())) {
      wrong("a number that a size or a count can be", key);
    }
    return found->get<std::int64_t>();
  }
  bool flag(const char* key) const {
    const Json* found = member(key, &Json::is_boolean, "true or false");
    return found != nullptr && found->get<bool>();
  }
  // Absent or null is no list.
  const Json* list(const char* key) const { return member(key, &Json::is_array, "an array"); }
  const Json* part(const char* key) const { return member(key, &Json::is_object, "an object"); }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> result;
    const Json* found = list(key);
    if (found == nullptr) return result;
    for (const Json& item : *found) {
      if (!item.is_string()) wrong("an array of strings", key);
      result.push_back(item.get<std::string>());
    }
    return result;
  }

  std::string required_text(const char* key) const {
    auto found = text(key);
    if (!found) wrong("there", key);
    return *std::move(found);
  }
  std::int64_t required_number(const char* key) const {
    const auto found = number(key);
    if (!found) wrong("there", key);
    return *found;
  }

 private:
  const Json* member(const char* key, bool (Json::*is_right)() const noexcept,
                     std::string_view what) const {
    const auto found = object().find(key);
    if (found == json_.end() || found->is_null()) return nullptr;
    if (!((*found).*is_right)()) wrong(what, key);
    return &*found;
  }
  [[noreturn]] void wrong(std::string_view expected, std::string_view what) const {
    throw_malformed(request_, fmt::format("{} is not {}", what, expected));
  }

  const Json& json_;
  const std::string& request_;
};

// An engine nests about ten levels deep, and its largest answers hold some hundred thousand values.
// More would take memory and time without end.
bool is_bounded(std::string_view json) {
  constexpr std::size_t max_depth = 32;
  constexpr std::size_t max_values = 2'000'000;
  std::size_t depth = 0;
  std::size_t values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return false;
      ++values;
    } else if (c == ']' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == ',' && ++values > max_values) {
      return false;
    }
  }
  return true;
}

// Discarded when it is not JSON.
Json parse(const std::string& text) {
  return is_bounded(text) ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
}

Json json_of(const Answer& answer) {
  const std::string& body = answer.response.body;
  if (is_html(answer.response)) {
    throw EngineError(
        {FailureKind::malformed,
         fmt::format("{}: the answer is an HTML page, not an engine's", answer.request),
         proxy_advice(answer.request), answer.response.status});
  }
  if (body.empty()) throw_malformed(answer.request, "it is empty");
  if (!is_bounded(body))
    throw_malformed(answer.request, "it is larger or deeper than any engine's");
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) throw_malformed(answer.request, "it is not JSON, or it is cut off");
  return json;
}

// Whether the sums beside a list of records agree that there are none.
bool is_zero(const Reader& usage) {
  constexpr std::array sums{"TotalCount", "ActiveCount", "TotalSize", "Reclaimable"};
  return std::all_of(sums.begin(), sums.end(),
                     [&](const char* const key) { return usage.number(key).value_or(0) == 0; });
}

// Wider than the grammar of names, but without blanks, controls and quotes.
bool can_be_image_name(std::string_view name) {
  constexpr std::string_view others = "._-:/@";
  return !name.empty() && std::all_of(name.begin(), name.end(), [=](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) ||
           others.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

Image read_image(const Reader& reader) {
  Image image;
  image.id = reader.required_text("Id");
  image.tags = reader.texts("RepoTags");
  image.repo_digests = reader.texts("RepoDigests");
  // How 20.10 says that there is none.
  std::erase(image.tags, "<none>:<none>");
  std::erase(image.repo_digests, "<none>@<none>");
  std::sort(image.tags.begin(), image.tags.end());
  image.tags.erase(std::unique(image.tags.begin(), image.tags.end()), image.tags.end());
  // Names that no engine has go into no request, file or terminal.
  const auto strange =
      std::erase_if(image.tags, [](const std::string& name) { return !can_be_image_name(name); });
  image.names_known = reader.has("RepoTags") && strange == 0;
  image.size = {reader.number("Size").value_or(0)};
  return image;
}

Container read_container(const Reader& reader) {
  Container container{.id = reader.required_text("Id"),
                      .image_id = reader.text("ImageID").value_or(""),
                      .state = reader.text("State").value_or("")};
  const auto names = reader.texts("Names");
  container.name = names.empty() ? container.id.substr(0, 12) : names.front();
  if (container.name.starts_with('/')) container.name.erase(0, 1);
  return container;
}

std::optional<std::chrono::system_clock::time_point> time_of(const Reader& reader,
                                                             const char* key) {
  const auto text = reader.text(key);
  return text ? time_from(*text) : std::nullopt;
}

// The key's name differs: "Parent" below API 1.42, and literally " Parents" above.
std::vector<std::string> parents_of(const Reader& reader) {
  auto parents = reader.texts(" Parents");
  if (parents.empty()) parents = reader.texts("Parents");
  const auto parent = reader.text("Parent");
  if (parents.empty() && parent && !parent->empty()) parents.push_back(*parent);
  return parents;
}

std::vector<CacheRecord> read_records(const Json* list, const std::string& request) {
  std::vector<CacheRecord> records;
  if (list == nullptr) return records;
  records.reserve(list->size());
  for (const Json& item : *list) {
    const Reader reader(item, request);
    auto last_used = time_of(reader, "LastUsedAt");
    if (!last_used) last_used = time_of(reader, "CreatedAt");
    records.push_back({.id = reader.required_text("ID"),
                       .type = reader.text("Type").value_or(""),
                       .description = reader.text("Description").value_or(""),
                       .in_use = reader.flag("InUse"),
                       .shared = reader.flag("Shared"),
                       .size = {reader.number("Size").value_or(0)},
                       .parents = parents_of(reader),
                       .last_used = last_used});
  }
  return records;
}

}  // namespace

[[noreturn]] void throw_malformed(const std::string& request, std::string_view why) {
  throw EngineError(
      {FailureKind::malformed,
       fmt::format("{}: the answer is not what the Docker API documents: {}", request, why),
       "Is something other than the engine, a proxy perhaps, answering at this address?"});
}

std::string proxy_advice(std::string_view request) {
  return fmt::format("A proxy seems to be blocking this: allow {}, or use the engine's own socket.",
                     request);
}

bool is_html(const HttpResponse& response) {
  return response.header("content-type").starts_with("text/html") || response.body.starts_with("<");
}

ErrorText error_text(const HttpResponse& response) {
  constexpr std::size_t max_size = 2'000;
  constexpr std::size_t max_error_body = 1'000'000;
  const auto limited = [](std::string_view text) {
    return text.size() > max_size ? fmt::format("{}...", text.substr(0, max_size))
                                  : std::string(text);
  };
  // No engine says so much, and it would take time.
  if (response.body.size() > max_error_body) return {"a response too large for an error"};
  const Json json = parse(response.body);
  if (json.is_object() && json.contains("message") && json["message"].is_string()) {
    return {limited(json["message"].get_ref<const std::string&>()), true};
  }
  if (is_html(response)) return {"an HTML page"};
  const auto end = std::min(response.body.find_first_of("\r\n"), std::size_t{200});
  return {end == 0 || response.body.empty() ? "nothing" : response.body.substr(0, end)};
}

std::vector<Image> images_from(const Answer& answer) {
  const Json json = json_of(answer);
  std::vector<Image> images;
  // A Go slice that holds nothing may be written as null.
  if (json.is_null()) return images;
  for (const Json& item : Reader(json, answer.request).array()) {
    images.push_back(read_image(Reader(item, answer.request)));
  }
  return images;
}

Image image_from(const Answer& answer) {
  const Json json = json_of(answer);
  return read_image(Reader(json, answer.request));
}

std::vector<Container> containers_from(const Answer& answer) {
  const Json json = json_of(answer);
  std::vector<Container> containers;
  for (const Json& item : Reader(json, answer.request).array()) {
    containers.push_back(read_container(Reader(item, answer.request)));
  }
  return containers;
}

std::optional<std::vector<CacheRecord>> build_cache_from(const Answer& answer) {
  const Json json = json_of(answer);
  const Reader reader(json, answer.request);
  std::optional<std::vector<CacheRecord>> records;
  // Null is how 20.10 writes an empty list; a missing key says nothing.
  if (reader.has("BuildCache")) records = read_records(reader.list("BuildCache"), answer.request);
  const Json* const part = reader.part("BuildCacheUsage");
  const bool has_size = reader.number("BuilderSize").value_or(0) != 0;
  if (part == nullptr) return has_size && records && records->empty() ? std::nullopt : records;
  const Reader usage(*part, answer.request);
  if (const Json* const items = usage.list("Items")) {
    auto listed = read_records(items, answer.request);
    if (records && records->size() != listed.size()) return std::nullopt;
    records = std::move(listed);
  }
  // Without any list, "{}" and sums of zero mean no records; other sums say that there are some,
  // not which.
  if (!records && !part->empty() && !usage.has("TotalCount")) return std::nullopt;
  if (!records) records.emplace();
  if (records->empty() && (has_size || !is_zero(usage))) return std::nullopt;
  if (usage.number("TotalCount").value_or(0) > std::ssize(*records)) return std::nullopt;
  return records;
}

std::vector<std::string> deleted_ids(const Answer& answer) {
  const Json json = json_of(answer);
  std::vector<std::string> ids;
  for (const Json& entry : Reader(json, answer.request).array()) {
    if (auto id = Reader(entry, answer.request).text("Deleted")) ids.push_back(*std::move(id));
  }
  return ids;
}

Pruned pruned_from(const Answer& answer, const char* list_key) {
  const Json json = json_of(answer);
  const Reader reader(json, answer.request);
  const Json* deleted = reader.list(list_key);
  const std::int64_t reclaimed = reader.required_number("SpaceReclaimed");
  if (reclaimed < 0) throw_malformed(answer.request, "SpaceReclaimed is below zero");
  return {deleted == nullptr ? 0 : deleted->size(), {reclaimed}};
}

}  // namespace cac
