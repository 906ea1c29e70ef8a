// Which builder docker buildx and Compose build with, as buildx's own files say. Reads nothing
// else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "docker/endpoint.hpp"

namespace cac {

// What buildx names the container of a node: this, and the node's name.
inline constexpr std::string_view builder_prefix = "buildx_buildkit_";

// A builder that is not the engine's own.
struct BuildxBuilder {
  std::string name = {};
  std::vector<std::string> containers = {};  // of its nodes on this engine, as its file has them
  bool has_other_nodes = false;              // ... and on another one
  bool is_known = false;                     // buildx has a file about it
  bool is_named = false;                     // by BUILDX_BUILDER
  std::string problem = {};                  // why it could not be read; then nothing else is set
};

// Returns the builder that BUILDX_BUILDER names, else buildx's current one for the engine; nullopt
// if that is the engine's own, which has the name of its context, or of another one that leads to
// it. home: where the files are, unless DOCKER_CONFIG or BUILDX_CONFIG says otherwise; may be
// empty. Source: buildx 0.29, see its store package.
std::optional<BuildxBuilder> find_current_builder(const Environment& environment,
                                                  const std::string& home, const Endpoint& engine);

}  // namespace cac
