// Reads a build command's answer about what it builds: the JSON of docker compose build --print,
// docker buildx bake --print, or docker compose config --format json. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clear/build_command.hpp"

namespace cac {

struct BuildAnswer {
  std::string project = {};        // Compose's; empty: the answer names none
  std::vector<Build> builds = {};  // what the command builds
  std::vector<Build> others = {};  // what else the answer lists as built
};

// Selects the command's targets, and what a build of them builds besides: the targets that their
// contexts name, and, if it builds dependencies, the services that they depend on. A target that
// bake builds only as another's context gets no tags (measured with buildx 0.29). Throws UsageError
// for any other JSON, for a target that is not built, and if nothing is built.
BuildAnswer parse_build_answer(const std::string& json, const BuildCommand& command);

// Returns a foreign name in quotes, and abridged: a long one would fill the screen.
std::string quote(std::string_view text);

}  // namespace cac
