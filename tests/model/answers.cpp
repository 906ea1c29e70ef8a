#include "answers.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cac::model {

namespace {

using Json = nlohmann::json;

// Thrown for an answer that does not say what it should.
struct Unclear {};

const Json& member(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key)) throw Unclear{};
  return json[key];
}
std::string text(const Json& json) {
  if (!json.is_string()) throw Unclear{};
  return json.get<std::string>();
}
// Of a member that may be absent or null.
std::string optional_text(const Json& json, const char* key) {
  return json.contains(key) && !json[key].is_null() ? text(json[key]) : "";
}
std::vector<std::string> optional_texts(const Json& json, const char* key) {
  std::vector<std::string> texts;
  if (!json.contains(key) || json[key].is_null()) return texts;
  if (!json[key].is_array()) throw Unclear{};
  for (const Json& item : json[key]) texts.push_back(text(item));
  return texts;
}
bool optional_flag(const Json& json, const char* key) {
  if (!json.contains(key) || json[key].is_null()) return false;
  if (!json[key].is_boolean()) throw Unclear{};
  return json[key].get<bool>();
}
long long optional_number(const Json& json, const char* key) {
  if (!json.contains(key) || json[key].is_null()) return 0;
  const Json& number = json[key];
  if (!number.is_number_integer()) throw Unclear{};
  if (number.is_number_unsigned() && number.get<std::uint64_t>() > INT64_MAX) throw Unclear{};
  return number.get<long long>();
}

Json parse(const std::string& body) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) throw Unclear{};
  return json;
}

std::vector<ListedRecord> list_records(const Json& json) {
  if (!json.is_array()) throw Unclear{};
  std::vector<ListedRecord> records;
  for (const Json& item : json) {
    ListedRecord& record = records.emplace_back();
    record.id = text(member(item, "ID"));
    record.type = optional_text(item, "Type");
    record.description = optional_text(item, "Description");
    record.in_use = optional_flag(item, "InUse");
    record.shared = optional_flag(item, "Shared");
    record.size = optional_number(item, "Size");
    if (const auto parent = optional_text(item, "Parent"); !parent.empty()) {
      record.parents = {parent};
    }
    for (const char* const key : {"Parents", " Parents"}) {
      if (auto parents = optional_texts(item, key); !parents.empty()) record.parents = parents;
    }
  }
  return records;
}

// The sums must not say that there are more records than are listed.
std::vector<ListedRecord> list_usage(const Json& usage) {
  if (!usage.is_object()) throw Unclear{};
  bool has_sum = false;
  for (const char* const key : {"TotalCount", "ActiveCount", "TotalSize", "Reclaimable"}) {
    has_sum = optional_number(usage, key) != 0 || has_sum;
  }
  std::vector<ListedRecord> records;
  if (usage.contains("Items") && !usage["Items"].is_null()) records = list_records(usage["Items"]);
  if (records.empty() && has_sum) throw Unclear{};
  if (optional_number(usage, "TotalCount") > std::ssize(records)) throw Unclear{};
  // Something else than what an engine says of none.
  if (records.empty() && !usage.empty() && !usage.contains("TotalCount") &&
      !usage.contains("Items")) {
    throw Unclear{};
  }
  return records;
}

std::vector<ListedRecord> list_disk_usage(const Json& json, int minor) {
  if (!json.is_object()) throw Unclear{};
  if (minor >= 52 && json.contains("BuildCacheUsage") && !json["BuildCacheUsage"].is_null()) {
    return list_usage(json["BuildCacheUsage"]);
  }
  const Json& list = member(json, "BuildCache");
  if (optional_number(json, "BuilderSize") != 0 && list.empty()) throw Unclear{};
  return list.is_null() ? std::vector<ListedRecord>() : list_records(list);
}

bool is_name(const std::string& name) {
  const auto is_allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("._-:/@").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed);
}

std::vector<ListedImage> list_images(const Json& json, bool by_name) {
  std::vector<ListedImage> images;
  if (json.is_null()) return images;
  if (!json.is_array()) throw Unclear{};
  for (const Json& item : json) {
    ListedImage& image = images.emplace_back();
    image.id = text(member(item, "Id"));
    member(item, "RepoTags");
    image.names = optional_texts(item, "RepoTags");
    std::erase(image.names, "<none>:<none>");
    auto digests = optional_texts(item, "RepoDigests");
    std::erase(digests, "<none>@<none>");
    image.has_digest = !digests.empty();
    if (!std::all_of(image.names.begin(), image.names.end(), is_name)) throw Unclear{};
    if (by_name && image.names.empty() && digests.empty()) throw Unclear{};
    optional_number(item, "Size");
    if (item.contains("Labels") && !item["Labels"].is_null()) {
      if (!item["Labels"].is_object()) throw Unclear{};
      image.project = optional_text(item["Labels"], "com.docker.compose.project");
    }
    std::sort(image.names.begin(), image.names.end());
  }
  return images;
}

