#include "clear/caveats.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace cac {

namespace {

// buildx names the container of a builder so.
constexpr std::string_view builder_prefix = "buildx_buildkit_";

constexpr std::size_t max_listed = 10;

// A copy in a registry shows as a digest that is not the image's own ID. (The containerd store
// writes a digest for every image, and it is the ID.)
bool has_registry_copy(const Image& image) {
  return std::any_of(image.repo_digests.begin(), image.repo_digests.end(),
                     [&](const std::string& digest) { return !digest.ends_with("@" + image.id); });
}

// The names that a build whose cache_from names them may find in a registry. A single word is none
// of those unless the image came from one: on Docker Hub it can only be an official image.
std::set<std::string> find_registry_copies(const Application& application,
                                           const std::vector<Image>& images) {
  std::set<std::string> names;
  if (application.compose) {
    for (const ComposeImage& image : application.compose->images) {
      // One with a registry is residue, if cache_from names it.
      if (!image.in_cache_from || has_registry(image.name)) continue;
      if (image.name.find('/') != std::string::npos) names.insert(image.name);
    }
  }
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (!application.selects(image, name)) continue;
      const ComposeImage* const named = application.find_image(name);
      if (named != nullptr && (!named->in_cache_from || has_registry(name))) continue;
      if (has_registry(name) || has_registry_copy(image)) names.insert(name);
    }
  }
  return names;
}

// Adds the repositories of the application that have, or get by --keep-as, other tags than those
// that are cleared.
void add_other_tags(const ClearRequest& request, const State& state, std::vector<Caveat>& caveats) {
  if (request.application.compose) return;            // which says whether cache_from names one
  std::map<std::string, std::set<std::string>> tags;  // by repository
  for (const Image& image : state.images) {
    for (const std::string& name : image.tags) {
      const auto colon = name.rfind(':');
      const std::string repository = name.substr(0, colon);
      if (request.application.selects(image, name)) {
        if (request.keep_as) tags[repository].insert(*request.keep_as);
      } else if (request.application.selects(image, repository + ":latest")) {
        tags[repository].insert(name.substr(colon + 1));
      }
    }
  }
  for (const auto& [repository, others] : tags) {
    caveats.push_back({.kind = CaveatKind::other_tag,
                       .object = repository,
                       .tags = {others.begin(), others.end()}});
  }
}

void add_builders(std::vector<Caveat>& caveats, const std::optional<std::string>& buildx_builder,
                  const State& state) {
  if (state.containers_failure) {
    caveats.push_back({.kind = CaveatKind::builder, .unknown = state.containers_failure->message});
  }
  if (buildx_builder && *buildx_builder != "default") {
    caveats.push_back({.kind = CaveatKind::builder, .object = *buildx_builder});
  }
  for (const Container& container : state.containers) {
    if (!container.name.starts_with(builder_prefix)) continue;
    caveats.push_back(
        {.kind = CaveatKind::builder, .object = container.name, .is_container = true});
  }
}

}  // namespace

std::vector<Caveat> find_caveats(const ClearRequest& request, const State& state) {
  std::vector<Caveat> caveats;
  for (const std::string& name : find_registry_copies(request.application, state.images)) {
    caveats.push_back({.kind = CaveatKind::registry_copy, .object = name});
  }
  add_other_tags(request, state, caveats);
  add_builders(caveats, request.buildx_builder, state);
  return caveats;
}

std::vector<Caveat> find_caveats(const PruneRequest& request, const State& state) {
  std::vector<Caveat> caveats;
  add_builders(caveats, request.buildx_builder, state);
  return caveats;
}

std::vector<Caveat> find_dangling(const State& state, const std::vector<Container>& containers,
                                  const std::vector<Outcome>& outcomes, bool held_only) {
  std::vector<Caveat> caveats;
  if (state.dangling_failure) {
    return {{.kind = CaveatKind::classic_builder, .unknown = state.dangling_failure->message}};
  }
  if (!state.dangling) return caveats;
  const ImageHolders holders(containers);
  const RemovedImages removed(outcomes);
  for (const Image& image : *state.dangling) {
    if (removed.reports(image.id)) continue;
    if (held_only && holders.find(image.id).empty()) continue;
    if (caveats.size() < max_listed) {
      caveats.push_back({.kind = CaveatKind::classic_builder,
                         .object = image.id,
                         .holders = holders.find(image.id)});
    } else {
      ++caveats.back().more;
    }
  }
  return caveats;
}

}  // namespace cac
