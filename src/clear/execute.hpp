// Carries out a plan, action by action, and says what became of each. Decides nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "clear/plan.hpp"

namespace cac {

class Engine;

enum class OutcomeStatus {
  done,
  absent,    // it was gone already: success
  retagged,  // the name stands for another image than at inventory: left alone, unless it got it at
             // the very moment
  failed,
  cancelled,  // a signal or the timeout ended the run meanwhile; the engine finishes a prune
};

struct Outcome {
  Action action = {};
  OutcomeStatus status{};
  std::size_t count = 0;     // images or records deleted
  Bytes reclaimed = {};      // as a prune's answer says; of a removed image nobody does
  bool image_stays = false;  // the name is gone, the image is not
  std::vector<std::string> other_names = {};  // of the image, when it was looked up
  std::string deleted_instead = {};  // ID of another image, which had got the name and was deleted
  std::optional<Failure> failure = {};
};

// One failure does not stop the others. Outcomes are appended as they come, so that they are there
// when Interrupted or TimedOut passes through.
void execute(Engine& engine, const std::vector<Action>& actions, std::vector<Outcome>& outcomes);

}  // namespace cac
