#include "clear/cache_from.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace cac {

std::map<std::string, std::string> parse_cache_entry(const std::string& entry) {
  std::map<std::string, std::string> fields;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i <= entry.size(); ++i) {
    if (i < entry.size() && entry[i] == '"') {
      quoted = !quoted;
    } else if (i < entry.size() && (entry[i] != ',' || quoted)) {
      field += entry[i];
    } else {
      const auto equals = std::min(field.find('='), field.size());
      std::string key = field.substr(0, equals);
      std::transform(key.begin(), key.end(), key.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      fields[key] = field.substr(std::min(equals + 1, field.size()));
      field.clear();
    }
  }
  return fields;
}

std::string show_cache_entry(const std::string& entry) {
  constexpr std::array<std::string_view, 8> harmless{"type",   "ref",    "src",   "name",
                                                     "bucket", "region", "scope", "prefix"};
  const auto fields = parse_cache_entry(entry);
  std::string shown;
  for (const std::string_view key : harmless) {
    const auto field = fields.find(std::string(key));
    if (field == fields.end()) continue;
    shown += fmt::format("{}{}={}", shown.empty() ? "" : ",", key, field->second);
  }
  return shown.empty() ? "an entry without a type" : shown;
}

}  // namespace cac
