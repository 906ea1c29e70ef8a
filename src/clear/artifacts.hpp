// The build artifacts in the application's directory: what a build leaves there and the next one
// would copy into its image. Finds them; follows no symbolic link. Knows no engine.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"
#include "clear/application.hpp"

namespace cac {

struct Artifact {
  std::filesystem::path path;
  Bytes size = {};  // of the files in it; a link's target does not count
};

struct ArtifactSearch {
  std::vector<Artifact> found = {};
  std::vector<std::filesystem::path> absent = {};  // service directories that are not there
  std::vector<Failure> unreadable = {};            // directories that could not be searched
};

// Throws UsageError for a directory that must not be cleared, by whatever name or mount: an empty
// name, one that does not exist, /, the home directory, a file, a symbolic link, or a service
// directory that is a symbolic link or contains the home directory; and where no service of the
// target has artifacts. home: may be empty.
void check_app_dir(const std::filesystem::path& app_dir, const Application& application,
                   const std::filesystem::path& home);

// In the directories of the target's services. Ignores entries that are removed meanwhile.
ArtifactSearch find_artifacts(const std::filesystem::path& app_dir, const Application& application);

}  // namespace cac
