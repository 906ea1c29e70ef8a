// The directories that type=local in a Compose file's cache_from names: BuildKit's client reads
// them, relative to the directory where it runs. Knows no engine.
#pragma once

#include <string>
#include <vector>

#include "base/units.hpp"
#include "clear/application.hpp"

namespace cac {

struct LocalCache {
  std::string path = {};                   // absolute
  std::vector<std::string> services = {};  // whose builds read it
  bool is_clearable = false;  // it is nothing but a cache: an OCI layout as buildx writes it
  Bytes size = {};
};

// Returns those that are there and not empty. Clearable is none that is a symbolic link, that has
// the home directory in it, that cannot be read, or that holds anything else. home: may be empty.
std::vector<LocalCache> find_local_caches(const std::vector<ComposeCache>& directories,
                                          const std::string& home);

}  // namespace cac
