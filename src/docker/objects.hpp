// The engine's objects as plain structs. Must not know JSON, HTTP or what is done with the objects.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "docker/api_version.hpp"

namespace cac {

struct EngineIdentity {
  std::string name = {};     // "Docker"
  std::string version = {};  // "28.5.2"
  ApiVersion api = {};       // the version that is spoken with it
  std::string address = {};  // "unix:///var/run/docker.sock"
  std::string context = {};  // docker's name for it; empty: none but the default one
};

struct Image {
  std::string id = {};                         // "sha256:…"
  std::vector<std::string> tags = {};          // "name:tag"; empty: a dangling image
  bool names_known = true;                     // false: the engine did not say which names it has
  std::vector<std::string> repo_digests = {};  // "name@sha256:…"
  std::string compose_project = {};            // that Compose labeled it with; "": none
  bool owner_known = true;  // false: a list did not say which digests and labels it has
  Bytes size = {};          // includes shared layers: removing may free less
  std::vector<std::string> layers = {};  // digests, the lowest first; a list has none
};

struct Container {
  std::string id = {};
  std::string name = {};             // without the leading slash
  std::string image_id = {};         // of the image that it uses, "sha256:…"
  std::string state = {};            // "running", "exited", …
  std::string compose_project = {};  // that Compose labeled it with; "": none
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
  bool was_released = false;              // a build has used it and ended: the engine says when
  // Or created, if it was never used since: an engine's "until" compares this time.
  std::optional<std::chrono::system_clock::time_point> last_used = {};
};

// The result of a prune, as the engine reports it.
struct Pruned {
  std::size_t count = 0;  // deleted records
  Bytes reclaimed = {};
  std::vector<std::string> records = {};  // IDs, if the engine says them
};

}  // namespace cac
