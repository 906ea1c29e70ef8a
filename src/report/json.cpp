#include <nlohmann/json.hpp>

#include "clear/cache_mounts.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"
#include "version.hpp"

namespace cac {

using Json = nlohmann::ordered_json;

static Json null_if_empty(const std::string& text) { return text.empty() ? Json() : Json(text); }

template <typename T>
static Json to_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// nlohmann finds these in the namespace of the argument, also for a vector. It does not look into
// an unnamed one.
static void to_json(Json& json, const Failure& failure) {
  json = {{"kind", to_string(failure.kind)},
          {"message", failure.message},
          {"advice", failure.advice},
          {"http_status", failure.http_status == 0 ? Json() : Json(failure.http_status)}};
}

static void to_json(Json& json, const EngineIdentity& engine) {
  json = {{"name", engine.name},
          {"version", engine.version},
          {"api", to_string(engine.api)},
          {"address", engine.address},
          {"context", null_if_empty(engine.context)}};
}

static void to_json(Json& json, const Residue& residue) {
  json = {{"kind", to_string(residue.kind)},
          {"object", residue.object},
          {"id", null_if_empty(residue.id)},
          {"type", null_if_empty(residue.record_type)},  // of a build cache record
          {"bytes", residue.size.count},
          {"held", residue.reason == Reason::running_build},
          {"reason", to_string(residue.reason)},
          {"services", residue.services},
          {"explanation", explain(residue)}};
}

static void to_json(Json& json, const CacheRecord& record) {
  json = {{"kind", to_string(ResidueKind::build_cache)},
          {"object", name_record(record)},
          {"id", record.id},
          {"type", record.type},
          {"bytes", record.size.count}};
}

static void to_json(Json& json, const RecordedBuild& build) {
  json = {{"target", build.name},
          {"id", build.record.id},
          {"started", null_if_empty(build.record.started)},
          {"steps", build.record.steps},
          {"cached_steps", build.record.cached_steps},
          {"imports", build.imports}};
}

static void to_json(Json& json, const Caveat& caveat) {
  json = {{"kind", to_string(caveat.kind)},
          {"object", caveat.object},
          {"tags", caveat.tags},
          {"explanation", explain(caveat)}};
}

static Json to_json(const Action& action, std::string_view status, const std::string& effect) {
  return {{"action", to_string(action.kind)},
          {"object", name_object(action)},
          {"image_id", null_if_empty(action.image_id)},
          {"keep_as", null_if_empty(action.keep_as)},
          {"status", status},
          {"planned_count", to_json(action.count)},
          {"planned_bytes", action.count ? Json(action.size.count) : Json()},
          {"reason", to_string(action.reason)},
          {"services", action.services},
          {"explanation", explain(action)},
          {"effect", effect}};
}

static Json list_actions(const RunResult& result) {
  Json actions = Json::array();
  const RemovedImages removed(result.outcomes);
  for (const Outcome& outcome : result.outcomes) {
    Json& json = actions.emplace_back(to_json(outcome.action, to_string(outcome.status),
                                              describe_effect(result, outcome, removed)));
    json["count"] = outcome.count;
    json["reclaimed_bytes"] = outcome.reclaimed.count;
    json["shared_bytes"] = outcome.shared.count;
    json["repeats"] = outcome.repeats;
    json["image_stays"] = removed.stays(outcome);
    json["error"] = to_json(outcome.failure);
  }
  if (!result.plan) return actions;
  const std::string_view status = result.is_dry_run() ? "planned" : "not-reached";
  for (std::size_t i = result.outcomes.size(); i < result.plan->size(); ++i) {
    const Action& action = (*result.plan)[i];
    actions.push_back(to_json(action, status, describe_effect(result, action)));
  }
  return actions;
}

// By convention "backend", "frontend" or "all"; else what the build command builds.
static std::vector<std::string> list_targets(const Application& application) {
  if (application.builds) return application.builds->targets;
  return application.is_all() ? std::vector<std::string>{"all"} : application.targets;
}

// The build cache before and after --prune-only.
static Json compare_cache(const RunResult& result) {
  if (result.prune_request() == nullptr || !result.state) return nullptr;
  const auto& before = result.state->records;
  const auto& after = result.pruning;
  const PruneRequest& limits = *result.prune_request();
  const auto is_met = [&](const auto& limit, const auto& excess) {
    return limit && after ? Json(!excess) : Json();
  };
  return {{"records_before", before ? Json(before->size()) : Json()},
          {"bytes_before", before ? Json(total_size(*before).count) : Json()},
          {"records_after", after ? Json(after->count) : Json()},
          {"bytes_after", after ? Json(after->size.count) : Json()},
          {"shared_bytes_after", after ? Json(after->shared.count) : Json()},
          {"older_than_met", after ? is_met(limits.older_than, after->too_old) : Json()},
          {"keep_storage_met", after ? is_met(limits.keep_storage, after->too_large) : Json()},
          {"min_free_space_met",
           after && after->free_space == FreeSpace::enough ? Json(true) : Json()}};
}

std::string json_report(const RunResult& result) {
  const ClearRequest* const request = result.clear_request();
  // A build command that was not understood leaves it without a name.
  const bool has_application =
      request != nullptr && (request->application.builds || !request->application.project.empty());
  const auto verdict = final_verdict(result);
  const auto expectation = expect(result);
  const Verification verification = result.verification.value_or(Verification{});
  std::vector<std::string> warnings;
  for (const Message& message : list_messages(result)) {
    if (!message.is_error) warnings.push_back(message.text);
  }
  const auto* const mode = request == nullptr     ? "prune-only"
                           : request->verify_only ? "verify-only"
                                                  : "clear";
  const Json report{
      {"schema", 1},  // keys and words are a contract: they are only ever added to
      {"version", version},
      {"mode", result.request ? Json(mode) : Json()},
      {"dry_run", result.request ? Json(result.is_dry_run()) : Json()},
      {"project", request != nullptr ? null_if_empty(request->application.project) : Json()},
      {"targets", has_application ? Json(list_targets(request->application)) : Json()},
      {"build_command", result.build_command.empty() ? Json() : Json(result.build_command)},
      {"engine", to_json(result.engine)},
      {"actions", list_actions(result)},
      {"residue", verification.residue},
      {"cache", compare_cache(result)},
      {"kept", verification.kept},
      {"caveats", result.caveats},
      {"warnings", warnings},
      {"notes", list_notes(result)},
      {"verdict", verdict ? Json(to_string(*verdict)) : Json()},
      {"reclaimed_bytes", total_reclaimed(result).count},
      {"duration_ms", result.took.count()},
      {"exit_status", exit_code(result)},
      {"error", to_json(first_failure(result))},
      {"last_builds", result.last_builds ? Json(result.last_builds->builds) : Json()},
      {"expected_exit_status", expectation ? Json(expectation->status) : Json()}};
  // An engine's texts need not be UTF-8; the line must be.
  return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cac
