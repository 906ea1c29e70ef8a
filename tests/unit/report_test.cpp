#include "report/report.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "connected.hpp"
#include "texts.hpp"

using cac::ActionKind;
using cac::Failure;
using cac::FailureKind;
using cac::Outcome;
using cac::OutcomeStatus;
using cac::ResidueKind;
using cac::Run;
using cac::TerminalStyle;
using cac::Verdict;
using cac::test::Containing;
using cac::test::count_of;
using cac::test::options_of;
using cac::test::Texts;
using Json = nlohmann::ordered_json;
using Words = std::vector<const char*>;

namespace {

constexpr TerminalStyle ascii{};
constexpr TerminalStyle utf8{.width = 0, .color = false, .utf8 = true};

Run run_of(const Words& words) {
  Run run;
  run.options = options_of(words);
  run.engine = {"Docker", "28.5.2", {1, 51}, "unix:///x.sock"};
  run.took = std::chrono::milliseconds(1400);
  return run;
}

cac::Action removal() {
  return {.kind = ActionKind::remove_image,
          .object = "watchparty-backend:latest",
          .image_id = "sha256:b",
          .size = {345'000'000},
          .reason = "usable as a cache_from source",
          .effect = "container wp (running) uses it and is not touched"};
}

cac::Action prune() {
  return {.kind = ActionKind::prune_build_cache,
          .object = "build cache",
          .count = 34,
          .size = {812'000'000},
          .reason = "every application's"};
}

// A clear run whose actions came out like this.
Run run_with(std::vector<Outcome> outcomes, Verdict verdict = Verdict::clean) {
  Run run = run_of({"backend"});
  run.plan.emplace();
  for (const Outcome& outcome : outcomes) run.plan->actions.push_back(outcome.action);
  run.outcomes = std::move(outcomes);
  run.verification.emplace().verdict = verdict;
  return run;
}

Json json_of(const Run& run) {
  const std::string line = cac::json_report(run);
  CHECK(line.find('\n') == std::string::npos);
  Json json = Json::parse(line, nullptr, false);
  REQUIRE(json.is_object());
  return json;
}

}  // namespace

// --- text ---

TEST_CASE("each outcome has a line of its own kind") {
  const Failure failure{FailureKind::refused, "DELETE /images/x: the engine answers 500: no"};
  struct {
    Outcome outcome;
    std::string line;
  } const rows[] = {
      {{.action = removal(), .status = OutcomeStatus::done, .count = 1},
       "+ removed  watchparty-backend:latest  up to 345 MB\n"},
      {{.action = removal(), .status = OutcomeStatus::done, .image_stays = true},
       "+ untagged  watchparty-backend:latest  345 MB  container wp (running) uses it and is not "
       "touched\n"},
      {{.action = removal(), .status = OutcomeStatus::absent},
       "+ absent  watchparty-backend:latest    already removed\n"},
      {{.action = removal(), .status = OutcomeStatus::retagged},
       "! left  watchparty-backend:latest    it was given to another image during the run\n"},
      {{.action = removal(), .status = OutcomeStatus::failed, .failure = failure},
       "x failed  watchparty-backend:latest\n"},
      {{.action = removal(), .status = OutcomeStatus::cancelled},
       "! interrupted  watchparty-backend:latest    it may be gone already\n"},
      {{.action = prune(), .status = OutcomeStatus::cancelled},
       "! interrupted  build cache    the engine will finish this on its own\n"},
      {{.action = prune(), .status = OutcomeStatus::done, .count = 34, .reclaimed = {812'000'000}},
       "+ pruned  build cache  34 records, 812 MB  every application's\n"},
      {{.action = prune(), .status = OutcomeStatus::done, .count = 1, .reclaimed = {5}},
       "+ pruned  build cache  1 record, 5 B  every application's\n"},
  };
  for (const auto& row : rows) {
    CHECK(cac::text_report(run_with({row.outcome}), ascii) == Containing{"\n" + row.line});
  }
}

