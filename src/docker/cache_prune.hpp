// One prune of the build cache: what it may delete, and the request for it. Must not send anything.
// Source: the engines' API reference and measurements on 20.10 and 28.5.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.hpp"
#include "docker/api_version.hpp"

namespace cac {

// Set an age or the other limits, not both: a record must then be outside all of them, so that an
// engine may delete nothing.
struct CachePrune {
  std::string type = {};                                // only records of this type; "": all
  std::optional<std::chrono::seconds> older_than = {};  // only records unused for so long
  std::optional<Bytes> keep_storage = {};               // only until no more than this is left
  std::optional<Bytes> min_free_space = {};             // only until so much is free
};

// Returns "/build/prune?all=1&reserved-space=5000000000", its values as `encode` returns them.
// Without all=1 the engine would keep internal records and those that an image shares.
std::string prune_target(const CachePrune& prune, ApiVersion api,
                         std::string (*encode)(std::string_view));

// Returns the request for people: "POST /build/prune?all=1&reserved-space=5000000000".
std::string to_string(const CachePrune& prune, ApiVersion api);

}  // namespace cac
