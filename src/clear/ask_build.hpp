// Asks a build command what it builds and reads: runs docker, which asks no engine for that.
#pragma once

#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/child_process.hpp"
#include "base/environment.hpp"
#include "clear/application.hpp"
#include "clear/build_command.hpp"
#include "docker/buildx.hpp"

namespace cac {

struct AskedBuild {
  Application application = {};
  std::vector<Build> builds = {};
  std::vector<std::string> warnings = {};  // docker's, such as variables that are not set
};

// Asks once: a file may be readable only once. Reads standard input for BuildTool::standard_input.
// Throws UsageError with docker's own words, or for an answer that is not understood, and
// Interrupted or TimedOut.
AskedBuild ask_build(const BuildCommand& command, const EngineChoice& engine,
                     const Environment& environment, Interruption& interruption);

// Returns how the command's build chooses its builder: Compose does it with bake and without, by
// its version.
BuilderQuestion ask_for_builder(const BuildCommand& command);

// Returns what has docker reach the engine of a choice, whatever the environment says; nothing for
// no choice.
EnvironmentChanges select_engine(const EngineChoice& engine);

}  // namespace cac
