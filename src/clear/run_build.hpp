// Runs the build command after a clean verdict, and asks for the engine's own records of its
// builds. That they cannot be read is a value.
#pragma once

#include <string>
#include <vector>

#include "base/child_process.hpp"
#include "clear/build_command.hpp"
#include "clear/recorded_builds.hpp"

namespace cac {

struct BuildRun {
  int status = 0;                // the command's, as a shell has it
  RecordedBuilds recorded = {};  // unless it has failed
  bool allows_imports = false;

  // Returns whether a build took steps from a cache that the clearing had not reached.
  bool has_residue() const;
};

// What the history of builds is asked for.
struct BuildsToFind {
  std::vector<std::string> docker;  // the program, with its options for the engine
  std::string builder;              // buildx's name of it
  std::string project;              // Compose's; may be empty
  std::vector<Build> builds;
};

// Throws std::system_error if the command cannot be run, and Interrupted while records are read.
BuildRun run_build(const std::vector<std::string>& words, const EnvironmentChanges& changes,
                   const BuildsToFind& builds, int signal_fd);

// Returns the latest record of each build. Throws Interrupted.
RecordedBuilds read_last_builds(const BuildsToFind& builds, int signal_fd);

}  // namespace cac
