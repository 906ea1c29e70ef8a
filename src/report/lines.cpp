#include "report/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace cac {

namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

std::string counted(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// "34 records, 812 MB"
std::string amount(const Action& action, std::size_t count, Bytes size) {
  if (action.kind == ActionKind::remove_artifact) return text_of(size);
  if (action.kind == ActionKind::remove_image) return "up to " + text_of(size);
  const auto* const what = action.kind == ActionKind::prune_build_cache ? "record" : "image";
  return counted(count, what) + ", " + text_of(size);
}

bool is_removal(const Action& action) {
  return action.kind == ActionKind::remove_image || action.kind == ActionKind::remove_artifact;
}

Line line_for(const Action& action, Mark mark) {
  const auto* const verb = is_removal(action) ? "remove" : "prune";
  return {mark, verb, action.object, amount(action, action.count, action.size),
          joined({action.reason, action.effect})};
}

// verified: what stays all the same is listed with the verification.
Line line_for(const Outcome& outcome, bool verified) {
  const Action& action = outcome.action;
  switch (outcome.status) {
    case OutcomeStatus::done:
      if (!is_removal(action)) {
        return {Mark::done, "pruned", action.object,
                amount(action, outcome.count, outcome.reclaimed),
                joined({action.reason, verified ? "" : action.effect})};
      }
      if (!outcome.image_stays) {
        return {Mark::done, "removed", action.object, amount(action, 1, action.size)};
      }
      return {Mark::done, "untagged", action.object, text_of(action.size),
              action.effect.empty() ? "the image stays: something else holds it" : action.effect};
    case OutcomeStatus::absent:
      return {Mark::done, "absent", action.object, "", "already removed"};
    case OutcomeStatus::retagged:
      if (!outcome.deleted_instead.empty()) {
        return {Mark::warning, "removed", action.object, "",
                fmt::format("it was given to image {} during the run, which was deleted",
                            outcome.deleted_instead.substr(0, 19))};
      }
      return {Mark::warning, "left", action.object, "",
              "it was given to another image during the run"};
    case OutcomeStatus::failed:
      return {Mark::failed, "failed", action.object};  // why is an error's or a warning's message
    case OutcomeStatus::cancelled:
      return {
          Mark::warning, "interrupted", action.object, "",
          is_removal(action) ? "it may be gone already" : "the engine will finish this on its own"};
  }
  return {};
}

// What is left, one by one where that helps to find who holds it; in JSON it is all one by one.
void add_lines(std::vector<Line>& lines, const Verification& verification) {
  constexpr std::size_t most_records = 10;
  std::size_t records = 0;
  std::map<std::string, std::pair<std::size_t, Bytes>> summed;  // by reason
  // What runs says most.
  auto residues = verification.residue;
  std::stable_partition(residues.begin(), residues.end(), [](const Residue& residue) {
    return residue.object.starts_with("mount / from exec");
  });
  for (const Residue& residue : residues) {
    const bool is_record = residue.kind == ResidueKind::build_cache;
    if (is_record && (!residue.held || ++records > most_records)) {
      auto& [count, size] = summed[residue.reason];
      ++count;
      size += residue.size;
      continue;
    }
    lines.push_back(
        {Mark::failed, "left", residue.object, text_of(residue.size), residue.reason, is_record});
  }
  for (const auto& [reason, sum] : summed) {
    lines.push_back({Mark::failed, "left", counted(sum.first, "build cache record"),
                     text_of(sum.second), reason});
  }
  for (const CacheRecord& record : verification.kept) {
    lines.push_back(
        {Mark::kept, "kept", name_of(record), text_of(record.size),
         record.type == "exec.cachemount" ? "a cache mount" : "a cache mount's directory", true});
  }
}

bool is_same(const Line& one, const Line& other) {
  return std::tie(one.verb, one.object, one.size, one.reason) ==
         std::tie(other.verb, other.object, other.size, other.reason);
}

std::string subject_of(const Run& run) {
  return run.options.target == Target::all
             ? run.options.project
             : fmt::format("{}-{}", run.options.project, text_of(run.options.target));
}

std::string finding_of(const Run& run) {
  const Verification& verification = *run.verification;
  const std::string subject = subject_of(run);
  const std::size_t left = verification.residue.size();
  switch (verification.verdict) {
    case Verdict::clean:
      return fmt::format(
          "no cache sources of {} are left; the next build starts from scratch{}.", subject,
          run.plan && run.plan->has_caches_elsewhere ? ", but for what the notes say" : "");
    case Verdict::residue:
      return fmt::format("{} of {} {} left; the next build can reuse {}.",
                         counted(left, "cache source"), subject, left == 1 ? "is" : "are",
                         left == 1 ? "it" : "them");
    case Verdict::unknown:
      return fmt::format("could not determine whether cache sources of {} are left.", subject);
  }
  return "";
}

std::string cost_of(const Run& run) {
  return fmt::format(" {} reclaimed in {}.", text_of(reclaimed_by(run)), text_of(run.took));
}

std::optional<Closing> closing_of_pruning(const Run& run) {
  if (!run.inventory) return std::nullopt;
  const auto& before = run.inventory->records;
  const std::string amount_before =
      run.inventory->records_known
          ? fmt::format("{} in {}", text_of(size_of(before)), counted(before.size(), "record"))
          : "an unknown amount";
  if (run.options.dry_run) {
    return Closing{Mark::done, "planned",
                   fmt::format("the build cache takes {} today. How much of it goes is up to the "
                               "engine.",
                               amount_before)};
  }
  if (!run.reading) {
    return Closing{Mark::warning, "unknown",
                   "could not determine what is left of the build cache." + cost_of(run)};
  }
  const bool failed = first_failure(run).has_value();
  return Closing{
      failed ? Mark::failed : Mark::done, failed ? "failed" : "pruned",
      fmt::format("{} before, {} in {} after.{}", amount_before, text_of(run.reading->size),
                  counted(run.reading->records.size(), "record"), cost_of(run))};
}

Mark mark_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::clean:
      return Mark::done;
    case Verdict::residue:
      return Mark::failed;
    case Verdict::unknown:
      return Mark::warning;
  }
  return Mark::warning;
}

}  // namespace

