// The engine's JSON as structs. Ignores unknown members, and distinguishes
// missing ones from empty ones. Must not know endpoints, and sends nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "docker/api_response.hpp"
#include "docker/objects.hpp"

namespace cac {

// GET /system/df. Both shapes: BuildCache up to API 1.51, BuildCacheUsage from 1.52 on. nullopt:
// the records are missing, or contradict the sums beside them.
using BuildCache = std::optional<std::vector<CacheRecord>>;

// GET /volumes.
struct Volume {
  std::string name = {};
};
struct VolumeList {
  std::vector<Volume> volumes = {};
};

// POST /containers/ID/exec, and GET /exec/ID/json.
struct Exec {
  std::string id = {};
  std::optional<std::int64_t> status = {};  // nullopt: it has not ended
};

// A part of what DELETE /images did.
struct ImageDeletion {
  std::string id = {};  // of a deleted image or layer; empty: an image lost a name
  bool operator==(const ImageDeletion&) const = default;
};

// Returns the body as an Image, a BuildCache, a Pruned, a VolumeList, an Exec, or a vector of
// Image, Container or ImageDeletion. Throws EngineError (malformed) when it is not what the Docker
// API documents.
template <typename T>
T decode(const ApiResponse& response);

// Returns what `buildctl du --format '{{json .}}'` prints as records. nullopt: it is something
// else, as BuildKit before 0.11 prints.
BuildCache decode_builder_cache(const std::string& text);

// Returns the "message" of a JSON error. nullopt: the body is something else.
std::optional<std::string> decode_error(const std::string& body);

}  // namespace cac