TEST_CASE("a plan that is only shown says what would be done, and a plan cut short what was not") {
  Run run = run_of({"--dry-run", "backend"});
  run.plan.emplace().actions = {removal(), prune()};
  const std::string shown = cac::text_report(run, ascii);
  CHECK(shown == Containing{"Would clear the caches of watchparty-backend on Docker 28.5.2 (API "
                            "1.51, unix:///x.sock)\n"});
  CHECK(count_of("\n> ", shown) == 2);

  run.options.dry_run = false;
  run.failure = Failure{FailureKind::timeout, "the time ran out"};
  const std::string cut_short = cac::text_report(run, ascii);
  CHECK(count_of("\n! not done", cut_short) == 2);
  CHECK(cut_short == Containing{"the run ended before"});
}

TEST_CASE("the verdict says what it means for the next build") {
  struct {
    Verdict verdict;
    std::string says;
  } const rows[] = {
      {Verdict::clean,
       "\nclean: no cache sources of watchparty-backend are left; the next build starts from "
       "scratch. 0 B reclaimed in 1.4 s.\n"},
      {Verdict::unknown,
       "\nunknown: could not determine whether cache sources of watchparty-backend are left. 0 B "
       "reclaimed in 1.4 s.\n"},
      {Verdict::residue,
       "\nresidue: 1 cache source of watchparty-backend is left; the next build can reuse it. 0 B "
       "reclaimed in 1.4 s. Check what is building or tagging images on this engine, then run "
       "again.\n"},
  };
  for (const auto& row : rows) {
    Run run = run_with({}, row.verdict);
    if (row.verdict == Verdict::residue) {
      run.verification->residue = {
          {.kind = ResidueKind::image, .object = "x:latest", .reason = "it is still tagged"}};
    }
    CHECK(cac::text_report(run, ascii) == Containing{row.says});
  }
  CHECK(cac::text_report(run_of({"all"}), ascii).empty());
}

TEST_CASE("residue that a build holds is told one by one, the rest as a sum") {
  Run run = run_with({}, Verdict::residue);
  for (int i = 0; i < 12; ++i) {
    run.verification->residue.push_back({.kind = ResidueKind::build_cache,
                                         .object = "held step " + std::to_string(i),
                                         .size = {1000},
                                         .held = true,
                                         .reason = "held by a running build"});
    run.verification->residue.push_back({.kind = ResidueKind::build_cache,
                                         .object = "loose step",
                                         .size = {1'000'000},
                                         .reason = "still there after every prune"});
  }
  const std::string text = cac::text_report(run, ascii);
  CHECK(text == Containing{"held step 0"});
  CHECK(text.find("loose step") == std::string::npos);
  CHECK(text == Containing{"12 build cache records"});
  CHECK(text == Containing{"12.0 MB"});
  CHECK(text == Containing{"2 build cache records"});
  CHECK(text == Containing{"residue: 24 cache sources of watchparty-backend are left"});
  CHECK(text == Containing{"Run again when the running build has ended."});
}

TEST_CASE("marks are drawn where the terminal has them") {
  const Run run = run_with({{.action = removal(), .status = OutcomeStatus::done, .count = 1}});
  CHECK(cac::text_report(run, utf8) == Containing{"\n\xe2\x9c\x93 removed"});
  CHECK(cac::text_report(run, ascii) == Containing{"\n+ removed"});
}

TEST_CASE("colour changes nothing but the colour") {
  Run run = run_with({{.action = removal(), .status = OutcomeStatus::retagged},
                      {.action = prune(), .status = OutcomeStatus::done, .count = 1}},
                     Verdict::residue);
  run.verification->residue = {{.object = "x", .reason = "y"}};
  run.verification->notes = {"a note"};
  for (const std::size_t width : {0U, 50U, 120U}) {
    CAPTURE(width);
    TerminalStyle style{.width = width, .color = true, .utf8 = true};
    std::string painted = cac::text_report(run, style);
    std::string bare;
    std::size_t escapes = 0;
    for (std::size_t i = 0; i < painted.size(); ++i) {
      if (painted[i] != '\x1b') {
        bare += painted[i];
        continue;
      }
      ++escapes;
      i = painted.find('m', i);
    }
    CHECK(escapes >= 6);
    style.color = false;
    CHECK(bare == cac::text_report(run, style));
  }
}

