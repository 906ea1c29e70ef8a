#include "execute.hpp"

#include <fmt/ranges.h>

#include <filesystem>

#include "artefacts.hpp"
#include "engine.hpp"

namespace cac {

namespace {

// The way back comes first: an image that did not get it keeps its name.
void keep(Engine& engine, const Action& action) {
  const auto colon = action.keep_as.rfind(':');
  const std::string_view name = action.keep_as;
  if (engine.tag_image(action.image_id, name.substr(0, colon), name.substr(colon + 1))) return;
  throw EngineError(
      {FailureKind::refused,
       fmt::format("{} could not be tagged {}: its image is gone", action.object, action.keep_as),
       "Run this again: it reads anew what is there."});
}

void remove_artefact(Outcome& outcome) {
  const bool removed = cac::remove_artefact(outcome.action.app_dir, outcome.action.object);
  outcome.status = removed ? OutcomeStatus::done : OutcomeStatus::absent;
  outcome.count = removed ? 1 : 0;
}

// Those of other repositories, which the plan was not told of.
void tell_other_names(Outcome& outcome, const Image& image) {
  std::vector<std::string> others = image.tags;
  std::erase(others, outcome.action.object);
  if (!others.empty()) {
    outcome.action.effect = fmt::format("the image stays as {}", fmt::join(others, ", "));
  }
}

void remove_image(Engine& engine, Outcome& outcome) {
  const Action& action = outcome.action;
  // The name may have been given to a newer image since: that one is nobody's to remove.
  const auto image = engine.image(action.object);
  if (image && image->id != action.image_id) {
    outcome.status = OutcomeStatus::retagged;
    return;
  }
  if (image && !action.keep_as.empty()) keep(engine, action);
  const ImageRemoval removal = image ? engine.remove_image(action.object) : ImageRemoval::absent;
  outcome.status = removal == ImageRemoval::absent ? OutcomeStatus::absent : OutcomeStatus::done;
  outcome.image_stays = removal == ImageRemoval::untagged;
  if (outcome.image_stays && outcome.action.effect.empty()) tell_other_names(outcome, *image);
  outcome.count = removal == ImageRemoval::deleted ? 1 : 0;
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

void prune_nameless_images(Engine& engine, Outcome& outcome) {
  const Pruned pruned = engine.prune_nameless_images();
  outcome.status = OutcomeStatus::done;
  outcome.count = pruned.count;
  outcome.reclaimed = pruned.reclaimed;
}

void perform(Engine& engine, Outcome& outcome) {
  try {
    switch (outcome.action.kind) {
      case ActionKind::remove_artefact:
        return remove_artefact(outcome);
      case ActionKind::remove_image:
        return remove_image(engine, outcome);
      case ActionKind::prune_nameless_images:
        return prune_nameless_images(engine, outcome);
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
  for (const Action& action : actions) {
    engine.stop_if_interrupted();
    // What it stays when an interruption passes through.
    outcomes.push_back({.action = action, .status = OutcomeStatus::cancelled});
    perform(engine, outcomes.back());
  }
}

}  // namespace cac
