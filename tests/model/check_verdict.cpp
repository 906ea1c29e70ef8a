#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "checks.hpp"
#include "oracle.hpp"

namespace cac::model {

namespace {

class VerdictCheck {
 public:
  VerdictCheck(const Run& run, Failures& failures)
      : run_(run), asked_(run.scenario.asked), failures_(failures) {}

  void check() {
    const int status = run_.outcome.status;
    if (status == 0 && (asked_.mode == Mode::clear || asked_.mode == Mode::verify_only)) {
      for (const std::string& reason : find_doubts()) fail("exit 0, although " + reason);
    }
    if (status == 0 && asked_.mode == Mode::prune_only) check_pruning();
    if (status == 0 && asked_.mode == Mode::dry_run && find_plan_list(run_) == nullptr) {
      fail("a plan without a list of the images");
    }
    check_expected();
  }

 private:
  void fail(const std::string& text) { failures_.push_back("verdict: " + text); }

  // Why the verdict "clean" would be wrong.
  std::vector<std::string> find_doubts() const {
    std::vector<std::string> doubts;
    const int last_write = find_last_write(run_);
    const std::size_t written =
        last_write == 0 ? 0 : run_.exchanges[static_cast<std::size_t>(last_write) - 1].after;
    const Exchange* const records = find_last(run_, Kind::disk_usage);
    const Exchange* const images = find_last_target_list(run_);
    for (const auto& [read, what] : {std::pair{records, "build cache"}, {images, "images"}}) {
      if (read == nullptr || read->number < last_write) {
        doubts.push_back(fmt::format("the {} were not read after the last change", what));
      } else if (!read->is_evidence()) {
        doubts.push_back(
            fmt::format("request {}, for the {}, had no valid answer", read->number, what));
      } else if (read->shown < written) {
        doubts.push_back(fmt::format("the answer to request {} can be older than the last change",
                                     read->number));
      }
    }
    if (!doubts.empty()) return doubts;
    const State& state = run_.states[records->shown];
    const auto left = list_left(asked_, state.scene.records);
    if (!left.empty())
      doubts.push_back(fmt::format("records were left: {}", fmt::join(left, ", ")));
    const State& newest = run_.states[std::max(images->shown, records->shown)];
    for (const Source& source : list_sources(asked_, newest.scene)) {
      doubts.push_back(fmt::format("{} named {}", source.name, source.id));
    }
    if (has_deleted_newer()) doubts.emplace_back("it deleted a newer image than it had planned");
    if (has_unclearable(asked_, newest)) doubts.emplace_back("a cache is elsewhere");
    for (const std::string& builder : list_cleared_builders(asked_, newest)) {
      add_doubts_of(builder, doubts);
    }
    for (const auto& [file, contents] : run_.outcome.files_after) {
      if (is_file_source(asked_, file)) doubts.push_back(file + " was left");
    }
    return doubts;
  }

  // A name can be given to another image between its last look-up and its removal. The answer says
  // so, if it comes.
  bool has_deleted_newer() const {
    const auto planned = list_planned(run_);
    const auto is_planned = [&](const std::string& id) {
      return std::any_of(planned.begin(), planned.end(),
                         [&](const auto& one) { return one.second == id; });
    };
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.kind != Kind::remove || !exchange.is_whole) continue;
      if (exchange.status != 200 || exchange.body != exchange.truth) continue;
      const auto& left = run_.states[exchange.after].scene.images;
      for (const FakeImage& image : run_.states[exchange.before].scene.images) {
        const bool is_left = std::any_of(
            left.begin(), left.end(), [&](const FakeImage& other) { return other.id == image.id; });
        if (!is_left && !is_planned(image.id)) return true;
      }
    }
    return false;
  }

