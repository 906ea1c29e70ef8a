#include "clear/execute.hpp"

#include <fmt/ranges.h>

#include <filesystem>
#include <set>

#include "clear/artifacts.hpp"
#include "clear/state.hpp"
#include "docker/engine.hpp"

namespace cac {

namespace {

// Tags the backup first: an image that did not get it keeps its name.
void keep(Engine& engine, const Action& action) {
  const auto colon = action.keep_as.rfind(':');
  const std::string_view name = action.keep_as;
  if (engine.tag_image(action.image_id, name.substr(0, colon), name.substr(colon + 1))) return;
  throw EngineError(
      {FailureKind::refused,
       fmt::format("{} could not be tagged {}: its image is gone", action.object, action.keep_as),
       "Run again: it reads the images anew."});
}

void remove_artifact(Outcome& outcome) {
  const bool removed = cac::remove_artifact(outcome.action.app_dir, outcome.action.object);
  outcome.status = removed ? OutcomeStatus::done : OutcomeStatus::absent;
  outcome.count = removed ? 1 : 0;
}

void remove_image(Engine& engine, Outcome& outcome) {
  const Action& action = outcome.action;
  using Result = ImageRemoval::Result;
  if (!action.keep_as.empty()) {
    // No image is removed that got no backup.
    const auto image = engine.image(action.object);
    const bool is_planned = image && image->id == action.image_id;
    if (!is_planned) {
      outcome.status = image ? OutcomeStatus::retagged : OutcomeStatus::absent;
      return;
    }
    keep(engine, action);
  }
  ImageRemoval removal = engine.remove_image(action.object, action.image_id);
  outcome.other_names = std::move(removal.other_names);
  outcome.deleted_instead = std::move(removal.deleted_instead);
  outcome.count = removal.result == Result::deleted ? 1 : 0;
  outcome.image_stays = removal.result == Result::untagged;
  switch (removal.result) {
    case Result::absent:
      outcome.status = OutcomeStatus::absent;
      return;
    case Result::retagged:
      outcome.status = OutcomeStatus::retagged;
      return;
    case Result::untagged:
    case Result::deleted:
      outcome.status = OutcomeStatus::done;
  }
  if (outcome.count > 0 && !action.keep_as.empty()) {
    throw EngineError({FailureKind::backup_lost,
                       fmt::format("{} was deleted although it was tagged {} before: there is no "
                                   "backup of it",
                                   action.object, action.keep_as),
                       "Check what is removing images on this engine."});
  }
}

// An image that loses several names in one run is removed with the last of them. What it stays as
// is known only then.
void settle_removals(std::vector<Outcome>& outcomes) {
  std::set<std::string> deleted_images;
  std::set<std::string> removed_names;
  for (const Outcome& outcome : outcomes) {
    if (outcome.action.kind != ActionKind::remove_image) continue;
    if (outcome.status != OutcomeStatus::done) continue;
    removed_names.insert(outcome.action.object);
    if (!outcome.image_stays) deleted_images.insert(outcome.action.image_id);
  }
  for (Outcome& outcome : outcomes) {
    if (!outcome.image_stays) continue;
    outcome.image_stays = !deleted_images.contains(outcome.action.image_id);
    std::erase_if(outcome.other_names,
                  [&](const std::string& name) { return removed_names.contains(name); });
    if (!outcome.image_stays || !outcome.action.effect.empty()) continue;
    if (outcome.other_names.empty()) continue;
    outcome.action.effect =
        fmt::format("the image stays as {}", fmt::join(abridged(outcome.other_names), ", "));
  }
}

void prune_build_cache(Engine& engine, Outcome& outcome) {
  std::optional<Failure> failure;
  for (const CachePrune& prune : outcome.action.prunes) {
    try {
      const Pruned pruned = engine.prune_build_cache(prune);
      outcome.count += pruned.count;
      outcome.reclaimed += pruned.reclaimed;
    } catch (const EngineError& error) {
      if (!failure) failure = error.failure();
    }
  }
  outcome.status = failure ? OutcomeStatus::failed : OutcomeStatus::done;
  outcome.failure = failure;
}

void prune_dangling_images(Engine& engine, Outcome& outcome) {
  const Pruned pruned = engine.prune_dangling_images();
  outcome.status = OutcomeStatus::done;
  outcome.count = pruned.count;
  outcome.reclaimed = pruned.reclaimed;
}

void perform(Engine& engine, Outcome& outcome) {
  try {
    switch (outcome.action.kind) {
      case ActionKind::remove_artifact:
        return remove_artifact(outcome);
      case ActionKind::remove_image:
        return remove_image(engine, outcome);
      case ActionKind::prune_dangling_images:
        return prune_dangling_images(engine, outcome);
      case ActionKind::prune_build_cache:
        return prune_build_cache(engine, outcome);
    }
  } catch (const EngineError& error) {
    outcome.status = OutcomeStatus::failed;
    outcome.failure = error.failure();
  } catch (const std::filesystem::filesystem_error& error) {
    outcome.status = OutcomeStatus::failed;
    outcome.failure = failure_of(error);
  }
}

}  // namespace

void execute(Engine& engine, const std::vector<Action>& actions, std::vector<Outcome>& outcomes) {
  try {
    for (const Action& action : actions) {
      engine.stop_if_interrupted();
      // Stays "cancelled" if perform() is interrupted.
      outcomes.push_back({.action = action, .status = OutcomeStatus::cancelled});
      perform(engine, outcomes.back());
    }
  } catch (...) {
    settle_removals(outcomes);
    throw;
  }
  settle_removals(outcomes);
}

}  // namespace cac
