#include "clear/prune.hpp"

#include <fmt/format.h>

#include "clear/cache_mounts.hpp"
#include "clear/state.hpp"

namespace cac {

namespace {

// Why records may stay although they are outside a bound, with how much of them.
struct Reasons {
  Bytes in_use = {};
  Bytes shared = {};
  Bytes spared = {};
  Bytes held = {};

  // Sharing is no reason to be too old: a prune with all=1 takes shared records, too.
  void add(const CacheRecord& record, const CacheMounts& mounts, bool counts_shared) {
    const bool is_spared = mounts.spare(record) || !mounts.holder_of(record).empty();
    Bytes& reason = record.in_use                    ? in_use
                    : is_spared                      ? spared
                    : record.shared && counts_shared ? shared
                                                     : held;
    reason += record.size;
  }
  std::string text() const {
    std::string text;
    const auto tell = [&](Bytes size, std::string_view why) {
      if (size.count == 0) return;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", text_of(size), why);
    };
    tell(in_use, "in use by a running build");
    tell(shared, "shared with images");
    tell(spared, "in cache mounts, which are spared");
    tell(held, "left by the engine: newer records hold them, or it stopped short of the bound");
    return text.empty() ? "records without a size" : text;
  }
};

}  // namespace

CacheReading reading_of(std::vector<CacheRecord> records, const Options& options,
                        std::chrono::system_clock::time_point now) {
  CacheReading reading{.records = std::move(records)};
  reading.size = size_of(reading.records);
  const CacheMounts mounts(reading.records, options);
  if (options.older_than) {
    Reasons reasons;
    std::size_t count = 0;
    for (const CacheRecord& record : reading.records) {
      if (!record.last_used || now - *record.last_used <= *options.older_than) continue;
      ++count;
      reasons.add(record, mounts, false);
    }
    if (count > 0) {
      reading.notes.push_back(fmt::format("{} record{} older than the bound {} left: {}", count,
                                          count == 1 ? "" : "s", count == 1 ? "is" : "are",
                                          reasons.text()));
    }
  }
  if (options.keep_storage && reading.size > *options.keep_storage) {
    Reasons reasons;
    for (const CacheRecord& record : reading.records) reasons.add(record, mounts, true);
    reading.notes.push_back(fmt::format(
        "the build cache is {} over its bound (an engine does not count what images share, and may "
        "stop a little above): {}",
        text_of(Bytes{reading.size.count - options.keep_storage->count}), reasons.text()));
  }
  return reading;
}

}  // namespace cac
