// The build artifacts in the application's directory: what a build leaves there and the next one
// would copy into its image. Finds and removes them; follows no symbolic link. Knows no engine.
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
  bool nothing_there = false;                      // no application's directory at all
  std::vector<Failure> unreadable = {};            // directories that could not be searched
};

// Throws UsageError for a directory that must not be cleared, by whatever name or mount: an empty
// name, /, the home directory, a file, a symbolic link, or a service directory that is a symbolic
// link or contains the home directory. home: may be empty.
void check_app_dir(const std::filesystem::path& app_dir, Target target,
                   const std::filesystem::path& home);

// In the directories of the target's services. Ignores entries that are removed meanwhile.
ArtifactSearch find_artifacts(const std::filesystem::path& app_dir, Target target);

// Returns which path failed, and what to do about it.
Failure to_failure(const std::filesystem::filesystem_error& error);

// Removes what was found at the path, which lies in app_dir. No link below app_dir is followed,
// even if somebody puts one there meanwhile. Returns false if it was already removed. Throws
// std::filesystem::filesystem_error.
bool remove_artifact(const std::filesystem::path& app_dir, const std::filesystem::path& path);

}  // namespace cac