TEST_CASE("no line is wider than the terminal, and no word is lost") {
  Run run = run_with({{.action = removal(), .status = OutcomeStatus::done, .image_stays = true},
                      {.action = prune(), .status = OutcomeStatus::done, .count = 34}},
                     Verdict::residue);
  run.verification->residue = {{.kind = ResidueKind::image,
                                .object = "gr\xc3\xbc\xc3\x9f"
                                          "e:latest",
                                .size = {1},
                                .reason = "it is still tagged"}};
  run.verification->notes = {
      "a note that is long enough to be broken on a narrow terminal, surely"};
  for (std::size_t width = 30; width < 160; ++width) {
    CAPTURE(width);
    std::istringstream lines(cac::text_report(run, {.width = width, .color = false, .utf8 = true}));
    for (std::string line; std::getline(lines, line);) CHECK(cac::columns_of(line) <= width);
  }
}

TEST_CASE("a foreign text is one harmless line, a long one is cut") {
  Run run = run_with({}, Verdict::residue);
  run.verification->residue = {{.kind = ResidueKind::build_cache,
                                .object = "RUN \x1b[2J\nrm " + std::string(200, 'x'),
                                .size = {1},
                                .held = true,
                                .reason = "held\rby"}};
  const std::string text = cac::text_report(run, utf8);
  CHECK(text == Containing{"RUN \\x1b[2J rm xxx"});
  CHECK(text == Containing{"...  1 B"});
  CHECK(text == Containing{"held\\x0dby"});
  CHECK(text.find('\x1b') == std::string::npos);
}

// --- messages ---

TEST_CASE("messages are warnings first, then what went wrong and what to do about it") {
  Run run = run_with({{.action = removal(),
                       .status = OutcomeStatus::failed,
                       .failure = Failure{FailureKind::refused, "the removal failed", "Look."}}},
                     Verdict::unknown);
  run.plan->warnings = {"is the name right?"};
  run.verification->failure = Failure{FailureKind::lost, "the engine was lost", "Run again."};
  CHECK(cac::messages(run, ascii) ==
        "clear-app-cache: warning: is the name right?\n"
        "clear-app-cache: warning: the removal failed\n"
        "  Look.\n"
        "clear-app-cache: error: the engine was lost\n"
        "  Run again.\n");
}

TEST_CASE("a failure that did not matter in the end is a warning") {
  const Run run = run_with({{.action = prune(),
                             .status = OutcomeStatus::failed,
                             .failure = Failure{FailureKind::refused, "the prune failed"}}});
  CHECK(cac::messages(run, ascii) == "clear-app-cache: warning: the prune failed\n");
}

TEST_CASE("the same failure, repeated, is told once") {
  const Outcome failed{.action = prune(),
                       .status = OutcomeStatus::failed,
                       .failure = Failure{FailureKind::refused, "the prune failed"}};
  CHECK(cac::messages(run_with({failed, failed, failed}, Verdict::residue), ascii) ==
        "clear-app-cache: error: the prune failed\n");
  CHECK(cac::messages(run_with({failed, failed, failed}, Verdict::clean), ascii) ==
        "clear-app-cache: warning: the prune failed\n");
}

TEST_CASE("the same advice twice in a row is given once, below the last message") {
  Run run = run_with({{.action = removal(),
                       .status = OutcomeStatus::failed,
                       .failure = Failure{FailureKind::refused, "the removal failed", "Look."}},
                      {.action = prune(),
                       .status = OutcomeStatus::failed,
                       .failure = Failure{FailureKind::lost, "the prune failed", "Look."}}});
  run.verification->verdict = Verdict::unknown;
  run.verification->failure = Failure{FailureKind::lost, "the engine was lost", "Run again."};
  CHECK(cac::messages(run, ascii) ==
        "clear-app-cache: warning: the removal failed\n"
        "clear-app-cache: warning: the prune failed\n"
        "  Look.\n"
        "clear-app-cache: error: the engine was lost\n"
        "  Run again.\n");
}