std::vector<ListedRecord> list_builder_records(const Json& json) {
  std::vector<ListedRecord> records;
  if (json.is_null()) return records;
  if (!json.is_array()) throw Unclear{};
  for (const Json& item : json) {
    ListedRecord& record = records.emplace_back();
    record.id = text(member(item, "id"));
    record.type = optional_text(item, "recordType");
    record.description = optional_text(item, "description");
    record.in_use = optional_flag(item, "inUse");
    record.parents = optional_texts(item, "parents");
  }
  return records;
}

// What of the records decides whether one is a cache source.
Json summarize(std::vector<ListedRecord> records) {
  Json summary = Json::array();
  for (const ListedRecord& record : records) {
    summary.push_back({record.id, record.type, record.parents,
                       record.description.starts_with("[internal] setting")});
  }
  std::sort(summary.begin(), summary.end());
  return summary;
}

// Of containers: who they are, and whether they run. Only builders among them matter that much.
Json summarize_containers(const Json& json) {
  Json summary = Json::array();
  if (!json.is_array()) throw Unclear{};
  for (const Json& item : json) {
    summary.push_back({text(member(item, "Id")), optional_texts(item, "Names"),
                       optional_text(item, "State"), optional_text(item, "ImageID")});
  }
  return summary.dump().find("buildx_buildkit_") == std::string::npos ? Json() : summary;
}

Json summarize(Kind kind, int minor, const std::string& body) {
  switch (kind) {
    case Kind::disk_usage:
      return summarize(list_disk_usage(parse(body), minor));
    case Kind::list_images: {
      Json summary = Json::array();
      for (const ListedImage& image : list_images(parse(body), true)) {
        summary.push_back({image.id, image.names, image.project});
      }
      std::sort(summary.begin(), summary.end());
      return summary;
    }
    case Kind::list_dangling: {
      Json summary = Json::array();
      const Json json = parse(body);
      for (const ListedImage& image : list_images(json, false)) {
        summary.push_back({image.id, image.names, image.has_digest, image.project});
      }
      for (const Json& image : json) {
        member(image, "RepoDigests");
        member(image, "Labels");
      }
      std::sort(summary.begin(), summary.end());
      return summary;
    }
    case Kind::inspect: {
      const Json json = parse(body);
      member(json, "RepoTags");
      return {text(member(json, "Id")), optional_texts(json, "RepoTags").empty()};
    }
    case Kind::create_exec:
      return text(member(parse(body), "Id"));
    case Kind::list_containers:
      return summarize_containers(parse(body));
    case Kind::start_exec: {
      const auto output = read_frames(body);
      if (!output) throw Unclear{};
      const Json json = Json::parse(*output, nullptr, false);
      return json.is_discarded() ? Json("text") : summarize(list_builder_records(json));
    }
    case Kind::inspect_exec:
      if (member(parse(body), "ExitCode").is_null()) throw Unclear{};
      return optional_number(parse(body), "ExitCode");
    default:
      return {};  // neither a verdict nor a removal rests on it
  }
}

}  // namespace

Says compare(Kind kind, int minor, const std::string& truth, const std::string& sent) {
  const Json expected = summarize(kind, minor, truth);
  try {
    return summarize(kind, minor, sent) == expected ? Says::truth : Says::a_lie;
  } catch (const Unclear&) {
    return Says::nothing;
  }
}

std::optional<std::vector<ListedRecord>> read_records(const std::string& body, int minor) {
  try {
    return list_disk_usage(parse(body), minor);
  } catch (const Unclear&) {
    return std::nullopt;
  }
}

std::optional<std::vector<ListedImage>> read_images(const std::string& body, bool by_name) {
  try {
    return list_images(parse(body), by_name);
  } catch (const Unclear&) {
    return std::nullopt;
  }
}

std::string read_id(const std::string& body) {
  try {
    return text(member(parse(body), "Id"));
  } catch (const Unclear&) {
    return "";
  }
}

std::optional<std::string> read_frames(std::string_view body) {
  std::string output;
  while (!body.empty()) {
    if (body.size() < 8) return std::nullopt;
    std::size_t size = 0;
    for (std::size_t i = 4; i < 8; ++i) size = size * 256 + static_cast<unsigned char>(body[i]);
    if (body.size() - 8 < size) return std::nullopt;
    if (body[0] == 1) output += body.substr(8, size);
    body.remove_prefix(8 + size);
  }
  return output;
}

std::string make_frames(std::string_view output, std::size_t max_frame) {
  std::string frames;
  while (!output.empty()) {
    const std::string_view part = output.substr(0, max_frame);
    frames += std::string("\1\0\0\0", 4);
    for (int shift = 24; shift >= 0; shift -= 8) {
      frames += static_cast<char>(part.size() >> shift & 0xff);
    }
    frames += part;
    output.remove_prefix(part.size());
  }
  return frames;
}

std::optional<std::vector<ListedRecord>> read_builder_records(const std::string& output) {
  try {
    return list_builder_records(parse(output));
  } catch (const Unclear&) {
    return std::nullopt;
  }
}

}  // namespace cac::model
