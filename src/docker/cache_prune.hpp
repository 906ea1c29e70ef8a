// One prune of the build cache: what it may delete, and how that is put to an engine.
// Knows the endpoint's parameters, but sends nothing. Source: the engines' API reference and
// measurements on 20.10 and 28.5.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "docker/objects.hpp"

namespace cac {

// At most one bound in one prune: an engine takes two as "both must hold", and may delete nothing.
struct CachePrune {
  std::string type = {};                                // only records of this type; empty: of all
  std::optional<std::chrono::seconds> older_than = {};  // only records unused for so long
  std::optional<Bytes> keep_storage = {};               // only until no more than so much is left
};

// The parameters of POST /build/prune, not encoded. all=1 stands in each: without it the records
// that an image shares and internal ones would stay.
std::vector<std::pair<std::string, std::string>> parameters_of(const CachePrune& prune,
                                                               ApiVersion api);

// "POST /build/prune?all=1&reserved-space=5000000000", for people.
std::string text_of(const CachePrune& prune, ApiVersion api);

}  // namespace cac
