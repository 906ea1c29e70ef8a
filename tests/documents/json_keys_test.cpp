// The keys and words of --json are those that the man page documents, no more and no fewer.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "json_keys.hpp"

#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "report.hpp"
#include "run.hpp"
#include "words.hpp"

namespace cac {

namespace {

using nlohmann::json;
using Types = std::map<std::string, std::set<std::string>>;  // by path

std::string type_of(const json& value) {
  if (value.is_number_integer()) return "integer";
  if (!value.is_array() || value.empty() || !value.front().is_string()) return value.type_name();
  return "array of strings";
}

// Each object's keys, with the types that their values have.
void collect(const json& object, const std::string& prefix, Types& types) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix + key;
    types[path].insert(type_of(value));
    if (value.is_array()) {
      for (const json& element : value) {
        if (element.is_object()) collect(element, path + "[].", types);
      }
    } else if (value.is_object() && path != "actions[].error") {
      // An action's error has the keys of the run's, which are documented once.
      collect(value, path == "actions[].error" ? "error." : path + ".", types);
    }
  }
}

json report_of(const Run& run) { return json::parse(json_report(run)); }

Run clearing() {
  Run run;
  run.options.project = "watchparty";
  run.engine = EngineIdentity{"Docker", "28.5.2", {1, 51}, "unix:///var/run/docker.sock"};
  run.inventory.emplace();
  run.plan.emplace();
  run.plan->warnings = {"a warning"};
  run.plan->notes = {"a note"};
  Action removal{.kind = ActionKind::remove_image, .object = "watchparty-backend:latest"};
  removal.image_id = "sha256:1";
  removal.keep_as = "watchparty-backend:old";
  run.plan->actions = {removal, {.kind = ActionKind::prune_build_cache, .object = "build cache"}};
  run.outcomes = {{.action = removal, .status = OutcomeStatus::failed},
                  {.action = run.plan->actions[1]}};
  run.outcomes[0].failure = Failure{FailureKind::refused, "what", "advice", 500};
  run.verification.emplace();
  run.verification->verdict = Verdict::residue;
  run.verification->residue = {
      {.kind = ResidueKind::image, .object = "watchparty-backend:latest", .id = "sha256:1"},
      {.kind = ResidueKind::build_cache, .object = "step", .id = "x", .record_type = "regular"},
      {.kind = ResidueKind::artefact, .object = "/srv/app/frontend/.next"}};
  run.verification->kept = {{.id = "y", .type = "exec.cachemount", .description = "mount"}};
  return run;
}

Run failed(FailureKind kind) {
  Run run;
  run.failure = Failure{kind, "what", "advice"};
  return run;
}

Run dry_run() {
  Run run = clearing();
  run.options.dry_run = true;
  run.outcomes.clear();
  run.verification.reset();
  return run;
}

Run pruning() {
  Run run = clearing();
  run.options.mode = Mode::prune_only;
  run.verification.reset();
  run.inventory->records_known = true;
  run.reading.emplace();
  return run;
}

Run pruning_of_an_unknown_cache() {
  Run run = pruning();
  run.inventory->records_known = false;
  return run;
}

Run dry_pruning() {
  Run run = pruning();
  run.options.dry_run = true;
  run.reading.reset();
  return run;
}

Run clean() {
  Run run = clearing();
  run.plan.emplace();
  run.outcomes.clear();
  run.verification.emplace();
  run.verification->verdict = Verdict::clean;
  return run;
}

// The words that the enumerators give, from the first to the last that has one.
template <typename Enum, typename WordOf>
std::set<std::string> words_of(WordOf word_of) {
  std::set<std::string> words;
  for (int i = 0;; ++i) {
    const std::string word = word_of(static_cast<Enum>(i));
    if (word.empty()) return words;
    words.insert(word);
  }
}

std::set<std::string> documented_words(std::string_view path) {
  std::set<std::string> words;
  for (const JsonKey& key : json_keys) {
    if (key.path != path) continue;
    for (const std::string_view word : Words(key.words)) words.emplace(word);
  }
  return words;
}

}  // namespace

TEST_CASE("every key of every kind of run is documented, with its type and in its order") {
  Types written;
  for (const Run& run : {clearing(), failed(FailureKind::usage), dry_run(), pruning(),
                         dry_pruning(), pruning_of_an_unknown_cache(), clean()}) {
    collect(report_of(run), "", written);
  }
  Types documented;
  for (const JsonKey& key : json_keys) {
    std::string_view type = key.type;
    auto& types = documented[std::string(key.path)];
    constexpr std::string_view nullable = " or null";
    if (type.ends_with(nullable)) {
      types.insert("null");
      type.remove_suffix(nullable.size());
    }
    types.emplace(type);
    // A list may be empty, and then tells nothing of its elements.
    if (type == "array of strings") types.insert("array");
  }
  CHECK(documented == written);

  std::vector<std::string> top_documented;
  for (const JsonKey& key : json_keys) {
    if (key.path.find('.') == std::string_view::npos) top_documented.emplace_back(key.path);
  }
  std::vector<std::string> top_written;
  const auto ordered = nlohmann::ordered_json::parse(json_report(clearing()));
  for (const auto& [key, value] : ordered.items()) top_written.push_back(key);
  CHECK(top_documented == top_written);
}

TEST_CASE("an action's error has the keys of the run's") {
  const json report = report_of(clearing());
  CHECK(report["actions"][0]["error"] == report["error"]);
}

TEST_CASE("every word is documented, and every documented word is written") {
  CHECK(documented_words("mode") == words_of<Mode>([](Mode mode) {
          Run run = failed(FailureKind::lost);
          run.options.project = "watchparty";
          run.options.mode = mode;
          return report_of(run)["mode"].get<std::string>();
        }));
  CHECK(documented_words("target") == words_of<Target>([](Target target) {
          Run run = failed(FailureKind::lost);
          run.options.project = "watchparty";
          run.options.target = target;
          return report_of(run)["target"].get<std::string>();
        }));
  CHECK(documented_words("verdict") == words_of<Verdict>([](Verdict verdict) {
          Run run = clearing();
          run.verification->verdict = verdict;
          return report_of(run)["verdict"].get<std::string>();
        }));
  CHECK(documented_words("error.kind") == words_of<FailureKind>([](FailureKind kind) {
          return report_of(failed(kind))["error"]["kind"].get<std::string>();
        }));
  CHECK(documented_words("residue[].kind") == words_of<ResidueKind>([](ResidueKind kind) {
          Run run = clearing();
          run.verification->residue = {{.kind = kind}};
          return report_of(run)["residue"][0]["kind"].get<std::string>();
        }));
  CHECK(documented_words("kept[].kind") ==
        std::set<std::string>{report_of(clearing())["kept"][0]["kind"].get<std::string>()});
  CHECK(documented_words("actions[].action") == words_of<ActionKind>([](ActionKind kind) {
          Run run = dry_run();
          run.plan->actions = {{.kind = kind}};
          return report_of(run)["actions"][0]["action"].get<std::string>();
        }));

  auto statuses = words_of<OutcomeStatus>([](OutcomeStatus status) {
    Run run = clearing();
    run.outcomes = {{.status = status}};
    return report_of(run)["actions"][0]["status"].get<std::string>();
  });
  statuses.insert(report_of(dry_run())["actions"][0]["status"].get<std::string>());
  Run unfinished = clearing();
  unfinished.outcomes.clear();
  statuses.insert(report_of(unfinished)["actions"][0]["status"].get<std::string>());
  CHECK(documented_words("actions[].status") == statuses);
}

}  // namespace cac
