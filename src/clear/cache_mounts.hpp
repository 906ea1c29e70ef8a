// Which build cache records --keep-cache-mounts keeps, and which steps those block. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "docker/objects.hpp"

namespace cac {

// Returns whether RUN --mount=type=cache left the record.
bool is_cache_mount(const CacheRecord& record);

// Returns the record's description, or its ID if it has none.
std::string name_record(const CacheRecord& record);

class CacheMounts {
 public:
  // Without keep_cache_mounts, no record is kept.
  CacheMounts(const std::vector<CacheRecord>& records, bool keep_cache_mounts);

  // Returns whether the record is a cache mount, or the directory that BuildKit made for its owner
  // and mode (uid=, gid=, mode=), which is no step. Returns false where the engine describes
  // such a directory like a step.
  bool keeps(const CacheRecord& record) const;

  // Returns the name of the kept cache mount that has this record as an ancestor (from=), or
  // "". Such a record cannot be pruned, yet a build can reuse it.
  std::string blocking_mount(const CacheRecord& record) const;

 private:
  bool keeps_mounts_;
  std::map<std::string, std::string> blocking_;  // the mount's name, by ancestor's ID
  std::set<std::string> own_directories_;        // IDs of the ancestors that BuildKit made
};

}  // namespace cac
