#include "report/pruning.hpp"

#include <fmt/ranges.h>

#include "report/sentences.hpp"

namespace cac {

namespace {

// What keeps the records outside a limit, with how much of them.
std::string explain(const Excess& excess) {
  std::vector<std::string> parts;
  const auto add = [&](Bytes size, std::string_view why) {
    if (size.count > 0) parts.push_back(fmt::format("{} {}", to_string(size), why));
  };
  add(excess.in_use, "in use");
  add(excess.kept, "in cache mounts, which are kept");
  add(excess.held, "left by the engine: newer records hold them, or it stopped short of the limit");
  return parts.empty() ? "records without a size" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string describe_in_use(const PruneSummary& pruning) {
  return fmt::format("{} ({}) {} in use by {}", count_noun(pruning.in_use_count, "record"),
                     to_string(pruning.in_use), pruning.in_use_count == 1 ? "is" : "are",
                     pruning.runs_build
                         ? "a running build"
                         : "a build, or left by a prune that was cut off: restart the engine");
}

}  // namespace

std::string describe_repetition(const Outcome& outcome) {
  std::vector<std::string> parts;
  if (outcome.repeats > 0) parts.push_back(count_noun(outcome.repeats + 1, "prune"));
  if (outcome.shared.count > 0) {
    parts.push_back(
        fmt::format("{} more were deleted, but images share them", to_string(outcome.shared)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

void add_pruning_notes(const RunResult& result, std::vector<std::string>& notes) {
  const PruneSummary& pruning = *result.pruning;
  if (pruning.in_use_count > 0) notes.push_back(describe_in_use(pruning));
  if (pruning.too_old) {
    notes.push_back(fmt::format(
        "{} older than the limit {} left: {}", count_noun(pruning.too_old->count, "record"),
        pruning.too_old->count == 1 ? "is" : "are", explain(*pruning.too_old)));
  }
  if (pruning.too_large) {
    notes.push_back(
        fmt::format("the build cache is {} over its limit, without what images share: {}",
                    to_string(pruning.too_large->over), explain(*pruning.too_large)));
  }
  const std::string space = to_string(result.prune_request()->min_free_space.value_or(Bytes{}));
  switch (pruning.free_space) {
    case FreeSpace::not_limited:
      break;
    case FreeSpace::enough:
      notes.push_back(fmt::format(
          "{} are free, as the engine measures it: it left records that it could have deleted",
          space));
      break;
    case FreeSpace::nothing_left:
      notes.push_back(
          fmt::format("it is not known whether {} are free: no record is left that "
                      "could be deleted, and the engine does not report free space",
                      space));
      break;
    case FreeSpace::unknown:
      notes.push_back(
          fmt::format("it is not known whether {} are free: the last prune failed, or "
                      "still deleted something",
                      space));
  }
}

std::optional<Summary> make_pruning_summary(const RunResult& result) {
  if (!result.state) return std::nullopt;
  const auto& before = result.state->records;
  const std::string amount = before ? fmt::format("{} in {}", to_string(total_size(*before)),
                                                  count_noun(before->size(), "record"))
                                    : "an unknown amount";
  if (result.is_dry_run()) {
    return Summary{LineStatus::done, "planned",
                   fmt::format("the build cache takes {} today. The engine decides how much it "
                               "removes.",
                               amount)};
  }
  if (!result.pruning) {
    return Summary{LineStatus::warning, "unknown",
                   "could not determine what is left of the build cache." + describe_cost(result)};
  }
  const PruneSummary& after = *result.pruning;
  const std::string shared =
      after.shared.count > 0
          ? fmt::format(", of which {} are shared with images", to_string(after.shared))
          : "";
  const bool failed = first_failure(result).has_value();
  return Summary{failed ? LineStatus::failed : LineStatus::done, failed ? "failed" : "pruned",
                 fmt::format("{} before, {} in {} after{}.{}", amount, to_string(after.size),
                             count_noun(after.count, "record"), shared, describe_cost(result))};
}

}  // namespace cac
