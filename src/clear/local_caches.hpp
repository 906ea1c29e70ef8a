// The directories of type=local in a build's cache_from and cache_to: BuildKit's client reads and
// writes them, relative to the directory where it runs. Knows no engine.
#pragma once

#include <string>
#include <vector>

#include "base/units.hpp"
#include "clear/application.hpp"

namespace cac {

enum class LocalCacheKind {
  cache,    // an OCI layout as buildx writes it, and nothing else
  other,    // more than a cache, a link, or not readable: never removed
  missing,  // relative, and not in the current directory, where builds may not run
};

struct LocalCache {
  std::string path = {};                   // absolute
  std::vector<std::string> services = {};  // whose builds read it
  LocalCacheKind kind{};
  Bytes size = {};
};

// Returns those that are not empty, and those that a build in another directory may find. A
// directory that contains the home directory is never a cache. home: may be empty.
std::vector<LocalCache> find_local_caches(const BuildSources& builds, const std::string& home);

// Removes the cache. Deletes oci-layout last, so that the next run still recognizes an interrupted
// removal, but no build can use it. Returns false if it was already removed. Throws
// std::filesystem::filesystem_error.
bool remove_local_cache(const std::string& path);

}  // namespace cac
