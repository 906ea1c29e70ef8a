// Caches that lie outside what a run clears: they never change the exit status, but can explain why
// steps come back. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clear/dangling.hpp"
#include "clear/execute.hpp"
#include "clear/state.hpp"

namespace cac {

enum class CaveatKind {
  registry_copy,    // a build whose cache_from names the image takes steps from its registry
  builder,          // a buildx builder, or the volume of one, has a cache of its own
  other_tag,        // a repository of the application has other tags, which cache_from can name
  classic_builder,  // a dangling image: only the classic builder (DOCKER_BUILDKIT=0) would use it
  local_cache,      // a relative directory, which is not here: builds may run elsewhere
  external,         // a cache outside this engine, which --allow-external accepts
  missing_image,    // no cache: containers whose image is removed, and cannot be created anew
  others_images,    // no cache: dangling images that are not the application's, and stay
  base,             // no cache: an image that is removed, and that another one is built on
  base_stays,       // an image that stays, and that a removed one is built on
  other_image,      // by convention: an image whose name begins with the target's
};

inline constexpr std::string_view caveat_words[] = {
    "registry-copy", "builder",       "other-tag", "classic-builder", "local-cache", "external",
    "missing-image", "others-images", "base",      "base-stays",      "other-image"};
constexpr std::string_view to_string(CaveatKind kind) {
  return caveat_words[static_cast<std::size_t>(kind)];
}

// Returns whether it is likely to matter: a build that uses the cache all the same is at hand.
constexpr bool is_warning(CaveatKind kind) {
  return kind == CaveatKind::local_cache || kind == CaveatKind::base ||
         kind == CaveatKind::base_stays;
}

struct Caveat {
  CaveatKind kind{};
  std::string object = {};              // the image's name or ID, the builder's, the repository
  std::vector<std::string> tags = {};   // other tags of the repository; removed images that
                                        // containers hold
  std::string base = {};                // the image that the object is built on
  bool is_container = false;            // the object is the container that a builder runs in
  bool is_volume = false;               // ... or the volume that one left behind
  std::vector<Container> holders = {};  // of the dangling image, or of removed ones
  std::size_t more = 0;                 // of many dangling images, the number beyond those listed
  OthersImages others = {};             // dangling ones
  std::string unknown = {};             // why the engine could not be asked: no object
};

// Returns those that the state shows before anything is changed.
std::vector<Caveat> find_caveats(const ClearRequest& request, const State& state);
std::vector<Caveat> find_caveats(const PruneRequest& request, const State& state);

// Returns the builders that were to be cleared, and that did not say what they have left, except
// those to which builds go: they are residue.
std::vector<Caveat> find_unread_builders(const ClearRequest& request, const State& after);

// Returns the dangling images that are left: the application's own one by one, except those that
// the outcomes report already, and how many are others'. first: as read before anything was
// removed; nothing here stops or starts its containers. held_only: the others are going to be
// removed.
std::vector<Caveat> find_dangling(const Application& application, const State& first,
                                  const State& state, const std::vector<Outcome>& outcomes,
                                  bool held_only = false);

}  // namespace cac
