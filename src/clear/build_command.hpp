// The command that builds the application, as it is written behind "--": which of docker's build
// commands it is, how it is asked what it builds, and what its own words say. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "docker/context.hpp"

namespace cac {

enum class BuildTool {
  compose,         // docker compose build, or up --build
  bake,            // docker buildx bake
  build,           // docker build, which prints nothing about itself
  standard_input,  // no command: somebody else has asked, and the answer is on standard input
};

// One image that is built: a service's, a bake target's, or that of docker build.
struct Build {
  std::string name = {};                     // the service or the target; of docker build, its tag
  std::vector<std::string> tags = {};        // as written
  std::vector<std::string> cache_from = {};  // entries, as the option --cache-from takes them
  std::vector<std::string> cache_to = {};
  std::string context = {};     // as written
  std::string dockerfile = {};  // empty: it is written in the answer itself
  std::string stage = {};       // empty: the last one
};

struct BuildCommand {
  BuildTool tool{};
  std::vector<std::string> words = {};      // to run it
  std::vector<std::string> check = {};      // has docker read words that no question has in it
  std::vector<std::string> ask = {};        // to ask it; empty: it cannot be asked
  std::vector<std::string> ask_older = {};  // to ask a Compose that does not know --print
  std::vector<std::string> targets = {};    // named services or bake targets; empty: all
  bool builds_dependencies = false;         // the services that those depend on, too
  bool builds_all = false;                  // no service or target is named
  bool is_buildx = false;                   // docker buildx, which builds by BuildKit alone
  bool may_run_elsewhere = false;           // the build, in another directory than this process
  std::vector<std::string> files = {};      // of -f, each of which it reads itself
  std::optional<std::string> builder = {};  // of --builder
  EngineChoice engine = {};                 // of docker's own options
  std::optional<std::string> project = {};  // that an answer on standard input has to be of
  std::vector<Build> builds = {};           // of docker build: what its words say
};

// Reads the words behind "--". Throws UsageError if they are none of docker's build commands.
BuildCommand parse_build_command(std::span<const std::string> words);

// Returns the command that --file, --project and TARGET stand for: docker compose build, or the
// answer to it on standard input if the only file is "-".
BuildCommand make_compose_build(const std::vector<std::string>& files,
                                const std::optional<std::string>& project,
                                const std::vector<std::string>& targets);

}  // namespace cac
