#include "clear/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "base/error.hpp"
#include "clear/cache_mounts.hpp"
#include "clear/dangling.hpp"

namespace cac {

namespace {

// The types of records that BuildKit knows, except cache mounts. Children before parents: a record
// can be removed only when nothing is based on it.
constexpr std::array types_to_prune{"regular", "source.git.checkout", "source.local", "frontend",
                                    "internal"};

// To keep cache mounts takes a prune for each other type: a filter takes one type, and no negation.
std::vector<CachePrune> split_by_type(const CachePrune& prune, bool keep_cache_mounts) {
  if (!keep_cache_mounts) return {prune};
  std::vector<CachePrune> prunes;
  for (const char* const type : types_to_prune) {
    prunes.push_back(prune);
    prunes.back().type = type;
  }
  return prunes;
}

Action plan_cache_prune(const CachePrune& prune, Reason reason, bool keep_cache_mounts,
                        const std::optional<std::vector<CacheRecord>>& records) {
  Action action{.kind = ActionKind::prune_build_cache,
                .reason = reason,
                .prunes = split_by_type(prune, keep_cache_mounts)};
  if (!records) return action;
  const CacheMounts mounts(*records, keep_cache_mounts);
  std::size_t count = 0;
  for (const CacheRecord& record : *records) {
    if (mounts.keeps(record)) {
      ++action.kept;
      continue;
    }
    ++count;
    action.size += record.size;
    if (record.in_use) ++action.held;
  }
  action.count = count;
  return action;
}

// Returns "watchparty-backend:old" for the image. An earlier backup must not be lost by keeping
// another image under its name.
std::string name_backup(const Application& application, const Image& image, const std::string& name,
                        const std::string& tag,
                        const std::unordered_map<std::string_view, const Image*>& images) {
  std::string backup = fmt::format("{}:{}", name.substr(0, name.rfind(':')), tag);
  if (application.matches(backup)) {
    throw UsageError(fmt::format(
        "--keep-as: the build command names {} as a cache source: choose another tag", backup));
  }
  const auto other = images.find(backup);
  if (other == images.end() || other->second->id == image.id) return backup;
  throw UsageError(
      fmt::format("--keep-as: {} already refers to another image: choose another tag, or "
                  "remove it first: docker image rm {}",
                  backup, backup));
}

// One for each name that the application selects, sorted: engines list in no reliable order.
Plan plan_image_removals(const ClearRequest& request, const State& state) {
  std::unordered_map<std::string_view, const Image*> images;
  for (const Image& image : state.images) {
    for (const std::string& name : image.tags) images.emplace(name, &image);
  }
  std::unordered_map<std::string, const Image*> backups;  // by the names that they get
  const ImageHolders holders(state.containers);
  Plan plan;
  for (const Image& image : state.images) {
    std::vector<std::string> staying;
    std::copy_if(
        image.tags.begin(), image.tags.end(), std::back_inserter(staying),
        [&](const std::string& name) { return !request.application.selects(image, name); });
    for (const std::string& name : image.tags) {
      if (!request.application.selects(image, name)) continue;
      Action& action = plan.emplace_back(Action{.kind = ActionKind::remove_image,
                                                .reason = Reason::cache_from,
                                                .object = name,
                                                .image_id = image.id,
                                                .count = 1,
                                                .size = image.size,
                                                .other_names = staying,
                                                .holders = holders.find(image.id)});
      if (const NamedImage* const named = request.application.find_image(name)) {
        action.services = named->services;
        action.other_services = named->other_services;
      }
      if (!request.keep_as) continue;
      action.keep_as = name_backup(request.application, image, name, *request.keep_as, images);
      const auto& [_, kept] = *backups.emplace(action.keep_as, &image).first;
      if (kept->id != image.id) {
        throw UsageError(
            fmt::format("--keep-as: {} and another image would both become {}: tag them yourself, "
                        "then run without --keep-as",
                        name, action.keep_as));
      }
      if (images.contains(action.keep_as)) continue;
      action.other_names.insert(action.other_names.begin(), action.keep_as);
    }
  }
  std::sort(plan.begin(), plan.end(),
            [](const Action& a, const Action& b) { return a.object < b.object; });
  return plan;
}

// A prune for each builder that runs: what a stopped one has cannot be reached.
void add_builders(const std::vector<Container>& containers, const std::vector<CachePrune>& prunes,
                  bool keep_cache_mounts, Plan& plan) {
  for (const Container& container : containers) {
    if (!is_builder(container) || !is_running(container)) continue;
    plan.push_back({.kind = ActionKind::prune_builder,
                    .reason = Reason::builder_cache,
                    .object = container.name,
                    .prunes = prunes,
                    .builder = container,
                    .keeps_cache_mounts = keep_cache_mounts});
  }
}

Action plan_dangling_prune(const ClearRequest& request, const State& state) {
  Action action{.kind = ActionKind::prune_dangling_images,
                .reason = Reason::leftover,
                .own_projects = list_own_projects(request.application, state.images)};
  if (!state.dangling) return action;
  const ImageHolders holders(state.containers);
  action.count = 0;
  for (const Image& image : tell_apart(*state.dangling, action.own_projects).own) {
    if (!holders.find(image.id).empty()) continue;
    ++*action.count;
    action.size += image.size;
  }
  return action;
}

}  // namespace

Plan plan_clearing(const ClearRequest& request, const State& state) {
  Plan plan;
  for (const Artifact& artifact : state.artifacts.found) {
    plan.push_back({.kind = ActionKind::remove_artifact,
                    .reason = Reason::copied_by_build,
                    .object = artifact.path,
                    .directory = *request.app_dir,
                    .count = 1,
                    .size = artifact.size});
  }
  for (const LocalCache& cache : state.local_caches) {
    if (cache.kind != LocalCacheKind::cache) continue;
    plan.push_back({.kind = ActionKind::remove_local_cache,
                    .reason = Reason::cache_from,
                    .object = cache.path,
                    .count = 1,
                    .size = cache.size,
                    .services = cache.services});
  }
  for (Action& action : plan_image_removals(request, state)) plan.push_back(std::move(action));
  if (request.application.is_all()) plan.push_back(plan_dangling_prune(request, state));
  plan.push_back(
      plan_cache_prune({}, Reason::shared_cache, request.keep_cache_mounts, state.records));
  if (request.all_builders) {
    add_builders(state.containers, {{}}, request.keep_cache_mounts, plan);
  }
  return plan;
}

Plan plan_pruning(const PruneRequest& request, const State& state) {
  Plan plan;
  const auto add = [&](const CachePrune& prune, Reason reason) {
    plan.push_back(plan_cache_prune(prune, reason, request.keep_cache_mounts, state.records));
  };
  if (request.older_than) add({.older_than = request.older_than}, Reason::older_than);
  if (request.keep_storage || request.min_free_space) {
    add({.keep_storage = request.keep_storage, .min_free_space = request.min_free_space},
        request.min_free_space ? Reason::min_free_space : Reason::keep_storage);
  }
  if (plan.empty()) add({}, Reason::unused);
  if (request.all_builders) {
    std::vector<CachePrune> prunes;
    if (request.older_than) prunes.push_back({.older_than = request.older_than});
    if (request.keep_storage) prunes.push_back({.keep_storage = request.keep_storage});
    if (prunes.empty()) prunes.emplace_back();
    add_builders(state.containers, prunes, request.keep_cache_mounts, plan);
  }
  return plan;
}

std::optional<Action> plan_repeated_prune(const ClearRequest& request, const State& state) {
  if (!state.records) return std::nullopt;
  const CacheMounts mounts(*state.records, request.keep_cache_mounts);
  const bool is_settled =
      std::all_of(state.records->begin(), state.records->end(), [&](const CacheRecord& record) {
        return record.in_use || mounts.keeps(record) || !mounts.blocking_mount(record).empty();
      });
  if (is_settled) return std::nullopt;
  return plan_cache_prune({}, Reason::left_by_prune, request.keep_cache_mounts, state.records);
}

}  // namespace cac
