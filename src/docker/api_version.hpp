// The versions of the Docker Engine API: which ones are supported, and what differs between them.
// Must not know requests or JSON.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace cac {

struct ApiVersion {
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const ApiVersion&) const = default;

  // POST /build/prune has another name for its size limit from 1.48 on.
  const char* size_limit_parameter() const {
    return *this >= ApiVersion{1, 48} ? "reserved-space" : "keep-storage";
  }
  // ... and can prune until enough space is free.
  bool prunes_for_free_space() const { return *this >= ApiVersion{1, 48}; }
  // GET /system/df answers concurrent requests with one result from 1.42 (engine 23) on; before,
  // it refuses all but one. Only from then on it heeds `type`; before, it walks the whole disk.
  bool shares_disk_usage() const { return *this >= ApiVersion{1, 42}; }
  // GET /system/df lists records under BuildCacheUsage if asked for `verbose`, from 1.52 on.
  bool lists_usage_if_verbose() const { return *this >= ApiVersion{1, 52}; }
  // A record's parents are under "Parent" below 1.42, literally under " Parents" from then on.
};

// From Docker 20.10 to the newest version whose JSON `decode` knows (Docker 29).
inline constexpr ApiVersion oldest_api{1, 41};
inline constexpr ApiVersion newest_api{1, 56};

// Parses "1.41". Returns nullopt when the text is not a version.
std::optional<ApiVersion> parse_api_version(std::string_view text);
std::string to_string(ApiVersion version);

}  // namespace cac
