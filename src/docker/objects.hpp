// The engine's objects as plain structs. Nothing here knows JSON, HTTP or what is done with them.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.hpp"

namespace cac {

// A version of the Docker Engine API, "1.41".
struct ApiVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};

// What is spoken here: from Docker 20.10 to the newest version whose shapes `engine` knows (29).
inline constexpr ApiVersion oldest_api{1, 41};
inline constexpr ApiVersion newest_api{1, 56};

// "1.41"; nothing when the text is no version.
std::optional<ApiVersion> api_version_from(std::string_view text);
std::string text_of(ApiVersion version);

struct EngineIdentity {
  std::string name = {};     // "Docker"
  std::string version = {};  // "28.5.2"
  ApiVersion api = {};       // the version spoken with it
  std::string address = {};  // "unix:///var/run/docker.sock"
};

struct Image {
  std::string id = {};                         // "sha256:…"
  std::vector<std::string> tags = {};          // "name:tag"; empty: a dangling image
  bool names_known = true;                     // false: the answer did not say which names it has
  std::vector<std::string> repo_digests = {};  // "name@sha256:…"
  Bytes size = {};                             // shared layers included: removing may free less
};

struct Container {
  std::string id = {};
  std::string name = {};      // without the leading slash
  std::string image_id = {};  // the image that it holds, "sha256:…"
  std::string state = {};     // "running", "exited", …
};

// A build cache record, as /system/df lists it.
struct CacheRecord {
  std::string id = {};
  std::string type = {};  // "regular", "exec.cachemount", …
  std::string description = {};
  bool in_use = false;  // a running build holds it: no prune removes it
  bool shared = false;  // an image shares its layers
  Bytes size = {};
  std::vector<std::string> parents = {};  // IDs; they stay as long as this record
  // Or created, when it was never used since: what an engine's "until" goes by.
  std::optional<std::chrono::system_clock::time_point> last_used = {};
};

}  // namespace cac
