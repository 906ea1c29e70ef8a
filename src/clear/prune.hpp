// Periodic pruning: which limits an engine can keep, whether a prune is worth repeating, how much
// it freed, and what it left of the build cache. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "clear/execute.hpp"
#include "clear/request.hpp"
#include "docker/objects.hpp"

namespace cac {

// Returns why the engine cannot keep the limits; nullopt if it can.
std::optional<Failure> find_unsupported_limit(const PruneRequest& request,
                                              const EngineIdentity& engine);

// Returns the size of the records that an engine counts for a limit: those that no image shares.
Bytes unshared_size(const std::vector<CacheRecord>& records);

// An engine counts every record that it deletes, but what an image shares stays on the disk: takes
// that from what the outcome reclaimed. Returns its size. records: as read before the last prune.
Bytes set_apart_shared(Outcome& outcome, const std::vector<CacheRecord>& records);

// Whether the prune of one action is to be sent again, after each that deleted something.
class PruneRepetition {
 public:
  // start: the time before the first prune.
  PruneRepetition(const PruneRequest& request, const Action& action,
                  std::chrono::system_clock::time_point start);

  // records: as read after the last prune. shared: of what it deleted.
  bool should_repeat(const std::vector<CacheRecord>& records, Bytes shared);

 private:
  CachePrune limits_;
  bool keep_cache_mounts_;
  std::chrono::system_clock::time_point start_;
  int repeats_ = 0;
  int repeats_after_freeing_ = 0;
};

// Records outside a limit, by what keeps them.
struct Excess {
  std::size_t count = 0;  // of records
  Bytes over = {};        // the limit
  Bytes in_use = {};
  Bytes kept = {};  // in cache mounts, or blocked by them
  Bytes held = {};  // by newer records, or the engine stopped short of the limit
};

// An engine does not report its free space; only its prunes depend on it.
enum class FreeSpace {
  not_limited,
  enough,        // the last prune left records that it could have deleted
  nothing_left,  // that could be deleted: enough or not
  unknown,       // the last prune failed, or still deleted something
};

struct PruneSummary {
  std::size_t count = 0;  // of records left
  Bytes size = {};
  Bytes shared = {};  // with images: an engine does not count it
  std::size_t in_use_count = 0;
  Bytes in_use = {};
  bool runs_build = false;  // has made some of those in use
  std::optional<Excess> too_old = {};
  std::optional<Excess> too_large = {};
  FreeSpace free_space = FreeSpace::not_limited;
};

// records: as read after the last prune. start: the clock that the records' times are compared
// with.
PruneSummary summarize_pruning(const PruneRequest& request, const std::vector<Outcome>& outcomes,
                               const std::vector<CacheRecord>& records,
                               std::chrono::system_clock::time_point start);

}  // namespace cac
