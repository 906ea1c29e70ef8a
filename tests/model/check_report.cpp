// The report of --json against what happened.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "checks.hpp"
#include "oracle.hpp"

namespace cac::model {

namespace {

using Json = nlohmann::json;
using Texts = std::multiset<std::string>;

const char* name_mode(const Asked& asked) {
  if (asked.is_pruning()) return "prune-only";
  return asked.mode == Mode::verify_only ? "verify-only" : "clear";
}

class ReportCheck {
 public:
  ReportCheck(const Run& run, Json report, Failures& failures)
      : run_(run),
        asked_(run.scenario.asked),
        status_(run.outcome.status),
        report_(std::move(report)),
        failures_(failures) {}

  void check() {
    check_keys();
    check_error();
    check_verdict_word();
    if (!report_.at("actions").is_array()) return;
    for (const Json& action : report_.at("actions")) check_action(action);
    check_reclaimed();
    const bool judges = asked_.mode == Mode::clear || asked_.mode == Mode::verify_only;
    if (judges && report_.at("error").is_null()) check_residue();
    if (status_ == 0) check_success();
  }

 private:
  void fail(const std::string& text) { failures_.push_back("JSON: " + text); }
  void expect(const char* key, const Json& value) {
    if (report_.at(key) != value) {
      fail(fmt::format("{} is {} instead of {}", key, report_.at(key).dump(), value.dump()));
    }
  }

  void check_keys() {
    static const std::set<std::string> keys{
        "schema",  "version",         "mode",        "dry_run",     "project", "target",   "engine",
        "actions", "residue",         "cache",       "kept",        "caveats", "warnings", "notes",
        "verdict", "reclaimed_bytes", "duration_ms", "exit_status", "error"};
    std::set<std::string> found;
    for (const auto& [key, value] : report_.items()) found.insert(key);
    if (found != keys) fail("it has other keys");
    expect("schema", 1);
    expect("exit_status", status_);
    if (status_ == 2 && report_.at("mode").is_null()) return;
    expect("mode", name_mode(asked_));
    expect("dry_run", asked_.mode == Mode::dry_run || asked_.mode == Mode::prune_dry_run);
  }

  void check_error() {
    const Json& error = report_.at("error");
    const bool needs_one = status_ != 0 && status_ != 3;
    if (error.is_null() == needs_one) return fail("error does not fit the exit status");
    if (error.is_null()) return;
    const std::string kind = error.at("kind");
    static const std::set<std::string> no_engine{"unreachable", "denied", "tls", "not-docker",
                                                 "unsupported-version"};
    if (kind == "internal") fail("an internal error: " + error.at("message").dump());
    if (status_ > 128 && kind != "interrupted" && kind != "backup-lost") {
      fail("error.kind is " + kind + " after a signal");
    }
    if ((status_ == 2) != (kind == "usage")) fail("error.kind is " + kind);
    if (status_ == 4 && !no_engine.contains(kind)) fail("error.kind is " + kind);
    if (error.at("message") == "") fail("the error has no message");
  }

  void check_verdict_word() {
    const Json& verdict = report_.at("verdict");
    if (asked_.is_pruning() && status_ != 2) return expect("verdict", nullptr);
    if (asked_.mode == Mode::dry_run && status_ == 0) return expect("verdict", nullptr);
    if (status_ == 0) return expect("verdict", "clean");
    if (verdict == "clean" && status_ < 128) fail("the verdict is clean");
    if (verdict == "residue" && report_.at("residue").empty()) fail("residue, but none is listed");
    if (verdict != "residue" && verdict != "unknown" && verdict != "clean" && !verdict.is_null()) {
      fail("the verdict is " + verdict.dump());
    }
  }

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

  void check_action(const Json& action) {
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

  // The sum is that of the engine's own numbers.
  void check_reclaimed() {
    unsigned long long expected = 0;
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.kind == Kind::start_exec) return;  // a builder's is a difference
      if (exchange.kind != Kind::prune_records && exchange.kind != Kind::prune_images) continue;
      if (exchange.fault.spoil_seed || exchange.fault.broken != Fault::Break::none) return;
      if (exchange.status != 200 || !exchange.is_whole) continue;
      const Json answer = Json::parse(exchange.body, nullptr, false);
      if (!answer.is_object()) continue;
      if (const auto found = answer.find("SpaceReclaimed"); found != answer.end()) {
        expected += found->get<unsigned long long>();
      }
    }
    unsigned long long found = report_.at("reclaimed_bytes").get<unsigned long long>();
    for (const Json& action : report_.at("actions")) {
      if (action.at("status") == "cancelled") return;
      if (action.contains("shared_bytes"))
        found += action.at("shared_bytes").get<unsigned long long>();
    }
    if (found != expected) {
      fail(fmt::format("reclaimed_bytes and shared_bytes are {} instead of {}", found, expected));
    }
  }

