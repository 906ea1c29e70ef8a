// The directories that type=local in a Compose file's cache_from names: BuildKit's client reads
// them, relative to the directory where it runs, which mostly is the Compose file's. Knows no
// engine.
#pragma once

#include <string>
#include <vector>

#include "base/units.hpp"
#include "clear/application.hpp"

namespace cac {

enum class LocalCacheKind {
  cache,    // an OCI layout as buildx writes it, and nothing else
  other,    // more than a cache, a link, or not readable: never removed
  missing,  // a relative name, for which there is nothing in the Compose file's directory; this
            // runs there
  unfound,  // ... nothing here and nothing there, as far as the Compose file's is known
};

struct LocalCache {
  std::string path = {};                   // absolute
  std::vector<std::string> services = {};  // whose builds read it
  LocalCacheKind kind{};
  Bytes size = {};
};

// Returns those that are not empty, in the current directory and in the Compose file's, and those
// that a build elsewhere may find. What has the home directory in it is no cache. home: may be
// empty.
std::vector<LocalCache> find_local_caches(const BuildSources& builds, const std::string& home);

// Removes a cache, so that what is left of a removal that was cut off is one, too, but none that a
// build reads. Returns false if it was already removed. Throws std::filesystem::filesystem_error.
bool remove_local_cache(const std::string& path);

}  // namespace cac
