#include "clear/execute.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/filesystem.hpp"
#include "base/progress.hpp"
#include "clear/builders.hpp"
#include "clear/dangling.hpp"
#include "docker/engine.hpp"

namespace cac {

namespace {

// Tags the image of an action with --keep-as. Returns what else the name refers to, or `done`.
// Throws EngineError if the image did not get its backup: it then keeps its name. The API has no
// tagging that would leave a name alone which is taken: it is looked up right before.
OutcomeStatus tag_backup(Engine& engine, const Action& action) {
  const auto image = engine.image(action.object);
  if (!image) return OutcomeStatus::absent;
  if (image->id != action.image_id) return OutcomeStatus::retagged;
  const auto colon = action.keep_as.rfind(':');
  const std::string_view name = action.keep_as;
  const auto backup = engine.image(name);
  if (backup && backup->id != image->id) {
    throw EngineError(
        {FailureKind::request_failed,
         fmt::format("{} now refers to another image: {} was not tagged so", name, action.object),
         "Choose another tag, or remove that one first."});
  }
  if (engine.tag_image(image->id, name.substr(0, colon), name.substr(colon + 1))) {
    return OutcomeStatus::done;
  }
  throw EngineError(
      {FailureKind::request_failed,
       fmt::format("{} could not be tagged {}: its image is gone", action.object, action.keep_as),
       "Run again: it reads the images anew."});
}

OutcomeStatus remove_image(Engine& engine, Outcome& outcome) {
  const Action& action = outcome.action;
  if (!action.keep_as.empty()) {
    const OutcomeStatus tagged = tag_backup(engine, action);
    if (tagged != OutcomeStatus::done) return tagged;
  }
  using Result = ImageRemoval::Result;
  ImageRemoval removal = engine.remove_image(action.object, action.image_id);
  outcome.count = removal.result == Result::deleted ? 1 : 0;
  outcome.untagged = removal.result == Result::untagged;
  outcome.other_names = std::move(removal.other_names);
  outcome.deleted_instead = std::move(removal.deleted_instead);
  if (outcome.count > 0 && !action.keep_as.empty()) {
    throw EngineError({FailureKind::backup_lost,
                       fmt::format("{} was deleted although it was tagged {} before: there is no "
                                   "backup of it",
                                   action.object, action.keep_as),
                       "Check what is removing images on this engine."});
  }
  return removal.result == Result::absent     ? OutcomeStatus::absent
         : removal.result == Result::retagged ? OutcomeStatus::retagged
                                              : OutcomeStatus::done;
}

// Removes the application's own dangling images, and counts those that were listed at first. With
// them, what the classic builder built them on becomes dangling: it is removed as well.
OutcomeStatus remove_dangling_images(Engine& engine, Outcome& outcome) {
  std::set<std::string> tried;
  std::optional<EngineError> failed;
  for (bool is_first = true, has_removed = true; has_removed; is_first = false) {
    has_removed = false;
    for (const Image& image :
         tell_apart(engine.dangling_images(), outcome.action.own_projects).own) {
      if (!tried.insert(image.id).second) continue;
      try {
        if (!engine.remove_dangling_image(image.id)) continue;
        has_removed = true;
        if (!is_first) continue;
        ++outcome.count;
        outcome.size += image.size;
      } catch (const EngineError& error) {
        if (!failed) failed = error;
      }
    }
  }
  if (failed) throw EngineError(*failed);
  return OutcomeStatus::done;
}

OutcomeStatus add_pruned(Outcome& outcome, const Pruned& pruned) {
  outcome.count += pruned.count;
  outcome.reclaimed += pruned.reclaimed;
  outcome.deleted.insert(outcome.deleted.end(), pruned.records.begin(), pruned.records.end());
  return OutcomeStatus::done;
}

// Sends every prune, and throws the first error afterwards.
OutcomeStatus prune_build_cache(Engine& engine, Outcome& outcome) {
  std::optional<EngineError> failed;
  for (const CachePrune& prune : outcome.action.prunes) {
    try {
      add_pruned(outcome, engine.prune_build_cache(prune));
    } catch (const EngineError& error) {
      if (!failed) failed = error;
    }
  }
  if (failed) throw EngineError(*failed);
  return OutcomeStatus::done;
}

OutcomeStatus perform(Engine& engine, Outcome& outcome) {
  const Action& action = outcome.action;
  try {
    switch (action.kind) {
      case ActionKind::remove_artifact:
      case ActionKind::remove_local_cache:
        outcome.count = (action.kind == ActionKind::remove_artifact
                             ? remove_inside(action.directory, action.object)
                             : remove_local_cache(action.object))
                            ? 1
                            : 0;
        return outcome.count > 0 ? OutcomeStatus::done : OutcomeStatus::absent;
      case ActionKind::remove_image:
        return remove_image(engine, outcome);
      case ActionKind::prune_dangling_images:
        return remove_dangling_images(engine, outcome);
      case ActionKind::prune_build_cache:
        return prune_build_cache(engine, outcome);
      case ActionKind::prune_builder:
        return add_pruned(outcome, prune_builder(engine, *action.builder, action.prunes,
                                                 action.keeps_cache_mounts));
    }
  } catch (const EngineError& error) {
    outcome.failure = error.failure();
  } catch (const std::filesystem::filesystem_error& error) {
    outcome.failure = to_failure(error);
  }
  return OutcomeStatus::failed;
}

std::string describe_activity(const Action& action) {
  switch (action.kind) {
    case ActionKind::remove_artifact:
    case ActionKind::remove_local_cache:
    case ActionKind::remove_image:
      return "removing " + action.object;
    case ActionKind::prune_dangling_images:
      return "pruning dangling images";
    case ActionKind::prune_build_cache:
      return "pruning the build cache";
    case ActionKind::prune_builder:
      return "pruning the cache of " + action.object;
  }
  return "";
}

}  // namespace

void execute(Engine& engine, Progress& progress, const Plan& plan, std::vector<Outcome>& outcomes) {
  for (const Action& action : plan) {
    engine.stop_if_interrupted();
    const Progress::Activity activity(progress, describe_activity(action));
    // Stays "cancelled" if perform() is interrupted.
    Outcome& outcome =
        outcomes.emplace_back(Outcome{.action = action, .status = OutcomeStatus::cancelled});
    outcome.status = perform(engine, outcome);
  }
}

void repeat_prune(Engine& engine, Progress& progress, Outcome& outcome) {
  engine.stop_if_interrupted();
  const Progress::Activity activity(progress, describe_activity(outcome.action));
  outcome.status = OutcomeStatus::cancelled;
  outcome.deleted.clear();
  ++outcome.repeats;
  outcome.status = perform(engine, outcome);
}

RemovedImages::RemovedImages(const std::vector<Outcome>& outcomes) {
  for (const Outcome& outcome : outcomes) {
    if (outcome.action.kind != ActionKind::remove_image) continue;
    if (outcome.status != OutcomeStatus::done) continue;
    removed_names_.insert(outcome.action.object);
    (outcome.untagged ? untagged_ : deleted_).insert(outcome.action.image_id);
  }
}

bool RemovedImages::stays(const Outcome& outcome) const {
  return outcome.untagged && !deleted_.contains(outcome.action.image_id);
}

std::vector<std::string> RemovedImages::other_names(const Outcome& outcome) const {
  std::vector<std::string> names = outcome.other_names;
  std::erase_if(names, [&](const std::string& name) { return removed_names_.contains(name); });
  return names;
}

}  // namespace cac
