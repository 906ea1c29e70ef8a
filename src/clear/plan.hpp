// Options and inventory become actions with reasons. Pure: asks nobody, changes nothing.
#pragma once

#include <string>
#include <vector>

#include "clear/state.hpp"
#include "docker/cache_prune.hpp"

namespace cac {

enum class ActionKind { remove_artifact, remove_image, prune_dangling_images, prune_build_cache };

struct Action {
  ActionKind kind{};
  std::string object = {};    // "watchparty-backend:latest", "dangling images", "build cache"
  std::string image_id = {};  // the image that the name stood for; of remove_image
  std::string app_dir = {};  // of remove_artifact: the folder that was checked, the object is in it
  std::string keep_as = {};  // "watchparty-backend:old": the image gets this name first
  std::vector<CachePrune> prunes = {};  // of prune_build_cache: one after the other
  std::size_t count = 1;                // how many images or records it is about
  Bytes size = {};                      // of images "up to": layers may be shared
  std::string reason = {};              // why it is done
  std::string effect = {};              // what stays all the same, and why; may be empty
};

struct Plan {
  std::vector<Action> actions = {};
  std::vector<std::string> warnings = {};
  std::vector<std::string> notes = {};
  bool has_caches_elsewhere = false;  // out of this engine's reach; a note tells of each
};

// In the order of execution: artifacts; images, before the build cache so that a build that starts
// in between cannot import from them; dangling images (target `all`); the build cache. With
// --prune-only the build cache alone. api: for the requests that a dry run shows. Throws UsageError
// when --keep-as would take its tag from another image.
Plan plan_for(const Options& options, const Inventory& inventory, ApiVersion api);

// A prune of the build cache without bounds: of every record, or of all but the cache mounts if
// they are to be kept. records: those that it is about.
Action prune_of(const std::vector<CacheRecord>& records, const Options& options);

// What there is to say about the application's folders.
std::vector<std::string> notes_on_folders(const Options& options, const ArtifactSearch& search);
std::vector<std::string> warnings_on_folders(const Options& options, const ArtifactSearch& search);

// That the project's name may be wrong: nothing on the engine begins with it.
std::string warning_of_no_image(std::string_view project);

}  // namespace cac
