// Carries out a plan, action by action, and records what became of each. Decides nothing, but
// leaves a name alone that no longer refers to the planned image.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "clear/plan.hpp"

namespace cac {

class Engine;
class Progress;

enum class OutcomeStatus {
  done,
  absent,    // it was already removed: success
  retagged,  // the name refers to another image than planned: left alone, unless it was given to
             // that image at the very moment of the removal
  failed,
  cancelled,  // a signal or the timeout ended the run meanwhile; the engine finishes a prune
};

inline constexpr std::string_view outcome_words[] = {"done", "absent", "retagged", "failed",
                                                     "cancelled"};
constexpr std::string_view to_string(OutcomeStatus status) {
  return outcome_words[static_cast<std::size_t>(status)];
}

struct Outcome {
  Action action = {};
  OutcomeStatus status{};
  std::size_t count = 0;                      // images or records deleted
  Bytes size = {};                            // of dangling images deleted: up to
  Bytes reclaimed = {};                       // as the prunes reported; unknown for images
  Bytes shared = {};                          // ... and images still share: not reclaimed
  std::vector<std::string> deleted = {};      // IDs of the records that the last prune deleted
  std::size_t repeats = 0;                    // of the prune
  bool untagged = false;                      // the name was removed, the image was not
  std::vector<std::string> other_names = {};  // of the image, just before the removal
  std::string deleted_instead = {};  // ID of another image that had got the name, and was deleted
  std::optional<Failure> failure = {};
};

// One failure does not stop the others. Appends each outcome as it begins, so that all are there
// when Interrupted or TimedOut passes through.
void execute(Engine& engine, Progress& progress, const Plan& plan, std::vector<Outcome>& outcomes);

// Prunes once more, and adds the result.
void repeat_prune(Engine& engine, Progress& progress, Outcome& outcome);

// What is left of the images in the end. An image that loses several names in one run is deleted
// with the last of them, after the outcomes of the others.
class RemovedImages {
 public:
  explicit RemovedImages(const std::vector<Outcome>& outcomes);

  // Returns whether the outcome's image was untagged and is still there.
  bool stays(const Outcome& outcome) const;
  // Returns the names that an image which stays still has.
  std::vector<std::string> other_names(const Outcome& outcome) const;
  // Returns whether an outcome reports that this image stays.
  bool reports(const std::string& image_id) const { return untagged_.contains(image_id); }

 private:
  std::set<std::string> deleted_;   // IDs
  std::set<std::string> untagged_;  // IDs
  std::set<std::string> removed_names_;
};

}  // namespace cac