  Texts list(const char* key, const char* kind, const char* part) const {
    Texts texts;
    for (const Json& one : report_.at(key)) {
      if (one.at("kind") != kind || one.at("reason") == "newer-deleted") continue;
      texts.insert(one[part].get<std::string>());
    }
    return texts;
  }

  // What is listed as left is what the last answers had.
  void check_residue() {
    const Exchange* const read = find_last(run_, Kind::disk_usage);
    const Exchange* const images = find_last_target_list(run_);
    if (read == nullptr || images == nullptr) return fail("a verdict without any answer");
    const auto records = read_records(read->body, read->request.minor());
    if (records) {
      Texts left;
      Texts kept;
      Texts held;
      for (const ListedRecord& record : *records) {
        const bool is_spared = is_kept(asked_, record, *records);
        (is_spared ? kept : left).insert(record.id);
        if (!is_spared && record.in_use) held.insert(record.id);
      }
      compare("residue of the build cache", list("residue", "build-cache", "id"), left);
      compare("kept records", list_kept(), kept);
      Texts listed_held;
      for (const Json& one : report_.at("residue")) {
        if (one.at("kind") == "build-cache" && one.at("held"))
          listed_held.insert(one.at("id").get<std::string>());
      }
      compare("held records", listed_held, held);
    }
    if (const auto listed = read_images(images->body, true)) {
      Texts names;
      for (const Source& source : list_sources(asked_, *listed)) names.insert(source.name);
      compare("residue among the images", list("residue", "image", "object"), names);
    }
  }

  Texts list_kept() const {
    Texts texts;
    for (const Json& one : report_.at("kept")) texts.insert(one.at("id").get<std::string>());
    return texts;
  }

  void compare(const char* what, const Texts& found, const Texts& expected) {
    if (found == expected) return;
    fail(fmt::format("{}: [{}] instead of [{}]", what, fmt::join(found, ", "),
                     fmt::join(expected, ", ")));
  }

  void check_success() {
    if (!report_.at("residue").empty()) fail("exit 0 with residue");
    if (asked_.mode == Mode::dry_run) check_plan();
    if (asked_.mode != Mode::prune_only) return;
    const Json& cache = report_.at("cache");
    const Exchange* const read = find_last(run_, Kind::disk_usage);
    if (read == nullptr || !cache.is_object()) return fail("a pruning without the build cache");
    const auto records = read_records(read->body, read->request.minor());
    if (records && cache.at("records_after") != records->size()) fail("records_after is wrong");
  }

  void check_plan() {
    const Exchange* const read = find_plan_list(run_);
    if (read == nullptr) return;
    const auto listed = read_images(read->body, true);
    if (!listed) return;
    Texts expected;
    for (const Source& source : list_sources(asked_, *listed)) {
      if (!source.is_foreign) expected.insert(source.name);
    }
    Texts planned;
    for (const Json& action : report_.at("actions")) {
      if (action.at("action") == "remove-image")
        planned.insert(action.at("object").get<std::string>());
    }
    compare("plan", planned, expected);
  }

  const Run& run_;
  const Asked& asked_;
  const int status_;
  const Json report_;
  Failures& failures_;
};

}  // namespace

void check_report(const Run& run, Failures& failures) {
  const std::string& out = run.outcome.out;
  if (std::count(out.begin(), out.end(), '\n') != 1 || !out.ends_with('\n')) {
    failures.push_back("JSON: it is not one line");
    return;
  }
  Json report = Json::parse(out, nullptr, false);
  if (!report.is_object()) {
    failures.push_back("JSON: it is not an object");
    return;
  }
  try {
    ReportCheck(run, std::move(report), failures).check();
  } catch (const Json::exception& error) {
    failures.push_back(std::string("JSON: a value of another type: ") + error.what());
  }
}

}  // namespace cac::model
