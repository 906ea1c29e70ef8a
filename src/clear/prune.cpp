#include "clear/prune.hpp"

#include "clear/cache_mounts.hpp"
#include "clear/state.hpp"

namespace cac {

namespace {

void add(Excess& excess, const CacheRecord& record, const CacheMounts& mounts, bool counts_shared) {
  ++excess.count;
  const bool is_kept = mounts.keeps(record) || !mounts.blocking_mount(record).empty();
  Bytes& part = record.in_use                    ? excess.in_use
                : is_kept                        ? excess.kept
                : record.shared && counts_shared ? excess.shared
                                                 : excess.held;
  part += record.size;
}

}  // namespace

PruneSummary summarize_pruning(const PruneRequest& request, const std::vector<CacheRecord>& records,
                               std::chrono::system_clock::time_point now) {
  PruneSummary summary{.count = records.size(), .size = total_size(records)};
  const CacheMounts mounts(records, request.keep_cache_mounts);
  if (request.older_than) {
    Excess excess;
    for (const CacheRecord& record : records) {
      if (!record.last_used || now - *record.last_used <= *request.older_than) continue;
      // A prune with all=1 takes shared records as well: to be shared does not explain it.
      add(excess, record, mounts, false);
    }
    if (excess.count > 0) summary.too_old = excess;
  }
  if (request.keep_storage && summary.size > *request.keep_storage) {
    Excess& excess = summary.too_large.emplace();
    excess.over = {summary.size.count - request.keep_storage->count};
    for (const CacheRecord& record : records) add(excess, record, mounts, true);
  }
  return summary;
}

}  // namespace cac
