// The caches of buildx builders that run in containers of their own: the engine's own build cache
// does not have their records.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "docker/buildx.hpp"
#include "docker/cache_prune.hpp"
#include "docker/engine.hpp"

namespace cac {

// What a builder's buildctl says. Not read, or not understood, without records.
struct BuilderCache {
  std::string container = {};  // its name
  std::optional<std::vector<CacheRecord>> records = {};
  std::optional<Failure> failure = {};
};

bool is_builder(const Container& container);
bool is_running(const Container& container);

// Which builders' caches the next build would use.
class BuilderUse {
 public:
  // builder: where builds go; nullopt: to the engine's own.
  BuilderUse(const std::optional<BuildxBuilder>& builder, const std::vector<Container>& containers);

  // Returns whether builds go to the builder in this container.
  bool is_current(const std::string& container) const;
  // Returns what builds go to, except running containers if those are cleared: containers, or the
  // builder itself where it runs somewhere else; "buildx" if it is not known which one it is.
  std::vector<std::string> uncleared(bool running_are_cleared) const;

 private:
  std::vector<Container> current_;
  std::string elsewhere_;  // a builder's name; "": there is none, or it is not known
};

// Returns the builders' volumes that have no container: what `buildx rm --keep-state` leaves.
std::vector<std::string> find_orphans(const std::vector<Container>& containers,
                                      const std::vector<std::string>& volumes);

// A failure to ask the builder is a value.
BuilderCache read_builder_cache(Engine& engine, const Container& builder);

// Prunes a builder's cache within the limits. Throws EngineError if buildctl cannot be run or
// fails. The count and the size are what the cache lost, as far as buildctl says what it has.
Pruned prune_builder(Engine& engine, const Container& builder,
                     const std::vector<CachePrune>& prunes, bool keep_cache_mounts);

}  // namespace cac