TEST_CASE("a warning that the error repeats is left out") {
  Run run = run_with({}, Verdict::unknown);
  run.plan->warnings = {"a folder could not be searched: /x: Permission denied", "another"};
  run.verification->failure = Failure{FailureKind::filesystem, "/x: Permission denied"};
  CHECK(cac::messages(run, ascii) ==
        "clear-app-cache: warning: another\n"
        "clear-app-cache: error: /x: Permission denied\n");
  CHECK(json_of(run)["warnings"] == Json{"another"});
}

TEST_CASE("what could not be written is the error, or a warning beside another") {
  Run run = run_with({});
  run.unwritten = Failure{FailureKind::filesystem, "the disk is full"};
  CHECK(cac::messages(run, ascii) == "clear-app-cache: error: the disk is full\n");
  run.failure = Failure{FailureKind::timeout, "the time ran out"};
  CHECK(cac::messages(run, ascii) ==
        "clear-app-cache: warning: the disk is full\n"
        "clear-app-cache: error: the time ran out\n");
}

TEST_CASE("what the verification lists is not told with the action, too") {
  cac::Action held = prune();
  held.effect = "2 that a running build holds stay";
  Run run = run_with({{.action = removal(), .status = OutcomeStatus::retagged},
                      {.action = held, .status = OutcomeStatus::done, .count = 1}},
                     Verdict::residue);
  CHECK(cac::text_report(run, ascii) == Containing{"given to another image"});
  run.verification->residue = {{.object = "watchparty-backend:latest", .reason = "tagged again"}};
  CHECK(cac::text_report(run, ascii).find("given to another image") == std::string::npos);
  CHECK(cac::text_report(run, ascii).find("running build holds") == std::string::npos);
  // Where it lists nothing, the action's is all there is.
  run.verification->failure = Failure{FailureKind::lost, "gone"};
  CHECK(cac::text_report(run, ascii) == Containing{"2 that a running build holds stay"});
}

TEST_CASE("nothing went wrong, nothing is said") {
  CHECK(cac::messages(run_with({}), ascii).empty());
}

// --- JSON ---

TEST_CASE("the object has these keys, in this order, whatever happened") {
  const Texts keys{"schema",      "version",     "mode",    "dry_run", "project",
                   "target",      "engine",      "actions", "residue", "cache",
                   "kept",        "warnings",    "notes",   "verdict", "reclaimed_bytes",
                   "duration_ms", "exit_status", "error"};
  Run usage_error;
  usage_error.failure = Failure{FailureKind::usage, "no"};
  Run unreachable = run_of({});
  unreachable.engine.reset();
  unreachable.failure = Failure{FailureKind::unreachable, "no"};
  for (const Run& run : {usage_error, unreachable, run_with({})}) {
    Texts found;
    const Json json = json_of(run);
    for (const auto& [key, value] : json.items()) found.push_back(key);
    // Keys are only ever added: those here stay, and stay first.
    CHECK(cac::test::joined(found) == cac::test::joined(keys));
  }
}

