#include "clear/cache_mounts.hpp"

namespace cac {

namespace {

// Returns whether BuildKit made this parent of a cache mount itself, for uid=, gid= or mode=.
// Compares the whole description: a step's command or file name can contain it, but every step of a
// Dockerfile is described by more ("[base 1/2] COPY ..."). The frontend of 20.10 wrote "settings".
//
// BuildKit before 0.11 (Docker 20.10 and 23) describes this directory and every COPY, ADD and
// WORKDIR as "fileop target". Nothing else in a record tells them apart (measured on 20.10): a COPY
// of an empty file also has no parent, no size and one use, and the next build reuses it. Such a
// record counts as a step.
bool is_own_directory(const CacheRecord& record) {
  return record.description == "[internal] setting cache mount permissions" ||
         record.description == "[internal] settings cache mount permissions";
}

}  // namespace

bool is_cache_mount(const CacheRecord& record) { return record.type == "exec.cachemount"; }

std::string name_record(const CacheRecord& record) {
  return record.description.empty() ? record.id : record.description;
}

CacheMounts::CacheMounts(const std::vector<CacheRecord>& records, bool keep_cache_mounts)
    : keeps_mounts_(keep_cache_mounts) {
  if (!keeps_mounts_) return;
  std::map<std::string, const CacheRecord*> by_id;
  for (const CacheRecord& record : records) by_id.emplace(record.id, &record);
  for (const CacheRecord& mount : records) {
    if (!is_cache_mount(mount)) continue;
    for (const std::string& id : mount.parents) {
      const auto parent = by_id.find(id);
      if (parent != by_id.end() && is_own_directory(*parent->second)) own_directories_.insert(id);
    }
    std::vector<std::string> ancestors = mount.parents;
    while (!ancestors.empty()) {
      const std::string id = ancestors.back();
      ancestors.pop_back();
      const auto found = by_id.find(id);
      if (found == by_id.end() || !blocking_.emplace(id, name_record(mount)).second) continue;
      const auto& parents = found->second->parents;
      ancestors.insert(ancestors.end(), parents.begin(), parents.end());
    }
  }
}

bool CacheMounts::keeps(const CacheRecord& record) const {
  if (!keeps_mounts_) return false;
  return is_cache_mount(record) || own_directories_.contains(record.id);
}

std::string CacheMounts::blocking_mount(const CacheRecord& record) const {
  const auto found = blocking_.find(record.id);
  return found == blocking_.end() || keeps(record) ? "" : found->second;
}

}  // namespace cac
