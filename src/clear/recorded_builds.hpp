// What BuildKit has recorded of the build command's builds: whether they started from scratch.
#pragma once

#include <string>
#include <vector>

#include "clear/build_command.hpp"
#include "docker/build_history.hpp"

namespace cac {

struct RecordedBuild {
  std::string name = {};  // the service, the bake target or the tag
  BuildRecord record = {};
  std::vector<std::string> imports = {};  // caches that it had beside the builder's own

  // After a clearing the builder's own records are younger than it: made by another build of the
  // same command. Imported ones are older. (27 random projects, against the bytes in their layers)
  bool took_imported_steps() const { return record.cached_steps > 0 && !imports.empty(); }
};

struct RecordedBuilds {
  std::vector<RecordedBuild> builds = {};    // by name
  std::vector<std::string> unrecorded = {};  // what has no record
  std::string problem = {};                  // why no record could be read; empty: they were
};

// Returns all records of these builds that are not among the earlier ones. Builds of Compose are
// known by its labels; others by their files, which buildx knows of this user's own builds alone.
// project: Compose's; empty for other builds. Throws as BuildHistory.
RecordedBuilds find_new_builds(const BuildHistory& history, const std::vector<Build>& builds,
                               const std::string& project, const std::vector<BuildRecord>& earlier);

// Returns the latest record of each of these builds. Throws as BuildHistory.
RecordedBuilds find_last_builds(const BuildHistory& history, const std::vector<Build>& builds,
                                const std::string& project);

}  // namespace cac
