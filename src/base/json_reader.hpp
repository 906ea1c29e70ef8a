// Reads foreign JSON into plain values, and says which part is not as expected.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cac {

// "Size is not a whole number": the caller adds whose JSON it is.
class MalformedJson : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws MalformedJson, also for more values or deeper ones than any engine or Compose file has:
// endless ones would take memory and time without limit.
nlohmann::json parse_json(const std::string& text);

// Reads one JSON value, which must outlive it, as its name must. A member that is null is absent. A
// struct is read by a function from_json(const JsonReader&, T&). All throw MalformedJson for
// another type.
class JsonReader {
 public:
  explicit JsonReader(const nlohmann::json& json, std::string_view name = "the answer")
      : json_(json), name_(name) {}

  bool is_empty() const { return json_.empty(); }
  bool is_text() const { return json_.is_string(); }
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
    for (const auto& item : json_) JsonReader(item, name_).read(items.emplace_back());
  }
  template <typename T>
  void read(std::map<std::string, T>& members) const {
    for (const auto& [key, member] : object().items()) JsonReader(member, key).read(members[key]);
  }
  template <typename T>
  void read(T& value) const {
    from_json(*this, value);
  }
  std::set<std::string> list_keys() const {
    std::set<std::string> keys;
    for (const auto& [key, member] : object().items()) keys.insert(key);
    return keys;
  }

 private:
  const nlohmann::json& object() const {
    expect(json_.is_object(), "an object");
    return json_;
  }
  void expect(bool is_right, const char* expected) const {
    if (!is_right) throw MalformedJson(fmt::format("{} is not {}", name_, expected));
  }

  const nlohmann::json& json_;
  std::string_view name_;
};

// Returns nullopt if there is no such file. Throws MalformedJson, which names the file, for one
// that cannot be read, is not a regular file, or begins with a byte order mark, which Go does not
// take.
std::optional<std::string> read_text_file(const std::filesystem::path& path);

// Reads the file's JSON into a value. Returns false, and leaves the value as it is, if there is
// none. Throws as read_text_file, also for other JSON than the value's.
template <typename T>
bool read_json_file(const std::filesystem::path& path, T& value) {
  const auto text = read_text_file(path);
  if (!text) return false;
  try {
    const nlohmann::json json = parse_json(*text);
    JsonReader(json, "it").read(value);
  } catch (const MalformedJson& error) {
    throw MalformedJson(path.string() + ": " + error.what());
  }
  return true;
}

}  // namespace cac
