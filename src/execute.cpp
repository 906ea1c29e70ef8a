#include "execute.hpp"

#include "engine.hpp"

namespace cac {

namespace {

void remove_image(Engine& engine, Outcome& outcome) {
  const Action& action = outcome.action;
  // The name may have been given to a newer image since: that one is nobody's to remove.
  const auto image = engine.image(action.object);
  if (image && image->id != action.image_id) {
    outcome.status = OutcomeStatus::retagged;
    return;
  }
  const ImageRemoval removal = image ? engine.remove_image(action.object) : ImageRemoval::absent;
  outcome.status =
      removal == ImageRemoval::absent ? OutcomeStatus::absent : OutcomeStatus::done;
  outcome.image_stays = removal == ImageRemoval::untagged;
  outcome.count = removal == ImageRemoval::deleted ? 1 : 0;
}

void prune_build_cache(Engine& engine, Outcome& outcome) {
  auto types = outcome.action.record_types;
  if (types.empty()) types.emplace_back();
  std::optional<Failure> failure;
  for (const std::string_view type : types) {
    try {
      const Pruned pruned = engine.prune_build_cache(type);
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
  }
}

}  // namespace

void execute(Engine& engine, const std::vector<Action>& actions, std::vector<Outcome>& outcomes) {
  for (const Action& action : actions) {
    // What it stays when an interruption passes through.
    outcomes.push_back({.action = action, .status = OutcomeStatus::cancelled});
    perform(engine, outcomes.back());
  }
}

}  // namespace cac
