// What a run is asked to do. Knows no command line.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/units.hpp"
#include "clear/application.hpp"
#include "docker/buildx.hpp"

namespace cac {

// Clears an application's cache sources, and verifies that none is left.
struct ClearRequest {
  Application application = {};
  bool dry_run = false;
  bool verify_only = false;  // reads and judges; changes nothing
  bool wait = false;         // for running builds, before anything else
  bool keep_cache_mounts = false;
  bool allow_external = false;                // caches outside this engine are no residue
  std::optional<std::string> keep_as = {};    // the tag that each image gets first
  std::optional<std::string> app_dir = {};    // whose build artifacts are cleared as well
  std::string home = {};                      // never cleared as a directory
  bool all_builders = false;                  // also clears the buildx builders' caches
  std::optional<BuildxBuilder> builder = {};  // where builds go instead of the engine's own
};

// Prunes the build cache and nothing else; all of it if there is no limit.
struct PruneRequest {
  bool dry_run = false;
  bool wait = false;
  bool keep_cache_mounts = false;
  std::optional<std::chrono::seconds> older_than = {};
  std::optional<Bytes> keep_storage = {};
  std::optional<Bytes> min_free_space = {};  // on the file system of the engine's data
  bool all_builders = false;
  std::optional<BuildxBuilder> builder = {};
};

using Request = std::variant<ClearRequest, PruneRequest>;

}  // namespace cac
