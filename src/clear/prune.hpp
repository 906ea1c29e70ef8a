// What a periodic pruning left of the build cache, read back: its size before and after, and what
// is outside a bound and why. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "docker/objects.hpp"

namespace cac {

struct CacheReading {
  std::vector<CacheRecord> records;
  Bytes size = {};
  std::vector<std::string> notes = {};  // for people: what is still outside a bound, and why
};

// records: as read after the last prune. now: the clock that the records' times are compared with.
CacheReading reading_of(std::vector<CacheRecord> records, const Options& options,
                        std::chrono::system_clock::time_point now);

}  // namespace cac
