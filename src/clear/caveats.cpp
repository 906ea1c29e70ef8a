#include "clear/caveats.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>

#include "clear/bases.hpp"

namespace cac {

namespace {

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
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (!application.selects(image, name)) continue;
      const NamedImage* const named = application.find_image(name);
      // One that cache_from names with a slash in it is external, and so residue.
      const bool is_external = name.find('/') != std::string::npos;
      if (named != nullptr && (!named->in_cache_from || is_external)) continue;
      if (has_registry(name) || has_registry_copy(image)) names.insert(name);
    }
  }
  return names;
}

// Adds the repositories of the application that have, or get by --keep-as, other tags than those
// that are cleared.
void add_other_tags(const ClearRequest& request, const State& state, std::vector<Caveat>& caveats) {
  const Application& application = request.application;
  const auto repository_of = [](const std::string& name) {
    return name.substr(0, name.rfind(':'));
  };
  std::set<std::string> repositories;
  if (application.builds) {
    for (const NamedImage& named : application.builds->images) {
      repositories.insert(repository_of(named.name));
    }
  }
  std::map<std::string, std::set<std::string>> tags;  // by repository
  for (const Image& image : state.images) {
    for (const std::string& name : image.tags) {
      const std::string repository = repository_of(name);
      if (application.selects(image, name)) {
        if (request.keep_as) tags[repository].insert(*request.keep_as);
      } else if (application.builds
                     ? repositories.contains(repository) && !application.matches(name)
                     : application.selects(image, repository + ":latest")) {
        tags[repository].insert(name.substr(repository.size() + 1));
      }
    }
  }
  for (const auto& [repository, others] : tags) {
    caveats.push_back({.kind = CaveatKind::other_tag,
                       .object = repository,
                       .tags = {others.begin(), others.end()}});
  }
}

// Adds the builders whose caches are not cleared, except those to which builds go: they are residue
// of a clearing.
template <typename AnyRequest>
void add_builders(const AnyRequest& request, const State& state, std::vector<Caveat>& caveats) {
  constexpr bool is_clearing = std::is_same_v<AnyRequest, ClearRequest>;
  const auto add_unknown = [&](const std::string& why) {
    caveats.push_back({.kind = CaveatKind::builder, .unknown = why});
  };
  for (const auto& failure : {state.containers_failure, state.volumes_failure}) {
    if (failure) add_unknown(failure->message);
  }
  const auto& builder = request.builder;
  const BuilderUse use(builder, state.containers);
  // A container's own note says the same.
  if (!is_clearing && builder && !use.is_current(use.uncleared(false).front())) {
    if (builder->name.empty()) {
      add_unknown(builder->problem);
    } else {
      caveats.push_back({.kind = CaveatKind::builder, .object = builder->name});
    }
  }
  for (const Container& container : state.containers) {
    if (!is_builder(container) || (request.all_builders && is_running(container))) continue;
    if (is_clearing && use.is_current(container.name)) continue;
    caveats.push_back(
        {.kind = CaveatKind::builder, .object = container.name, .is_container = true});
  }
  for (const std::string& volume : find_orphans(state.containers, state.builder_volumes)) {
    caveats.push_back({.kind = CaveatKind::builder, .object = volume, .is_volume = true});
  }
}

// Adds the containers of removed images.
void add_missing_images(const ClearRequest& request, const State& state,
                        std::vector<Caveat>& caveats) {
  if (request.verify_only) return;
  Caveat caveat{.kind = CaveatKind::missing_image};
  const ImageHolders holders(state.containers);
  for (const Image& image : state.images) {
    for (const std::string& name : image.tags) {
      const auto& of_image = holders.find(image.id);
      if (of_image.empty() || !request.application.selects(image, name)) continue;
      caveat.tags.push_back(name);
      for (const Container& container : of_image) {
        const bool is_listed =
            std::ranges::find(caveat.holders, container.id, &Container::id) != caveat.holders.end();
        if (!is_listed) caveat.holders.push_back(container);
      }
    }
  }
  if (caveat.holders.empty()) return;
  caveat.object = caveat.holders.front().name;
  caveats.push_back(std::move(caveat));
}