  void add_doubts_of(const std::string& builder, std::vector<std::string>& doubts) const {
    const Exchange* last = nullptr;
    int last_change = 0;
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.builder != builder || exchange.kind != Kind::start_exec) continue;
      if (exchange.only_looks) last = &exchange;
      if (exchange.is_change()) last_change = exchange.number;
    }
    const bool is_read = last != nullptr && last->is_evidence() && last->exit_code == 0 &&
                         last->number > last_change;
    // Of a builder that no build goes to, a failure to read it is a note.
    const bool is_chosen = builder == "buildx_buildkit_" + asked_.builder + "0";
    if (!is_read && is_chosen) doubts.push_back("the cache of " + builder + " was not read");
    if (!is_read) return;
    const auto& records = run_.states[last->before].builders.at(builder);
    if (!list_left(asked_, records).empty()) doubts.push_back("records were left in " + builder);
  }

  void check_pruning() {
    const Exchange* const read = find_last(run_, Kind::disk_usage);
    int last_deletion = 0;  // a prune that deletes nothing changes nothing
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.kind == Kind::prune_records && exchange.before != exchange.after) {
        last_deletion = exchange.number;
      }
    }
    if (read == nullptr || !read->is_evidence() || read->number < last_deletion) {
      fail("exit 0 of a pruning, although the build cache was not read back");
    }
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.kind != Kind::prune_records || exchange.fault.is_transient) continue;
      if (exchange.status != 200 || !exchange.is_whole) {
        fail(fmt::format("exit 0 of a pruning, although request {} failed", exchange.number));
      }
    }
  }

  // Whether nothing happened that a run may fail of.
  bool is_calm() const {
    if (run_.scenario.signal || run_.outcome.has_hung) return false;
    for (const Event& event : run_.scenario.events) {
      if (event.kind >= EventKind::restarts) return false;
    }
    // Others may take the backup away.
    if (!asked_.keep_as.empty() && !run_.scenario.events.empty()) return false;
    // The tool's own time may run out on a busy machine, or while it waits for builds.
    if (run_.outcome.took_ms >= run_.scenario.asked.timeout * 1000LL - 100) return false;
    return std::all_of(run_.exchanges.begin(), run_.exchanges.end(),
                       [](const Exchange& exchange) { return exchange.fault.is_harmless(); });
  }

  int find_expected_status() const {
    const FakeRules& rules = run_.scenario.world.rules;
    const int spoken = asked_.pinned_minor.value_or(std::min(rules.newest_minor, 56));
    if (asked_.min_free_space && spoken < 48) return 4;
    if (spoken > rules.newest_minor || spoken < rules.oldest_minor) return 4;
    if (is_backup_taken()) return 2;
    if (asked_.only_reads() && asked_.mode != Mode::verify_only) return 0;
    if (asked_.mode == Mode::prune_only) return 0;
    return find_doubts().empty() ? 0 : 3;
  }

  // --keep-as would take the tag from another image, give it to two, or the Compose file names it.
  bool is_backup_taken() const {
    const Exchange* const list = find_plan_list(run_);
    if (list == nullptr || asked_.keep_as.empty()) return false;
    const FakeScene& scene = run_.states[list->shown].scene;
    std::map<std::string, std::string> backups;
    for (const Source& source : list_sources(asked_, scene)) {
      if (source.is_foreign) continue;
      const std::string backup = name_backup(asked_, source.name);
      if (backups.emplace(backup, source.id).first->second != source.id) return true;
      if (asked_.file &&
          (asked_.file->built.contains(backup) || asked_.file->cached.contains(backup))) {
        return true;
      }
      for (const FakeImage& image : scene.images) {
        if (image.id != source.id && std::count(image.tags.begin(), image.tags.end(), backup) > 0) {
          return true;
        }
      }
    }
    return false;
  }

  void check_expected() {
    if (!is_calm()) return;
    const int expected = find_expected_status();
    if (run_.outcome.status != expected) {
      fail(
          fmt::format("exit status {} instead of {}: {}", run_.outcome.status, expected,
                      fmt::join(expected == 3 ? find_doubts() : std::vector<std::string>(), "; ")));
    }
    if (expected == 0 || expected == 3) check_left();
  }

  // What a run that nothing disturbed leaves.
  void check_left() {
    const bool is_limited = asked_.older_than || asked_.keep_storage || asked_.min_free_space;
    if (!run_.scenario.is_undisturbed() || asked_.only_reads() || is_limited) return;
    const FakeScene& scene = run_.left.state.scene;
    for (const FakeRecord& record : scene.records) {
      const bool has_child =
          std::any_of(scene.records.begin(), scene.records.end(), [&](const FakeRecord& other) {
            return std::count(other.parents.begin(), other.parents.end(), record.id) > 0;
          });
      if (record.in_use || has_child || is_kept(asked_, record, scene.records)) continue;
      fail(fmt::format("record {} was left, and nothing holds it", record.id));
    }
    if (asked_.mode != Mode::clear) return;
    for (const Source& source : list_sources(asked_, scene)) {
      if (!source.is_foreign) fail(source.name + " was left");
    }
    for (const FakeImage& image : scene.images) {
      const bool is_held = std::any_of(scene.containers.begin(), scene.containers.end(),
                                       [&](const auto& one) { return one.image_id == image.id; });
      const bool is_base =
          std::any_of(scene.images.begin(), scene.images.end(),
                      [&](const FakeImage& other) { return other.parent == image.id; });
      const bool is_others = is_of_others(asked_, run_.scenario.world.state.scene, image);
      if (asked_.clears_all() && image.tags.empty() && !is_held && !is_base && !is_others) {
        fail("dangling image " + image.id + " was left");
      }
    }
  }

  const Run& run_;
  const Asked& asked_;
  Failures& failures_;
};

}  // namespace

void check_verdict(const Run& run, Failures& failures) { VerdictCheck(run, failures).check(); }

}  // namespace cac::model
