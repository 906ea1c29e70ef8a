#include "clear/plan.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/error.hpp"
#include "clear/cache_mounts.hpp"

namespace cac {

namespace {

// Named so by buildx for a builder in a container of its own.
constexpr std::string_view builder_prefix = "buildx_buildkit_";

// What stays of the image when it loses its name; staying: the names that it keeps.
std::string effect_of_removal(const Image& image, const std::vector<std::string>& staying,
                              const ImageHolders& holders) {
  std::string effect;
  if (!staying.empty()) effect = fmt::format("the image stays as {}", fmt::join(staying, ", "));
  const std::size_t count = holders.count(image.id);
  if (count == 0) return effect;
  return fmt::format("{}{}{} {}", effect, effect.empty() ? "" : "; ", holders.text(image.id),
                     count == 1 ? "uses it and is not touched" : "use it and are not touched");
}

// The types of records that BuildKit knows, but for the cache mounts. Children before parents: a
// record goes only when nothing is built on it.
constexpr std::array types_to_prune{"regular", "source.git.checkout", "source.local", "frontend",
                                    "internal"};

// A copy in a registry shows as a digest that is not the image's own ID. (The containerd store
// writes a digest for every image, and it is the ID.)
bool has_registry_copy(const Image& image) {
  return std::any_of(image.repo_digests.begin(), image.repo_digests.end(),
                     [&](const std::string& digest) { return !digest.ends_with("@" + image.id); });
}

// With cache mounts to spare, one prune for each other type: a filter takes one type, and no
// negation.
std::vector<CachePrune> prunes_within(const CachePrune& bounds, const Options& options) {
  if (!options.keep_cache_mounts) return {bounds};
  std::vector<CachePrune> prunes;
  for (const char* const type : types_to_prune) {
    prunes.push_back(bounds);
    prunes.back().type = type;
  }
  return prunes;
}

// The build cache alone: what is too old, then what is too much; without a bound everything.
void plan_pruning(Plan& plan, const Options& options, const Inventory& inventory, ApiVersion api) {
  const auto add = [&](const CachePrune& bounds, std::string reason) {
    Action action = prune_of(inventory.records, options);
    action.prunes = prunes_within(bounds, options);
    action.reason = std::move(reason);
    if (options.dry_run) {
      // How much of it goes is up to the engine's collector, which is not imitated here.
      action.effect.clear();
      for (const CachePrune& prune : action.prunes) {
        action.effect += (action.effect.empty() ? "" : ", ") + text_of(prune, api);
      }
    }
    plan.actions.push_back(std::move(action));
  };
  if (options.older_than) {
    add({.older_than = options.older_than}, "unused for " + text_of(*options.older_than));
  }
  if (options.keep_storage) {
    add({.keep_storage = options.keep_storage},
        fmt::format("until {} are left", text_of(*options.keep_storage)));
  }
  if (plan.actions.empty()) add({}, "all that no running build holds");
}

void plan_artifacts(Plan& plan, const Options& options, const Inventory& inventory) {
  for (const Artifact& artifact : inventory.artifacts.found) {
    plan.actions.push_back({.kind = ActionKind::remove_artifact,
                            .object = artifact.path,
                            .app_dir = *options.app_dir,
                            .size = artifact.size,
                            .reason = "the next build would copy it in"});
  }
  plan.notes = notes_on_folders(options, inventory.artifacts);
  plan.warnings = warnings_on_folders(options, inventory.artifacts);
}

using ImagesByName = std::unordered_map<std::string_view, const Image*>;

// "watchparty-backend:old", for its image. A way back that was kept earlier must not be lost by
// keeping another under its name.
std::string name_to_keep(const Image& image, const std::string& name, const std::string& tag,
                         const ImagesByName& images) {
  std::string keep_as = fmt::format("{}:{}", name.substr(0, name.rfind(':')), tag);
  const auto other = images.find(keep_as);
  if (other == images.end() || other->second->id == image.id) return keep_as;
  throw UsageError(
      fmt::format("--keep-as: {} already refers to another image: choose another tag, or "
                  "remove it first: docker image rm {}",
                  keep_as, keep_as));
}

// Of each name that the target selects, in the order of the names: engines list in no order that
// could be relied on.
std::vector<Action> removals(const Options& options, const Inventory& inventory) {
  ImagesByName images;
  for (const Image& image : inventory.project_images) {
    for (const std::string& name : image.tags) images.emplace(name, &image);
  }
  const ImageHolders holders(inventory.containers);
  std::vector<Action> actions;
  for (const Image& image : inventory.project_images) {
    std::vector<std::string> going;
    std::vector<std::string> staying;
    for (const std::string& name : image.tags) {
      (selects(options.target, options.project, name) ? going : staying).push_back(name);
    }
    staying = abridged(std::move(staying));
    const std::string effect = effect_of_removal(image, staying, holders);
    for (const std::string& name : going) {
      actions.push_back({.kind = ActionKind::remove_image,
                         .object = name,
                         .image_id = image.id,
                         .size = image.size,
                         .reason = "usable as a cache_from source",
                         .effect = effect});
      if (!options.keep_as) continue;
      Action& action = actions.back();
      action.keep_as = name_to_keep(image, name, *options.keep_as, images);
      if (images.contains(action.keep_as)) continue;
      std::vector<std::string> all{action.keep_as};
      all.insert(all.end(), staying.begin(), staying.end());
      action.effect = effect_of_removal(image, all, holders);
    }
  }
  std::sort(actions.begin(), actions.end(),
            [](const Action& a, const Action& b) { return a.object < b.object; });
  return actions;
}

// Returns whether there are any.
bool plan_images(Plan& plan, const Options& options, const Inventory& inventory) {
  std::set<std::string_view> copied;
  for (const Image& image : inventory.project_images) {
    if (has_registry_copy(image)) copied.insert(image.id);
  }
  std::vector<Action> actions = removals(options, inventory);
  for (Action& action : actions) {
    if (copied.contains(action.image_id)) {
      plan.has_caches_elsewhere = true;
      plan.notes.push_back(fmt::format(
          "{} has a copy in a registry: a build whose cache_from names it takes steps from there, "
          "and nobody can clear that from here",
          action.object));
    }
    plan.actions.push_back(std::move(action));
  }
  if (inventory.project_images.empty()) {
    plan.warnings.push_back(warning_of_no_image(options.project));
  }
  if (options.keep_as && !actions.empty()) {
    plan.notes.push_back(fmt::format(
        "an image built with BUILDKIT_INLINE_CACHE=1 brings its steps back if a build's cache_from "
        "names it by the tag '{}'",
        *options.keep_as));
  }
  return !actions.empty();
}

Action prune_of_dangling(const Inventory& inventory) {
  Action action{.kind = ActionKind::prune_dangling_images,
                .object = "dangling images",
                .count = 0,
                .reason = "left over from earlier builds"};
  const ImageHolders holders(inventory.containers);
  std::size_t held = 0;
  for (const Image& image : inventory.dangling) {
    if (holders.count(image.id) > 0) {
      ++held;
      continue;
    }
    ++action.count;
    action.size += image.size;
  }
  if (held > 0) action.effect = fmt::format("{} that containers use stay", held);
  return action;
}

void note_other_builders(Plan& plan, const Options& options, const Inventory& inventory) {
  if (options.buildx_builder && *options.buildx_builder != "default") {
    plan.has_caches_elsewhere = true;
    plan.notes.push_back(fmt::format(
        "BUILDX_BUILDER is '{0}': if builds go there, their cache is not this engine's: docker "
        "buildx prune --builder {0} --all",
        *options.buildx_builder));
  }
  for (const Container& container : inventory.containers) {
    if (!container.name.starts_with(builder_prefix)) continue;
    plan.has_caches_elsewhere = true;
    plan.notes.push_back(fmt::format(
        "the buildx builder in container {} has a cache of its own, which is not touched: docker "
        "buildx prune --builder NAME --all",
        container.name));
  }
}

}  // namespace

Action prune_of(const std::vector<CacheRecord>& records, const Options& options) {
  Action action{.kind = ActionKind::prune_build_cache,
                .object = "build cache",
                .count = 0,
                .reason = "shared by all applications on this engine"};
  action.prunes = prunes_within({}, options);
  std::size_t held = 0;
  std::size_t kept = 0;
  const CacheMounts mounts(records, options);
  for (const CacheRecord& record : records) {
    if (mounts.spare(record)) {
      ++kept;
      continue;
    }
    ++action.count;
    action.size += record.size;
    if (record.in_use) ++held;
  }
  if (held > 0) {
    action.effect = fmt::format("{} that a running build holds stay", held);
  }
  if (kept > 0) {
    action.effect += fmt::format("{}cache mounts are spared: {}", held > 0 ? "; " : "", kept);
  }
  return action;
}

std::vector<std::string> notes_on_folders(const Options& options, const ArtifactSearch& search) {
  if (!options.app_dir) return {};
  std::vector<std::string> notes;
  if (search.nothing_there) return notes;
  for (const auto& folder : search.absent) {
    notes.push_back(fmt::format("there is no folder {}: no artifacts there", folder.string()));
  }
  return notes;
}

std::vector<std::string> warnings_on_folders(const Options& options, const ArtifactSearch& search) {
  std::vector<std::string> warnings;
  if (search.nothing_there) {
    warnings.push_back(
        fmt::format("there is no folder {}: is its name right?", options.app_dir.value_or("")));
  }
  for (const Failure& failure : search.unreadable) {
    warnings.push_back("a folder could not be searched for build artifacts: " + failure.message);
  }
  return warnings;
}

std::string warning_of_no_image(std::string_view project) {
  return fmt::format(
      "no image on this engine has a name that begins with '{}-': is the project's name right?",
      project);
}

Plan plan_for(const Options& options, const Inventory& inventory, ApiVersion api) {
  Plan plan;
  if (options.mode == Mode::prune_only) {
    plan_pruning(plan, options, inventory, api);
    return plan;
  }
  plan_artifacts(plan, options, inventory);
  const bool removes_images = plan_images(plan, options, inventory);
  if (options.target == Target::all && (removes_images || !inventory.dangling.empty())) {
    plan.actions.push_back(prune_of_dangling(inventory));
  }
  plan.actions.push_back(prune_of(inventory.records, options));
  // A run's verification says so itself.
  if (!inventory.records_known && options.dry_run) {
    plan.notes.emplace_back("the engine does not tell which build cache records there are");
  }
  note_other_builders(plan, options, inventory);
  return plan;
}

}  // namespace cac
