#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/report.hpp"
#include "version.hpp"

namespace cac {

namespace {

using Json = nlohmann::ordered_json;

// Keys and words are a contract: they are only ever added to.
constexpr int schema = 1;

std::string_view word_for(FailureKind kind) {
  switch (kind) {
    case FailureKind::usage:
      return "usage";
    case FailureKind::unreachable:
      return "unreachable";
    case FailureKind::denied:
      return "denied";
    case FailureKind::not_docker:
      return "not-docker";
    case FailureKind::version:
      return "version";
    case FailureKind::refused:
      return "refused";
    case FailureKind::malformed:
      return "malformed";
    case FailureKind::lost:
      return "lost";
    case FailureKind::backup_lost:
      return "backup-lost";
    case FailureKind::filesystem:
      return "filesystem";
    case FailureKind::timeout:
      return "timeout";
    case FailureKind::interrupted:
      return "interrupted";
    case FailureKind::internal:
      return "internal";
  }
  return "";
}

std::string_view word_for(ActionKind kind) {
  switch (kind) {
    case ActionKind::remove_artifact:
      return "remove-artifact";
    case ActionKind::remove_image:
      return "remove-image";
    case ActionKind::prune_dangling_images:
      return "prune-dangling-images";
    case ActionKind::prune_build_cache:
      return "prune-build-cache";
  }
  return "";
}

std::string_view word_for(OutcomeStatus status) {
  switch (status) {
    case OutcomeStatus::done:
      return "done";
    case OutcomeStatus::absent:
      return "absent";
    case OutcomeStatus::retagged:
      return "retagged";
    case OutcomeStatus::failed:
      return "failed";
    case OutcomeStatus::cancelled:
      return "cancelled";
  }
  return "";
}

std::string_view word_for(Mode mode) {
  switch (mode) {
    case Mode::clear:
      return "clear";
    case Mode::verify_only:
      return "verify-only";
    case Mode::prune_only:
      return "prune-only";
  }
  return "";
}

std::string_view word_for(ResidueKind kind) {
  switch (kind) {
    case ResidueKind::artifact:
      return "artifact";
    case ResidueKind::image:
      return "image";
    case ResidueKind::build_cache:
      return "build-cache";
  }
  return "";
}

Json json_of(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  return {{"kind", word_for(failure->kind)},
          {"message", failure->message},
          {"advice", failure->advice},
          {"http_status", failure->http_status == 0 ? Json() : Json(failure->http_status)}};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json json_of(const Action& action, std::string_view status) {
  return {{"action", word_for(action.kind)},
          {"object", action.object},
          {"image_id", text_or_null(action.image_id)},
          {"keep_as", text_or_null(action.keep_as)},
          {"status", status},
          {"planned_count", action.count},
          {"planned_bytes", action.size.count},
          {"reason", action.reason},
          {"effect", action.effect}};
}

Json json_of(const Outcome& outcome) {
  Json json = json_of(outcome.action, word_for(outcome.status));
  json["count"] = outcome.count;
  json["reclaimed_bytes"] = outcome.reclaimed.count;
  json["image_stays"] = outcome.image_stays;
  json["error"] = json_of(outcome.failure);
  return json;
}

Json actions_of(const Run& run) {
  Json actions = Json::array();
  for (const Outcome& outcome : run.outcomes) actions.push_back(json_of(outcome));
  if (!run.plan) return actions;
  const std::string_view status = run.options.dry_run ? "planned" : "not-reached";
  for (std::size_t i = run.outcomes.size(); i < run.plan->actions.size(); ++i) {
    actions.push_back(json_of(run.plan->actions[i], status));
  }
  return actions;
}

Json residue_of(const Run& run) {
  Json list = Json::array();
  if (!run.verification) return list;
  for (const Residue& residue : run.verification->residue) {
    list.push_back({{"kind", word_for(residue.kind)},
                    {"object", residue.object},
                    {"id", text_or_null(residue.id)},
                    {"type", text_or_null(residue.record_type)},
                    {"bytes", residue.size.count},
                    {"held", residue.held},
                    {"reason", residue.reason}});
  }
  return list;
}

Json kept_of(const Run& run) {
  Json list = Json::array();
  if (!run.verification) return list;
  for (const CacheRecord& record : run.verification->kept) {
    list.push_back({{"kind", "build-cache"},
                    {"object", name_of(record)},
                    {"id", record.id},
                    {"type", record.type},
                    {"bytes", record.size.count}});
  }
  return list;
}

// The build cache as --prune-only found and left it.
Json cache_of(const Run& run) {
  if (run.options.mode != Mode::prune_only || !run.inventory) return nullptr;
  Json json{{"records_before", nullptr},
            {"bytes_before", nullptr},
            {"records_after", nullptr},
            {"bytes_after", nullptr}};
  if (run.inventory->records_known) {
    json["records_before"] = run.inventory->records.size();
    json["bytes_before"] = size_of(run.inventory->records).count;
  }
  if (run.reading) {
    json["records_after"] = run.reading->records.size();
    json["bytes_after"] = run.reading->size.count;
  }
  return json;
}

Json engine_of(const Run& run) {
  if (!run.engine) return nullptr;
  return {{"name", run.engine->name},
          {"version", run.engine->version},
          {"api", text_of(run.engine->api)},
          {"address", run.engine->address}};
}

}  // namespace

std::string json_report(const Run& run) {
  // A command line that makes no sense names no target.
  const bool understood = !run.failure || run.failure->kind != FailureKind::usage;
  const bool has_target = understood && run.options.mode != Mode::prune_only;
  const auto verdict = verdict_of(run);
  auto warnings = warnings_of(run);
  for (const Failure& failure : other_failures(run)) warnings.push_back(failure.message);
  const Json report{{"schema", schema},
                    {"version", version},
                    {"mode", understood ? Json(word_for(run.options.mode)) : Json()},
                    {"dry_run", understood ? Json(run.options.dry_run) : Json()},
                    {"project", understood ? Json(run.options.project) : Json()},
                    {"target", has_target ? Json(text_of(run.options.target)) : Json()},
                    {"engine", engine_of(run)},
                    {"actions", actions_of(run)},
                    {"residue", residue_of(run)},
                    {"cache", cache_of(run)},
                    {"kept", kept_of(run)},
                    {"warnings", warnings},
                    {"notes", notes_of(run)},
                    {"verdict", verdict ? Json(text_of(*verdict)) : Json()},
                    {"reclaimed_bytes", reclaimed_by(run).count},
                    {"duration_ms", run.took.count()},
                    {"exit_status", exit_code(run)},
                    {"error", json_of(first_failure(run))}};
  // What an engine says need not be UTF-8; the line must be.
  return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cac
