// The actions in the report of --json against what happened.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checks.hpp"
#include "oracle.hpp"

namespace cac::model {

namespace {

using Json = nlohmann::json;

class ActionCheck {
 public:
  ActionCheck(const Run& run, const Json& report, Failures& failures)
      : run_(run), status_(run.outcome.status), report_(report), failures_(failures) {}

  void check(const Json& action) {
    const std::string status = action.at("status");
    const bool is_planned = status == "planned" || status == "not-reached";
    if (is_planned != !action.contains("error"))
      return fail("an action's keys do not fit its status");
    if (status == "planned" && !report_.at("dry_run"))
      fail("an action is planned, but it is no dry run");
    if (!is_planned && report_.at("dry_run")) fail("an action of a dry run is " + status);
    if (!is_planned && (status == "failed") == action.at("error").is_null()) {
      fail("an action's error does not fit its status");
    }
    if (status == "cancelled" && status_ < 128 && report_.at("error").at("kind") != "timeout") {
      fail("an action was cancelled, but nothing ended the run");
    }
    if (action.at("action") == "remove-image") check_removal(action, status);
    if (action.at("action") == "prune-dangling-images") check_dangling(action, status);
    if (action.at("action") == "prune-builder" && status == "done")
      check_builder(action.at("object"));
    if (action.at("action") == "prune-build-cache" && status == "done") {
      const auto prunes = find_exchanges(Kind::prune_records, "/build/prune");
      const bool any_answered = std::any_of(prunes.begin(), prunes.end(), [](const Exchange* one) {
        return one->status == 200 && one->is_whole;
      });
      if (!any_answered) fail("the build cache was pruned, but no prune was answered");
    }
  }

 private:
  void fail(const std::string& text) { failures_.push_back("JSON: " + text); }

  // What the tool asked of the engine, about an image's name.
  std::vector<const Exchange*> find_exchanges(Kind kind, const std::string& part) const {
    std::vector<const Exchange*> found;
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.kind == kind && exchange.request.path().find(part) != std::string::npos) {
        found.push_back(&exchange);
      }
    }
    return found;
  }

  void check_builder(const std::string& builder) {
    const Exchange* last = nullptr;
    for (const Exchange& exchange : run_.exchanges) {
      const bool is_prune = exchange.kind == Kind::start_exec && exchange.is_change();
      if (is_prune && exchange.builder == builder) last = &exchange;
    }
    if (last == nullptr || last->exit_code != 0) {
      fail(builder + " was pruned, but buildctl never succeeded");
    }
  }

  // Images are counted, and not what they were built on.
  void check_dangling(const Json& action, const std::string& status) {
    if (!run_.scenario.is_undisturbed() || (status != "done" && status != "planned")) return;
    const FakeScene& scene = run_.scenario.world.state.scene;
    const auto count =
        std::count_if(scene.images.begin(), scene.images.end(), [&](const FakeImage& image) {
          const bool is_base =
              std::any_of(scene.images.begin(), scene.images.end(),
                          [&](const FakeImage& other) { return other.parent == image.id; });
          const bool is_held =
              std::any_of(scene.containers.begin(), scene.containers.end(),
                          [&](const FakeContainer& one) { return one.image_id == image.id; });
          return image.tags.empty() && !is_base && !is_held &&
                 !is_of_others(run_.scenario.asked, scene, image);
        });
    const Json& found = action.at(status == "done" ? "count" : "planned_count");
    if (found != count) {
      fail(fmt::format("{} dangling images instead of {}", found.dump(), count));
    }
  }

  void check_removal(const Json& action, const std::string& status) {
    const std::string name = action.at("object");
    const auto look_ups = find_exchanges(Kind::inspect, "/images/" + name + "/json");
    const auto removals = find_exchanges(Kind::remove, "/images/" + name);
    const auto has_status = [](const std::vector<const Exchange*>& exchanges, int wanted) {
      return std::any_of(exchanges.begin(), exchanges.end(),
                         [&](const Exchange* one) { return one->status == wanted; });
    };
    if (status == "not-reached" && !removals.empty()) fail(name + " was removed, but not reached");
    // A removal that is lost on the way is looked up, and so has been sent all the same.
    if (status == "done" && removals.empty() && look_ups.size() < 2)
      fail(name + " is done, but no removal was sent");
    const std::string id = action.at("image_id");
    const bool deleted_newer = !removals.empty() && removals.back()->is_evidence() &&
                               removals.back()->body == removals.back()->truth &&
                               removals.back()->body.find("Deleted") != std::string::npos &&
                               removals.back()->body.find(id) == std::string::npos;
    if (deleted_newer && status != "retagged") {
      fail(fmt::format("{} is {}, but a newer image was deleted", name, status));
    }
    if (status == "absent" && !has_status(look_ups, 404) && !has_status(removals, 404)) {
      fail(name + " is absent, but the engine never said so");
    }
    if (status != "retagged") return;
    const bool was_other = std::any_of(look_ups.begin(), look_ups.end(), [&](const Exchange* one) {
      return one->status == 200 && read_id(one->body) != id;
    });
    const bool deleted_other = std::any_of(
        removals.begin(), removals.end(),
        [](const Exchange* one) { return one->body.find("Deleted") != std::string::npos; });
    if (!was_other && !deleted_other) fail(name + " is retagged, but the engine never said so");
  }

  const Run& run_;
  const int status_;
  const Json& report_;
  Failures& failures_;
};

}  // namespace

void check_actions(const Run& run, const Json& report, Failures& failures) {
  for (const Json& action : report.at("actions")) {
    ActionCheck(run, report, failures).check(action);
  }
}

}  // namespace cac::model
