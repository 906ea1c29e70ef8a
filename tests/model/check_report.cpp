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
    check_actions(run_, report_, failures_);
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
    static const std::set<std::string> keys{"schema",
                                            "version",
                                            "mode",
                                            "dry_run",
                                            "project",
                                            "targets",
                                            "build_command",
                                            "engine",
                                            "actions",
                                            "residue",
                                            "cache",
                                            "kept",
                                            "caveats",
                                            "warnings",
                                            "notes",
                                            "verdict",
                                            "reclaimed_bytes",
                                            "duration_ms",
                                            "exit_status",
                                            "error",
                                            "last_builds",
                                            "expected_exit_status"};
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

  // The sum is that of the engine's own numbers.
  void check_reclaimed() {
    unsigned long long expected = 0;
    for (const Exchange& exchange : run_.exchanges) {
      if (exchange.kind == Kind::start_exec) return;  // a builder's is a difference
      if (exchange.kind != Kind::prune_records) continue;
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