TEST_CASE("what is told of a run is what programs look for") {
  Run run = run_with(
      {{.action = removal(), .status = OutcomeStatus::done, .image_stays = true},
       {.action = prune(), .status = OutcomeStatus::done, .count = 33, .reclaimed = {811'000'000}}},
      Verdict::residue);
  run.verification->residue = {{.kind = ResidueKind::build_cache,
                                .object = "RUN x",
                                .id = "rec1",
                                .record_type = "regular",
                                .size = {1'000'000},
                                .held = true,
                                .reason = "held by a running build"}};
  const Json json = json_of(run);
  CHECK(json["schema"] == 1);
  CHECK(json["mode"] == "clear");
  CHECK(json["project"] == "watchparty");
  CHECK(json["target"] == "backend");
  CHECK(json["engine"]["version"] == "28.5.2");
  CHECK(json["engine"]["api"] == "1.51");
  CHECK(json["actions"][0]["action"] == "remove-image");
  CHECK(json["actions"][0]["object"] == "watchparty-backend:latest");
  CHECK(json["actions"][0]["image_id"] == "sha256:b");
  CHECK(json["actions"][0]["status"] == "done");
  CHECK(json["actions"][0]["image_stays"] == true);
  CHECK(json["actions"][0]["planned_bytes"] == 345'000'000);
  CHECK(json["actions"][1]["action"] == "prune-build-cache");
  CHECK(json["actions"][1]["planned_count"] == 34);
  CHECK(json["actions"][1]["count"] == 33);
  CHECK(json["actions"][1]["reclaimed_bytes"] == 811'000'000);
  CHECK(json["residue"][0]["kind"] == "build-cache");
  CHECK(json["residue"][0]["object"] == "RUN x");
  CHECK(json["residue"][0]["type"] == "regular");
  CHECK(json["residue"][0]["held"] == true);
  CHECK(json["verdict"] == "residue");
  CHECK(json["reclaimed_bytes"] == 811'000'000);
  CHECK(json["duration_ms"] == 1400);
  CHECK(json["exit_status"] == 3);
  CHECK(json["error"].is_null());
}

TEST_CASE("a plan has no verdict, and neither does a run that did not get to one") {
  Run plan = run_of({"--dry-run"});
  plan.plan.emplace().actions = {removal()};
  CHECK(json_of(plan)["verdict"].is_null());
  CHECK(json_of(plan)["dry_run"] == true);
  CHECK(json_of(plan)["actions"][0]["status"] == "planned");

  plan.options.dry_run = false;
  plan.failure = Failure{FailureKind::lost, "gone"};
  CHECK(json_of(plan)["verdict"] == "unknown");
  CHECK(json_of(plan)["actions"][0]["status"] == "not-reached");
}

TEST_CASE("every kind of failure, action, outcome and residue has a word of its own") {
  std::set<std::string> words;
  constexpr int failures = static_cast<int>(FailureKind::internal) + 1;
  for (int i = 0; i < failures; ++i) {
    Run run = run_of({});
    run.failure = Failure{static_cast<FailureKind>(i), "message", "advice", i};
    const Json error = json_of(run)["error"];
    CHECK(error["message"] == "message");
    CHECK(error["advice"] == "advice");
    CHECK(error["http_status"] == (i == 0 ? Json() : Json(i)));
    words.insert(error["kind"].get<std::string>());
  }
  CHECK(words.size() == failures);
  CHECK_FALSE(words.contains(""));

  words.clear();
  constexpr int statuses = static_cast<int>(OutcomeStatus::cancelled) + 1;
  constexpr int kinds = static_cast<int>(ActionKind::prune_build_cache) + 1;
  constexpr int residues = static_cast<int>(ResidueKind::build_cache) + 1;
  for (int i = 0; i < statuses; ++i) {
    words.insert(json_of(run_with(
        {{.action = prune(), .status = static_cast<OutcomeStatus>(i)}}))["actions"][0]["status"]);
  }
  for (int i = 0; i < kinds; ++i) {
    words.insert(json_of(
        run_with({{.action = {.kind = static_cast<ActionKind>(i)}}}))["actions"][0]["action"]);
  }
  for (int i = 0; i < residues; ++i) {
    Run run = run_with({}, Verdict::residue);
    run.verification->residue = {{.kind = static_cast<ResidueKind>(i)}};
    words.insert("residue " + json_of(run)["residue"][0]["kind"].get<std::string>());
  }
  CHECK(words.size() == statuses + kinds + residues);
  CHECK_FALSE(words.contains(""));
  CHECK_FALSE(words.contains("residue "));
}

TEST_CASE("texts that are no UTF-8 or have quotes and line ends leave the JSON valid") {
  Run run = run_with({}, Verdict::residue);
  run.verification->residue = {{.object = "a\"\\\n\x01\xff\xc3"
                                          "b"}};
  CHECK(json_of(run)["residue"][0]["object"] ==
        "a\"\\\n\x01\xef\xbf\xbd\xef\xbf\xbd"
        "b");
}
