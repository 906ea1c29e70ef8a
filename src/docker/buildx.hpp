// Asks buildx which builder docker buildx, docker build and Compose build with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/environment.hpp"
#include "docker/context.hpp"
#include "docker/endpoint.hpp"

namespace cac {

// What buildx names the container of a node: this, and the node's name.
inline constexpr std::string_view builder_prefix = "buildx_buildkit_";

// Says which choice of a builder counts: the one for a context, or for an engine's address.
// In a context they differ. Measured by tests/engines/contexts_test.sh.
struct BuilderQuestion {
  std::optional<std::string> name = {};  // what --builder says
  // docker buildx build, docker buildx bake, and Compose without bake (2.26, COMPOSE_BAKE=false).
  bool by_context = true;
  // Compose with bake (2.40).
  bool by_address = false;
  // Neither: docker build, docker image build and docker bake use the engine's own unless
  // BUILDX_BUILDER, --builder or docker buildx install say otherwise.
};

// A builder that is not the engine's own.
struct BuildxBuilder {
  std::string name = {};                     // empty: it is not known which one it is
  std::vector<std::string> containers = {};  // of its nodes on this engine
  bool has_other_nodes = false;              // ... and elsewhere
  bool is_known = false;                     // buildx knows it
  std::string named_by = {};  // BUILDX_BUILDER or --builder; empty: docker buildx use
  bool by_address = false;    // it was chosen for the engine's address
  std::string problem = {};   // what is known about it: why it is elsewhere, or not known
};

// Returns the builder that builds use; nullopt if that is the engine's own. Asks docker buildx
// inspect only if a builder is named or buildx has made one: buildx gets a copy of its files, as it
// forgets the choice made for another engine when it is asked. A builder about which buildx does
// not answer is a value. engine: the one that choice leads to. Throws Interrupted or TimedOut.
std::optional<BuildxBuilder> find_current_builder(const BuilderQuestion& question,
                                                  const EngineChoice& choice,
                                                  const Environment& environment,
                                                  const std::string& home, const Endpoint& engine,
                                                  Interruption& interruption);

}  // namespace cac
