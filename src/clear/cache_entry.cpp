#include "clear/cache_entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/to_lower.hpp"

namespace cac {

static std::vector<std::string> split(const std::string& entry) {
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

CacheEntry::CacheEntry(const std::string& entry)
    : is_references_(entry.find('=') == std::string::npos), fields_(split(entry)) {
  for (const std::string& field : fields_) {
    const auto equals = std::min(field.find('='), field.size());
    values_[to_lower(field.substr(0, equals))] = field.substr(std::min(equals + 1, field.size()));
  }
}

std::string CacheEntry::field(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? "" : found->second;
}

std::string CacheEntry::shown() const {
  constexpr std::array<std::string_view, 8> harmless{"type",   "ref",    "src",   "name",
                                                     "bucket", "region", "scope", "prefix"};
  std::string text;
  for (const std::string_view key : harmless) {
    const auto found = values_.find(key);
    if (found == values_.end()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", key, found->second);
  }
  return text.empty() ? "an entry without a type" : text;
}

}  // namespace cac