std::vector<Line> lines_of(const Run& run) {
  std::vector<Line> lines;
  const bool verified = run.verification && !run.verification->failure;
  std::set<std::string_view> left;
  if (run.verification) {
    for (const Residue& residue : run.verification->residue) left.insert(residue.object);
  }
  for (const Outcome& outcome : run.outcomes) {
    // Its residue says so, too.
    if (outcome.status == OutcomeStatus::retagged && left.contains(outcome.action.object)) continue;
    Line line = line_for(outcome, verified);
    // A prune that is repeated, with the same result.
    if (!lines.empty() && is_same(line, lines.back())) {
      ++lines.back().times;
    } else {
      lines.push_back(std::move(line));
    }
  }
  for (Line& line : lines) {
    if (line.times > 1 && !line.reason.empty())
      line.reason += fmt::format(" ({} times)", line.times);
  }
  if (run.plan) {
    for (std::size_t i = run.outcomes.size(); i < run.plan->actions.size(); ++i) {
      Line line = line_for(run.plan->actions[i], Mark::planned);
      if (!run.options.dry_run) {
        line = {Mark::warning, "not done", line.object, "", "the run ended before"};
      }
      lines.push_back(std::move(line));
    }
  }
  if (run.verification) add_lines(lines, *run.verification);
  for (const std::string& note : notes_of(run)) lines.push_back({Mark::kept, "note", note});
  return lines;
}

std::string heading_of(const Run& run) {
  const std::string what = [&] {
    const bool dry = run.options.dry_run;
    switch (run.options.mode) {
      case Mode::clear:
        return (dry ? "Would clear the caches of " : "Clearing the caches of ") + subject_of(run);
      case Mode::verify_only:
        return "Verifying the caches of " + subject_of(run);
      case Mode::prune_only:
        return std::string(dry ? "Would prune the build cache" : "Pruning the build cache");
    }
    return std::string();
  }();
  return fmt::format("{} on {} {} (API {}, {})", what, run.engine->name, run.engine->version,
                     text_of(run.engine->api), run.engine->address);
}

std::optional<Closing> closing_of(const Run& run) {
  if (run.options.mode == Mode::prune_only) return closing_of_pruning(run);
  if (!run.verification) return std::nullopt;
  Closing closing{mark_of(run.verification->verdict),
                  std::string(text_of(run.verification->verdict)), finding_of(run)};
  if (run.options.mode == Mode::clear) closing.sentences += cost_of(run);
  const auto& residue = run.verification->residue;
  if (std::any_of(residue.begin(), residue.end(), [](const Residue& left) { return left.held; })) {
    closing.sentences +=
        " Run again when the running build has ended. If none is running, an interrupted build or "
        "prune has left them in use: restart the engine.";
  } else if (std::any_of(residue.begin(), residue.end(),
                         [](const Residue& left) { return left.held_by_cache_mount; })) {
    closing.sentences += " Without --keep-cache-mounts what the mounts are built on goes, too.";
  } else if (!residue.empty() && run.options.mode == Mode::clear) {
    closing.sentences +=
        " Check what is building or tagging images on this engine, then run again.";
  }
  return closing;
}

}  // namespace cac
