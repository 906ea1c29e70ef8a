#include "clear/cache_from.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/to_lower.hpp"

namespace cac {

std::vector<std::string> split_cache_entry(const std::string& entry) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : entry) {
    if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::map<std::string, std::string> parse_cache_entry(const std::string& entry) {
  std::map<std::string, std::string> values;
  for (const std::string& field : split_cache_entry(entry)) {
    const auto equals = std::min(field.find('='), field.size());
    values[to_lower(field.substr(0, equals))] = field.substr(std::min(equals + 1, field.size()));
  }
  return values;
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
