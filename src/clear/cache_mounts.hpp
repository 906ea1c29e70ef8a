// Which build cache records --keep-cache-mounts spares, and which ones the spared hold. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "docker/objects.hpp"

namespace cac {

class CacheMounts {
 public:
  // Of these records; without --keep-cache-mounts none is spared.
  CacheMounts(const std::vector<CacheRecord>& records, const Options& options);

  // Returns whether the record is a cache mount, or the directory that BuildKit made for its owner
  // and mode (uid=, gid=, mode=), which is no step. Returns false where the engine does not tell
  // such a directory apart from a step.
  bool spare(const CacheRecord& record) const;

  // The description of the mount that is built on the record (from=), which so can be no more
  // pruned than the mount, but is a step that a build can reuse. Empty: none is.
  std::string holder_of(const CacheRecord& record) const;

 private:
  bool keeps_;
  std::map<std::string, std::string> holders_;  // of the mounts' ancestors, by ID
  std::set<std::string> own_directories_;       // the IDs of BuildKit's own among them
};

}  // namespace cac
