#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "checks.hpp"
#include "oracle.hpp"

namespace cac::model {

namespace {

using Names = std::map<std::string, std::string>;  // the image's ID by its name

Names list_names(const State& state) {
  Names names;
  for (const FakeImage& image : state.scene.images) {
    for (const std::string& tag : image.tags) names[tag] = image.id;
  }
  return names;
}

std::vector<FakeRecord> find_gone(const std::vector<FakeRecord>& before,
                                  const std::vector<FakeRecord>& after) {
  std::vector<FakeRecord> gone;
  for (const FakeRecord& record : before) {
    if (std::none_of(after.begin(), after.end(),
                     [&](const FakeRecord& other) { return other.id == record.id; })) {
      gone.push_back(record);
    }
  }
  return gone;
}

long long unshared_size(const std::vector<FakeRecord>& records) {
  long long size = 0;
  for (const FakeRecord& record : records) size += record.shared ? 0 : record.size;
  return size;
}

class HarmCheck {
 public:
  HarmCheck(const Run& run, Failures& failures)
      : run_(run), asked_(run.scenario.asked), failures_(failures) {
    const Exchange* const list = find_plan_list(run);
    if (list != nullptr) plan_state_ = list->shown;
    planned_ = list_planned(run);
  }

  void check(const Exchange& exchange) {
    exchange_ = &exchange;
    check_kind();
    const State& before = run_.states[exchange.before];
    const State& after = run_.states[exchange.after];
    check_names(list_names(before), list_names(after));
    check_images(before, after);
    check_records(before, after);
    if (before.scene.volumes != after.scene.volumes) fail("it changed a volume");
    const auto containers = [](const State& state) {
      std::string text;
      for (const auto& one : state.scene.containers) text += one.name + one.image_id + one.state;
      return text;
    };
    if (containers(before) != containers(after)) fail("it changed a container");
  }

 private:
  void fail(const std::string& text) {
    failures_.push_back(fmt::format("harm: request {}: {}", exchange_->number, text));
  }

  // What may be sent at all.
  void check_kind() {
    const Kind kind = exchange_->kind;
    if (kind == Kind::other) return fail("no request that it may send");
    const bool is_of_exec = kind == Kind::create_exec || kind == Kind::start_exec;
    if (is_of_exec && !asked_.all_builders) fail("it ran a command in a container");
    if (!exchange_->is_change()) return;
    if (exchange_->is_podman) fail("it wrote to Podman");
    if (asked_.only_reads()) fail("it was only to read");
    if (asked_.waits && !has_waited()) fail("it was to wait for the builds that run");
    const int status = run_.outcome.status;
    if (status == 2 || status == 4) fail(fmt::format("it wrote, and exits with {}", status));
    if (asked_.is_pruning() && kind != Kind::prune_records && !is_of_exec) {
      fail("it was only to prune the build cache");
    }
    if (kind == Kind::tag && asked_.keep_as.empty()) fail("it was not to tag anything");
    if (kind == Kind::remove_dangling && !asked_.clears_all()) {
      fail("only with the target all it was to remove dangling images");
    }
  }

  // Whether an answer before had no record in use, or did not say which there are.
  bool has_waited() const {
    return std::any_of(run_.exchanges.begin(), run_.exchanges.end(), [&](const Exchange& other) {
      if (other.number >= exchange_->number || other.kind != Kind::disk_usage) return false;
      const auto records = read_records(other.body, other.request.minor());
      return !records || std::none_of(records->begin(), records->end(),
                                      [](const ListedRecord& one) { return one.in_use; });
    });
  }

  void check_names(const Names& before, const Names& after) {
    for (const auto& [name, id] : before) {
      const auto found = after.find(name);
      if (found == after.end()) {
        check_removal(name, id);
      } else if (found->second != id) {
        check_moved(name, found->second);
      }
    }
    for (const auto& [name, id] : after) {
      if (!before.contains(name)) check_added(name, id);
    }
  }

  void check_removal(const std::string& name, const std::string& id) {
    // Given to a dangling image since it was looked up.
    if (exchange_->kind == Kind::remove_dangling && was_dangling(id)) return;
    const auto planned = planned_.find(name);
    if (exchange_->kind != Kind::remove || planned == planned_.end()) {
      return fail(fmt::format("it removed the name {}, which is not the target's", name));
    }
    // The look-up right before must have shown the planned image.
    const Exchange* const look_up = find_look_up(name);
    if (look_up == nullptr || look_up->status != 200 || read_id(look_up->body) != planned->second) {
      return fail(fmt::format("it removed the name {} of {}, and had not looked it up", name, id));
    }
    if (!asked_.keep_as.empty() && id == planned->second && !had_backup(name, id)) {
      fail(fmt::format("it removed {}, which it was to keep as {}", name, asked_.keep_as));
    }
  }

  // Whether the last look-up showed the image without a name.
  bool was_dangling(const std::string& id) const {
    const Exchange* const look_up = find_look_up(id);
    if (look_up == nullptr || look_up->status != 200) return false;
    const auto& images = run_.states[look_up->shown].scene.images;
    return std::any_of(images.begin(), images.end(), [&](const FakeImage& image) {
      return image.id == id && image.tags.empty();
    });
  }