// Adds what is built on what, if either is removed.
void add_bases(const ClearRequest& request, const State& state, std::vector<Caveat>& caveats) {
  if (state.layers_failure) {
    caveats.push_back({.kind = CaveatKind::other_image, .unknown = state.layers_failure->message});
  }
  for (const Base& base : find_bases(request.application, state.images)) {
    caveats.push_back({.kind = base.stays ? CaveatKind::base_stays : CaveatKind::base,
                       .object = base.derived,
                       .base = base.name});
  }
}

// Adds images such as PROJECT-backend-deps, of the target backend: stages with names of their own.
void add_other_images(const ClearRequest& request, const State& state,
                      std::vector<Caveat>& caveats) {
  const Application& application = request.application;
  if (application.builds) return;
  for (const Image& image : state.images) {
    for (const std::string& name : image.tags) {
      const bool is_of_target =
          std::ranges::any_of(application.targets, [&](const std::string& target) {
            return name.starts_with(application.project + "-" + target + "-");
          });
      if (!is_of_target || application.is_neighbor(image, name)) continue;
      caveats.push_back({.kind = CaveatKind::other_image, .object = name});
    }
  }
}

}  // namespace

std::vector<Caveat> find_caveats(const ClearRequest& request, const State& state) {
  std::vector<Caveat> caveats;
  for (const std::string& name : find_registry_copies(request.application, state.images)) {
    caveats.push_back({.kind = CaveatKind::registry_copy, .object = name});
  }
  add_other_tags(request, state, caveats);
  for (const LocalCache& cache : state.local_caches) {
    if (cache.kind != LocalCacheKind::missing) continue;
    caveats.push_back({.kind = CaveatKind::local_cache, .object = cache.path});
  }
  if (request.allow_external && request.application.builds) {
    for (const NamedCache& cache : request.application.builds->external) {
      caveats.push_back({.kind = CaveatKind::external, .object = cache.source});
    }
  }
  add_builders(request, state, caveats);
  add_missing_images(request, state, caveats);
  add_bases(request, state, caveats);
  add_other_images(request, state, caveats);
  return caveats;
}

std::vector<Caveat> find_caveats(const PruneRequest& request, const State& state) {
  std::vector<Caveat> caveats;
  add_builders(request, state, caveats);
  return caveats;
}

std::vector<Caveat> find_unread_builders(const ClearRequest& request, const State& after) {
  std::vector<Caveat> caveats;
  const BuilderUse use(request.builder, after.containers);
  for (const BuilderCache& cache : after.builder_caches) {
    if (cache.records || use.is_current(cache.container)) continue;
    caveats.push_back({.kind = CaveatKind::builder,
                       .object = cache.container,
                       .is_container = true,
                       .unknown = cache.failure ? cache.failure->message
                                                : "its buildctl du does not print JSON"});
  }
  return caveats;
}

std::vector<Caveat> find_dangling(const Application& application, const State& first,
                                  const State& state, const std::vector<Outcome>& outcomes,
                                  bool held_only) {
  std::vector<Caveat> caveats;
  if (state.dangling_failure) {
    return {{.kind = CaveatKind::classic_builder, .unknown = state.dangling_failure->message}};
  }
  if (!state.dangling) return caveats;
  constexpr std::size_t max_listed = 10;
  const ImageHolders holders(first.containers);
  const RemovedImages removed(outcomes);
  const auto [own, others] =
      tell_apart(*state.dangling, list_own_projects(application, first.images));
  for (const Image& image : own) {
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
  if (others.count() > 0) {
    caveats.push_back(
        {.kind = CaveatKind::others_images, .object = "dangling images", .others = others});
  }
  return caveats;
}

}  // namespace cac
