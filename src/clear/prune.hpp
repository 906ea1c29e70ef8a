// What a periodic pruning left of the build cache: how large it is, how much of it is outside the
// limits, and what keeps that. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "clear/request.hpp"
#include "docker/objects.hpp"

namespace cac {

// Records outside a limit, by what keeps them.
struct Excess {
  std::size_t count = 0;  // of records
  Bytes over = {};        // the limit
  Bytes in_use = {};      // by a running build
  Bytes shared = {};      // with images, which an engine does not count
  Bytes kept = {};        // in cache mounts, or blocked by them
  Bytes held = {};        // by newer records, or the engine stopped short of the limit
};

struct PruneSummary {
  std::size_t count = 0;  // of records left
  Bytes size = {};
  std::optional<Excess> too_old = {};
  std::optional<Excess> too_large = {};
};

// records: as read after the last prune. now: the clock that the records' times are compared with.
PruneSummary summarize_pruning(const PruneRequest& request, const std::vector<CacheRecord>& records,
                               std::chrono::system_clock::time_point now);

}  // namespace cac