  // The last one before this request.
  const Exchange* find_look_up(const std::string& name) const {
    const Exchange* look_up = nullptr;
    for (const Exchange& other : run_.exchanges) {
      if (other.number >= exchange_->number) break;
      if (other.kind == Kind::inspect && other.request.path() == "/images/" + name + "/json") {
        look_up = &other;
      }
    }
    return look_up;
  }

  // Whether the image had its backup at some time before: others may have taken it away since.
  bool had_backup(const std::string& name, const std::string& id) const {
    for (std::size_t i = plan_state_; i <= exchange_->before; ++i) {
      const Names names = list_names(run_.states[i]);
      const auto found = names.find(name_backup(asked_, name));
      if (found != names.end() && found->second == id) return true;
    }
    return false;
  }

  bool is_backup(const std::string& name, const std::string& id) const {
    return std::any_of(planned_.begin(), planned_.end(), [&](const auto& planned) {
      return planned.second == id && name == name_backup(asked_, planned.first);
    });
  }

  void check_added(const std::string& name, const std::string& id) {
    if (exchange_->kind == Kind::tag && is_backup(name, id)) return;
    fail(fmt::format("it gave {} the name {}", id, name));
  }

  // Nobody can tag only if the name is free: others may take it between the look-up and the tag.
  void check_moved(const std::string& name, const std::string& id) {
    const Exchange* const look_up = find_look_up(name);
    const bool was_free =
        look_up != nullptr && (look_up->status == 404 || read_id(look_up->body) == id);
    if (exchange_->kind == Kind::tag && is_backup(name, id) && was_free) return;
    fail(fmt::format("it took the name {} from another image", name));
  }

  void check_images(const State& before, const State& after) {
    for (const FakeImage& image : before.scene.images) {
      const bool is_gone =
          std::none_of(after.scene.images.begin(), after.scene.images.end(),
                       [&](const FakeImage& other) { return other.id == image.id; });
      if (!is_gone) continue;
      const bool may_go = exchange_->kind == Kind::remove ||
                          (exchange_->kind == Kind::remove_dangling && was_dangling(image.id));
      if (!may_go) fail(fmt::format("it deleted the image {}", image.id));
      if (exchange_->kind == Kind::remove_dangling &&
          is_of_others(asked_, run_.states[plan_state_].scene, image)) {
        fail(fmt::format("it deleted the dangling image {}, which is another application's",
                         image.id));
      }
    }
  }

  void check_records(const State& before, const State& after) {
    check_gone(find_gone(before.scene.records, after.scene.records), Kind::prune_records);
    check_limits(find_gone(before.scene.records, after.scene.records), after);
    for (const auto& [builder, records] : before.builders) {
      const auto found = after.builders.find(builder);
      const auto left = found == after.builders.end() ? std::vector<FakeRecord>() : found->second;
      check_gone(find_gone(records, left), Kind::start_exec);
    }
  }

  void check_gone(const std::vector<FakeRecord>& gone, Kind by) {
    if (!gone.empty() && exchange_->kind != by) fail("it deleted build cache records");
    for (const FakeRecord& record : gone) {
      if (asked_.keeps_mounts && record.type == "exec.cachemount") {
        fail(fmt::format("it deleted the cache mount {}, which it was to keep", record.id));
      }
    }
  }

  // Of --prune-only.
  void check_limits(const std::vector<FakeRecord>& gone, const State& after) {
    if (gone.empty() || !asked_.is_pruning()) return;
    constexpr long long tolerance = 600;  // seconds
    long long largest = 0;
    bool has_young = false;
    for (const FakeRecord& record : gone) {
      if (!record.shared) largest = std::max(largest, record.size);
      has_young = has_young || record.used_at > std::time(nullptr) - 86400 + tolerance;
    }
    if (has_young && asked_.older_than && !asked_.keep_storage && !asked_.min_free_space) {
      fail("it deleted a record that was used since");
    }
    const bool is_by_age = !exchange_->request.filter("until").empty();
    if (asked_.keep_storage && !asked_.min_free_space && !is_by_age &&
        unshared_size(after.scene.records) + largest < *asked_.keep_storage) {
      fail("it deleted more than the size to keep allows");
    }
  }

  const Run& run_;
  const Asked& asked_;
  Failures& failures_;
  const Exchange* exchange_ = nullptr;
  std::size_t plan_state_ = 0;
  Names planned_;
};

bool may_change(const Asked& asked, const std::string& file) {
  if (asked.on_github && (file == "github/output" || file == "github/summary")) return true;
  return asked.mode == Mode::clear && is_file_source(asked, file);
}

}  // namespace

void check_harm(const Run& run, Failures& failures) {
  HarmCheck check(run, failures);
  for (const Exchange& exchange : run.exchanges) check.check(exchange);
  const auto& [before, after] = std::tie(run.outcome.files_before, run.outcome.files_after);
  std::set<std::string> files;
  for (const auto& [file, contents] : before) files.insert(file);
  for (const auto& [file, contents] : after) files.insert(file);
  for (const std::string& file : files) {
    const auto old_file = before.find(file);
    const auto new_file = after.find(file);
    const bool is_same =
        old_file != before.end() && new_file != after.end() && old_file->second == new_file->second;
    if (is_same || may_change(run.scenario.asked, file)) continue;
    failures.push_back(fmt::format("harm: {} was {}", file,
                                   old_file == before.end()  ? "left behind"
                                   : new_file == after.end() ? "removed"
                                                             : "changed"));
  }
}

}  // namespace cac::model
