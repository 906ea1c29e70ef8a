#include "cache_mounts.hpp"

namespace cac {

namespace {

// The type of the records that RUN --mount=type=cache leaves.
constexpr std::string_view cache_mount_type = "exec.cachemount";

// What BuildKit makes for a mount with uid=, gid= or mode=; measured on 20.10 ("fileop target")
// and 28.5
// ("[internal] setting cache mount permissions").
bool makes_folder_of_mount(const CacheRecord& record) {
  return record.description == "fileop target" ||
         record.description.find("cache mount permissions") != std::string::npos;
}

}  // namespace

CacheMounts::CacheMounts(const std::vector<CacheRecord>& records, const Options& options)
    : keeps_(options.keep_cache_mounts) {
  if (!keeps_) return;
  std::map<std::string, const CacheRecord*> by_id;
  for (const CacheRecord& record : records) by_id.emplace(record.id, &record);
  for (const CacheRecord& mount : records) {
    if (mount.type != cache_mount_type) continue;
    std::vector<std::string> ancestors = mount.parents;
    while (!ancestors.empty()) {
      const std::string id = ancestors.back();
      ancestors.pop_back();
      const auto found = by_id.find(id);
      if (found == by_id.end() || !holders_.emplace(id, mount.description).second) continue;
      const auto& parents = found->second->parents;
      ancestors.insert(ancestors.end(), parents.begin(), parents.end());
    }
  }
}

bool CacheMounts::spare(const CacheRecord& record) const {
  if (!keeps_) return false;
  return record.type == cache_mount_type ||
         (holders_.contains(record.id) && makes_folder_of_mount(record));
}

std::string CacheMounts::holder_of(const CacheRecord& record) const {
  const auto found = holders_.find(record.id);
  return found == holders_.end() || spare(record) ? "" : found->second;
}

}  // namespace cac
