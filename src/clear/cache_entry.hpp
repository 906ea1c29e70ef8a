// An entry of a build's cache_from or cache_to, as the option --cache-from takes it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cac {

class CacheEntry {
 public:
  // Reads comma-separated fields, any of which may stand in quotes, as buildx does.
  explicit CacheEntry(const std::string& entry);

  // Returns whether the entry is a list of images' references instead of KEY=VALUE fields.
  bool is_references() const { return is_references_; }
  const std::vector<std::string>& references() const { return fields_; }

  // Returns a field's value; "" if there is none. key: in lower case.
  std::string field(std::string_view key) const;

  // Returns the entry without the fields that may hold keys and tokens: Compose has replaced their
  // variables.
  std::string shown() const;

 private:
  bool is_references_ = false;
  std::vector<std::string> fields_;
  std::map<std::string, std::string, std::less<>> values_;  // by key
};

}  // namespace cac
