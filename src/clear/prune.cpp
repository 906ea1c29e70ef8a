#include "clear/prune.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "clear/cache_mounts.hpp"
#include "clear/state.hpp"

namespace cac {

namespace {

bool is_prunable(const CacheRecord& record, const CacheMounts& mounts) {
  return !record.in_use && !mounts.keeps(record) && mounts.blocking_mount(record).empty();
}

bool is_older(const CacheRecord& record, std::chrono::seconds age,
              std::chrono::system_clock::time_point start) {
  return record.last_used && start - *record.last_used > age;
}

void add(Excess& excess, const CacheRecord& record, const CacheMounts& mounts) {
  ++excess.count;
  Bytes& part = record.in_use                 ? excess.in_use
                : is_prunable(record, mounts) ? excess.held
                                              : excess.kept;
  part += record.size;
}

FreeSpace find_free_space(const std::vector<Outcome>& outcomes,
                          const std::vector<CacheRecord>& records, const CacheMounts& mounts) {
  const bool can_prune =
      std::any_of(records.begin(), records.end(),
                  [&](const CacheRecord& record) { return is_prunable(record, mounts); });
  for (const Outcome& outcome : outcomes) {
    if (outcome.action.reason != Reason::min_free_space) continue;
    if (outcome.status != OutcomeStatus::done) return FreeSpace::unknown;
    if (!can_prune) return FreeSpace::nothing_left;
    return outcome.deleted.empty() ? FreeSpace::enough : FreeSpace::unknown;
  }
  return FreeSpace::not_limited;
}

}  // namespace

std::optional<Failure> find_unsupported_limit(const PruneRequest& request,
                                              const EngineIdentity& engine) {
  if (!request.min_free_space || engine.api.prunes_for_free_space()) return std::nullopt;
  return Failure{FailureKind::unsupported_version,
                 fmt::format("--min-free-space needs API 1.48 (Docker 28) or newer, and {} {} is "
                             "spoken to in {}: nothing was changed",
                             engine.name, engine.version, to_string(engine.api)),
                 "Use --keep-storage, or update the engine; if DOCKER_API_VERSION is set, unset "
                 "it."};
}

Bytes unshared_size(const std::vector<CacheRecord>& records) {
  Bytes sum;
  for (const CacheRecord& record : records) {
    if (!record.shared) sum += record.size;
  }
  return sum;
}

Bytes set_apart_shared(Outcome& outcome, const std::vector<CacheRecord>& records) {
  const std::unordered_set<std::string_view> deleted(outcome.deleted.begin(),
                                                     outcome.deleted.end());
  Bytes shared;
  for (const CacheRecord& record : records) {
    if (record.shared && deleted.contains(record.id)) shared += record.size;
  }
  shared = std::min(shared, outcome.reclaimed);
  outcome.reclaimed.count -= shared.count;
  outcome.shared += shared;
  return shared;
}

PruneRepetition::PruneRepetition(const PruneRequest& request, const Action& action,
                                 std::chrono::system_clock::time_point start)
    : limits_(action.prunes.front()),
      keep_cache_mounts_(request.keep_cache_mounts),
      start_(start) {}

bool PruneRepetition::should_repeat(const std::vector<CacheRecord>& records, Bytes shared) {
  // A prune that freed all that it counted should have been enough: a few more make sure of that.
  // More could go too far where a file system takes its time to free space.
  constexpr int max_repeats_after_freeing = 3;
  constexpr int max_repeats = 100;
  if (repeats_ == max_repeats) return false;
  if (shared.count == 0 && repeats_after_freeing_ == max_repeats_after_freeing) return false;
  // Only the engine knows how much is free, so a prune that deletes nothing is the proof.
  const bool is_too_large = limits_.min_free_space.has_value() || !limits_.keep_storage ||
                            unshared_size(records) > *limits_.keep_storage;
  const CacheMounts mounts(records, keep_cache_mounts_);
  const bool repeats =
      is_too_large && std::any_of(records.begin(), records.end(), [&](const CacheRecord& record) {
        return is_prunable(record, mounts) &&
               (!limits_.older_than || is_older(record, *limits_.older_than, start_));
      });
  if (!repeats) return false;
  ++repeats_;
  if (shared.count == 0) ++repeats_after_freeing_;
  return true;
}

PruneSummary summarize_pruning(const PruneRequest& request, const std::vector<Outcome>& outcomes,
                               const std::vector<CacheRecord>& records,
                               std::chrono::system_clock::time_point start) {
  PruneSummary summary{.count = records.size(), .size = total_size(records)};
  const Bytes counted = unshared_size(records);
  summary.shared = {summary.size.count - counted.count};
  const CacheMounts mounts(records, request.keep_cache_mounts);
  Excess too_old;
  Excess too_large{.over = {counted.count - request.keep_storage.value_or(Bytes{}).count}};
  for (const CacheRecord& record : records) {
    if (record.in_use) {
      ++summary.in_use_count;
      summary.in_use += record.size;
      // What a prune that was cut off leaves in use was released before by the build that made it.
      summary.runs_build = summary.runs_build || !record.was_released;
    }
    if (request.older_than && is_older(record, *request.older_than, start)) {
      add(too_old, record, mounts);
    }
    if (!record.shared) add(too_large, record, mounts);
  }
  if (too_old.count > 0) summary.too_old = too_old;
  if (request.keep_storage && too_large.over.count > 0) summary.too_large = too_large;
  summary.free_space = find_free_space(outcomes, records, mounts);
  return summary;
}

}  // namespace cac
