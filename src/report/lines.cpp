#include "report/lines.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "clear/cache_mounts.hpp"
#include "report/pruning.hpp"
#include "report/recorded.hpp"
#include "report/sentences.hpp"

namespace cac {

namespace {

bool is_removal(const Action& action) {
  return action.kind == ActionKind::remove_image || action.kind == ActionKind::remove_artifact ||
         action.kind == ActionKind::remove_local_cache;
}

bool is_dangling(const Action& action) { return action.kind == ActionKind::prune_dangling_images; }

// "34 records, 812 MB"
std::string describe_amount(const Action& action, std::size_t count, Bytes size) {
  if (action.kind == ActionKind::remove_image) return "up to " + to_string(size);
  if (is_removal(action)) return to_string(size);
  return fmt::format("{}, {}{}", count_noun(count, is_dangling(action) ? "image" : "record"),
                     is_dangling(action) && count > 0 ? "up to " : "", to_string(size));
}

std::string append_effect(std::string reason, const std::string& effect) {
  if (effect.empty()) return reason;
  return reason.empty() ? effect : fmt::format("{}; {}", reason, effect);
}

Line make_planned_line(const RunResult& result, const Action& action) {
  if (!result.is_dry_run()) {
    return {LineStatus::warning, "not done", name_object(action), "", "the run ended before"};
  }
  return {LineStatus::planned, is_removal(action) ? "remove" : "prune", name_object(action),
          action.count ? describe_amount(action, *action.count, action.size) : "",
          append_effect(explain(action), describe_effect(result, action))};
}

Line make_done_line(const RunResult& result, const Outcome& outcome, const RemovedImages& removed) {
  const Action& action = outcome.action;
  const std::string effect = describe_effect(result, outcome, removed);
  if (!is_removal(action)) {
    // The verification lists what stays all the same.
    const bool is_verified = result.verification && !result.verification->failure;
    return {LineStatus::done, "pruned", name_object(action),
            describe_amount(action, outcome.count,
                            is_dangling(action) ? outcome.size : outcome.reclaimed),
            append_effect(explain(action), is_verified ? "" : effect)};
  }
  if (!removed.stays(outcome)) {
    return {LineStatus::done, "removed", action.object, describe_amount(action, 1, action.size),
            append_effect(name_services(action.services), name_other_services(action))};
  }
  const std::string stays = effect.empty() ? "the image stays: something else holds it" : effect;
  const std::string services = name_services(action.services);
  return {LineStatus::done, "untagged", action.object, to_string(action.size),
          append_effect(services, stays)};
}

Line make_line(const RunResult& result, const Outcome& outcome, const RemovedImages& removed) {
  const std::string object = name_object(outcome.action);
  switch (outcome.status) {
    case OutcomeStatus::done:
      return make_done_line(result, outcome, removed);
    case OutcomeStatus::absent:
      return {LineStatus::done, "absent", object, "", "already removed"};
    case OutcomeStatus::retagged:
      if (outcome.deleted_instead.empty()) {
        return {LineStatus::warning, "left", object, "",
                "it was given to another image during the run"};
      }
      return {LineStatus::warning, "removed", object, "",
              fmt::format("it was given to image {} during the run, which was deleted",
                          outcome.deleted_instead.substr(0, 19))};
    case OutcomeStatus::failed:
      return {LineStatus::failed, "failed", object};  // a message says why
    case OutcomeStatus::cancelled:
      return {LineStatus::warning, "interrupted", object, "",
              is_removal(outcome.action)    ? "it may be removed already"
              : is_dangling(outcome.action) ? "some may be removed already"
                                            : "the engine will finish this on its own"};
  }
  return {};
}

void add_outcomes(const RunResult& result, std::vector<Line>& lines) {
  std::set<std::string_view> left;
  if (result.verification) {
    for (const Residue& residue : result.verification->residue) left.insert(residue.object);
  }
  const RemovedImages removed(result.outcomes);
  std::vector<Line> all;
  for (const Outcome& outcome : result.outcomes) {
    // Its residue says so as well.
    if (outcome.status == OutcomeStatus::retagged && left.contains(outcome.action.object)) continue;
    all.push_back(make_line(result, outcome, removed));
  }
  for (auto line = all.begin(), next = line; line != all.end(); line = next) {
    // A prune may be repeated, with the same result.
    next = std::find_if(line, all.end(), [&](const Line& other) { return other != *line; });
    const auto times = next - line;
    lines.push_back(*line);
    if (times > 1 && !line->reason.empty())
      lines.back().reason += fmt::format(" ({} times)", times);
  }
}

// Adds residue one by one where that helps to find who holds it; JSON has all of it one by one.
void add_residue(const Verification& verification, std::vector<Line>& lines) {
  constexpr std::size_t max_records = 10;
  std::size_t records = 0;
  std::map<std::string, std::pair<std::size_t, Bytes>> sums;  // by reason
  // Running steps first: they show who holds the cache.
  auto residues = verification.residue;
  std::stable_partition(residues.begin(), residues.end(),
                        [](const Residue& residue) { return residue.is_running; });
  for (const Residue& residue : residues) {
    const bool is_record = residue.kind == ResidueKind::build_cache;
    if (is_record && (residue.reason != Reason::running_build || ++records > max_records)) {
      auto& [count, size] = sums[explain(residue)];
      ++count;
      size += residue.size;
      continue;
    }
    const bool is_elsewhere =
        residue.kind == ResidueKind::external || residue.reason == Reason::classic_builder;
    lines.push_back({LineStatus::failed, "left", residue.object,
                     is_elsewhere ? "" : to_string(residue.size), explain(residue), is_record});
  }
  for (const auto& [reason, sum] : sums) {
    lines.push_back({LineStatus::failed, "left", count_noun(sum.first, "build cache record"),
                     to_string(sum.second), reason});
  }
  for (const CacheRecord& record : verification.kept) {
    lines.push_back({LineStatus::kept, "kept", name_record(record), to_string(record.size),
                     is_cache_mount(record) ? "a cache mount" : "a cache mount's directory", true});
  }
}

// What the verdict does not cover, each kind once, or "".
std::string describe_uncovered(const std::vector<Caveat>& caveats) {
  std::vector<std::string_view> kinds;
  bool has_note = false;
  const auto add = [&](CaveatKind kind, std::string_view words) {
    const auto found = std::ranges::find(caveats, kind, &Caveat::kind);
    if (found == caveats.end()) return;
    kinds.push_back(words);
    has_note = has_note || !is_warning(kind);
  };
  add(CaveatKind::registry_copy, "copies in a registry");
  add(CaveatKind::other_tag, "other tags");
  add(CaveatKind::local_cache, "directories elsewhere");
  add(CaveatKind::external, "caches outside this engine");
  add(CaveatKind::builder, "buildx builders");
  add(CaveatKind::classic_builder, "the classic builder");
  if (kinds.empty()) return "";
  return fmt::format("; not covered, see the {}: {}", has_note ? "notes" : "warnings",
                     fmt::join(kinds, ", "));
}

std::string describe_verdict(const RunResult& result, const ClearRequest& request) {
  const Verification& verification = *result.verification;
  const std::string application = name_application(request.application);
  const std::size_t left = verification.residue.size();
  switch (verification.verdict) {
    case Verdict::clean:
      return fmt::format(
          "no cache sources of {} are left; the next BuildKit build{} on this engine starts from "
          "scratch{}.",
          application, request.application.is_all() ? "" : " of it alone",
          describe_uncovered(result.caveats));
    case Verdict::residue:
      return fmt::format("{} of {} {} left; the next build can reuse {}.",
                         count_noun(left, "cache source"), application, left == 1 ? "is" : "are",
                         left == 1 ? "it" : "them");
    case Verdict::unknown:
      return fmt::format("could not determine whether cache sources of {} are left.", application);
  }
  return "";
}

// What leads builds to the engine's own builder, which has the context's name.
std::string name_way_back(const RunResult& result, const BuildxBuilder& builder) {
  const std::string& context = result.engine->context;
  const std::string own = context.empty() ? "default" : context;
  // What it may name instead depends on how Compose builds.
  if (builder.named_by == "BUILDX_BUILDER") return "unset BUILDX_BUILDER";
  if (!builder.named_by.empty()) return "a build without " + builder.named_by;
  if (builder.by_address && !context.empty()) {
    return fmt::format("docker --host {} buildx use default", result.endpoint->text());
  }
  const EngineChoice choice{.host = result.engine_choice.host,
                            .context = context.empty() ? std::nullopt : std::optional(context)};
  return fmt::format("docker{} buildx use {}", name_engine_options(choice), own);
}

std::string advise(const RunResult& result, const ClearRequest& request,
                   const std::vector<Residue>& residue) {
  const BuildxBuilder builder = request.builder.value_or(BuildxBuilder{});
  const auto has = [&](Reason reason) {
    return std::ranges::find(residue, reason, &Residue::reason) != residue.end();
  };
  if (has(Reason::running_build)) {
    return " Run again when the running build has ended. If none is running, an interrupted build "
           "or prune has left them in use: restart the engine.";
  }
  if (has(Reason::builder_stopped)) {
    return fmt::format(" Start the builder (docker buildx inspect --bootstrap {}), then run again.",
                       builder.name);
  }
  if (has(Reason::unverified)) {
    return fmt::format(" Clear it with docker buildx prune --builder {} --all.", builder.name);
  }
  if (has(Reason::builder_unknown)) return " Mend what keeps docker buildx inspect from saying it.";
  if (has(Reason::builder_in_use)) {
    const bool is_here = std::ranges::any_of(
        residue, [](const Residue& left) { return left.object.starts_with(builder_prefix); });
    return fmt::format(
        " {}; {} leads builds back to the engine's own.",
        is_here ? "--all-builders clears the builders that run on this engine"
        : builder.is_known
            ? fmt::format("docker buildx prune --builder {} --all clears it where it runs",
                          builder.name)
            : "buildx does not know this builder here, perhaps it does for the user who builds",
        name_way_back(result, builder));
  }
  if (has(Reason::classic_builder)) {
    return " Build with docker buildx and DOCKER_BUILDKIT=1, in the environment of this command as "
           "well.";
  }
  if (has(Reason::external) || has(Reason::other_project) || has(Reason::not_a_cache)) {
    return fmt::format(
        "{} A build can do without what cannot be cleared from here: build with "
        "--no-cache, or take the entry out of cache_from.{}",
        has(Reason::not_a_cache) ? " If builds run in another directory, run this there." : "",
        has(Reason::external) ? " --allow-external accepts caches outside this engine." : "");
  }
  if (has(Reason::kept_cache_mount)) {
    return " Without --keep-cache-mounts, the records under the mounts are pruned as well.";
  }
  const bool is_of_engine = std::ranges::any_of(residue, [](const Residue& left) {
    return left.kind == ResidueKind::image || left.kind == ResidueKind::build_cache;
  });
  if (!is_of_engine || request.verify_only) return "";
  return " Check what is building or tagging images on this engine, then run again.";
}

}  // namespace

std::string describe_cost(const RunResult& result) {
  return fmt::format(" {} reclaimed in {}.", to_string(total_reclaimed(result)),
                     to_string(result.took));
}

std::vector<Line> make_lines(const RunResult& result) {
  if (result.build_run) return make_build_lines(*result.build_run);
  std::vector<Line> lines;
  add_outcomes(result, lines);
  if (result.plan) {
    for (std::size_t i = result.outcomes.size(); i < result.plan->size(); ++i) {
      lines.push_back(make_planned_line(result, (*result.plan)[i]));
    }
  }
  if (result.verification) add_residue(*result.verification, lines);
  for (const Caveat& caveat : result.caveats) {
    if (is_warning(caveat.kind)) continue;  // a message says it
    lines.push_back({LineStatus::kept, "note", explain(caveat)});
  }
  for (const std::string& note : list_notes(result)) {
    lines.push_back({LineStatus::kept, "note", note});
  }
  return lines;
}

std::string make_heading(const RunResult& result) {
  const bool dry = result.is_dry_run();
  std::string what = dry ? "Would prune the build cache" : "Pruning the build cache";
  if (const ClearRequest* const request = result.clear_request()) {
    const auto* const verb = dry ? "Would clear" : request->verify_only ? "Verifying" : "Clearing";
    what = fmt::format("{} the caches of {}", verb, name_application(request->application));
  }
  const EngineIdentity& engine = *result.engine;
  return fmt::format(
      "{} on {} {} (API {}, {}{})", what, engine.name, engine.version, to_string(engine.api),
      engine.context.empty() ? "" : fmt::format("context {}, ", engine.context), engine.address);
}

std::optional<Summary> make_summary(const RunResult& result) {
  if (result.build_run) return make_build_summary(*result.build_run);
  const ClearRequest* const request = result.clear_request();
  if (result.prune_request() != nullptr) return make_pruning_summary(result);
  if (request == nullptr || !result.verification) return std::nullopt;
  const Verdict verdict = result.verification->verdict;
  const LineStatus status = verdict == Verdict::clean     ? LineStatus::done
                            : verdict == Verdict::residue ? LineStatus::failed
                                                          : LineStatus::warning;
  return Summary{status, std::string(to_string(verdict)),
                 describe_verdict(result, *request) +
                     (request->verify_only ? "" : describe_cost(result)) +
                     advise(result, *request, result.verification->residue)};
}

}  // namespace cac
