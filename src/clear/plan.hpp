// A request and the state become actions, each with the facts that explain it. Pure, and writes no
// sentence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clear/state.hpp"
#include "docker/cache_prune.hpp"

namespace cac {

// Why something is done, or is still there.
enum class Reason {
  // of actions
  cache_from,       // cache_from can name the image
  copied_by_build,  // the next build would copy the artifact into its image
  leftover,         // an earlier build left the image dangling
  builder_cache,    // of a buildx builder, which is asked for
  shared_cache,     // clearing the build cache: it cannot be told apart by service
  unused,           // pruning the build cache without a limit
  older_than,       // ... of records unused for so long
  keep_storage,     // ... down to this size
  min_free_space,   // ... until so much is free
  left_by_prune,    // the prune is repeated
  // of residue, besides the first two
  still_tagged,      // the name was not removed
  retagged,          // an image was given the name during the run
  newer_deleted,     // ... at the very moment of the removal, so that image was deleted
  reusable,          // a build can reuse the record
  cache_mount,       // ... or finds the content of the cache mount
  running_build,     // a running build holds the record
  kept_cache_mount,  // a cache mount that is kept is based on the record
  survived_pruning,  // no prune removed the record
  other_project,     // only cache_from names the image, which is another Compose project's
  not_a_cache,       // the directory is more than a cache, or a link: left alone
  external,          // the build command names a cache that is not on this engine
  builder_in_use,    // builds go to this buildx builder
  builder_stopped,   // ... which does not run, so that it cannot be cleared
  builder_unknown,   // buildx does not say which builder builds go to
  unverified,        // ... and what is left of its cache could not be read
  classic_builder,   // ... or to the classic builder, which takes steps from images
};

inline constexpr std::string_view reason_words[] = {
    "cache-from",     "copied-by-build",  "leftover",         "builder-cache",   "shared-cache",
    "unused",         "older-than",       "keep-storage",     "min-free-space",  "left-by-prune",
    "still-tagged",   "retagged",         "newer-deleted",    "reusable",        "cache-mount",
    "running-build",  "kept-cache-mount", "survived-pruning", "other-project",   "not-a-cache",
    "external",       "builder-in-use",   "builder-stopped",  "builder-unknown", "unverified",
    "classic-builder"};
constexpr std::string_view to_string(Reason reason) {
  return reason_words[static_cast<std::size_t>(reason)];
}

enum class ActionKind {
  remove_artifact,
  remove_local_cache,
  remove_image,
  prune_dangling_images,
  prune_build_cache,
  prune_builder
};

inline constexpr std::string_view action_words[] = {"remove-artifact",   "remove-local-cache",
                                                    "remove-image",      "prune-dangling-images",
                                                    "prune-build-cache", "prune-builder"};
constexpr std::string_view to_string(ActionKind kind) {
  return action_words[static_cast<std::size_t>(kind)];
}

struct Action {
  ActionKind kind{};
  Reason reason{};
  std::string object = {};              // the image's name or a path; empty: a prune
  std::string image_id = {};            // of remove_image: the image that the name referred to
  std::string directory = {};           // of remove_artifact: what was checked
  std::string keep_as = {};             // "watchparty-backend:old": the image gets this name first
  std::vector<CachePrune> prunes = {};  // of a build cache: one after the other
  std::optional<Container> builder = {};       // of prune_builder: where it runs
  bool keeps_cache_mounts = false;             // of prune_builder
  std::vector<std::string> own_projects = {};  // of dangling images: Compose's projects whose go
  std::optional<std::size_t> count = {};   // of images or records; nullopt: not known beforehand
  Bytes size = {};                         // of images "up to": layers may be shared
  std::vector<std::string> services = {};  // or bake targets, whose builds can use it
  std::vector<std::string> other_services = {};  // outside the target, that name the image
  // What stays all the same:
  std::vector<std::string> other_names = {};  // of the image
  std::vector<Container> holders = {};        // that use the image, and are not touched
  std::size_t held = 0;                       // records, by running builds
  std::size_t kept = 0;                       // cache mounts
};

// In the order of execution.
using Plan = std::vector<Action>;

// Artifacts; local caches; images, before the build cache so that a build that starts in between
// cannot import from them; dangling images (target `all`); the build cache. Throws UsageError if
// --keep-as would take its tag from another image.
Plan plan_clearing(const ClearRequest& request, const State& state);

// Removes records that are too old first, then the least recently used beyond the size, or until
// enough space is free.
Plan plan_pruning(const PruneRequest& request, const State& state);

// Returns the prune to send once more, for the records that nothing holds and that are not kept;
// nullopt if there are none, or if the engine did not say.
std::optional<Action> plan_repeated_prune(const ClearRequest& request, const State& state);

}  // namespace cac
