#include "clear/wait.hpp"

#include <algorithm>
#include <chrono>

#include "base/cancellation.hpp"
#include "base/progress.hpp"
#include "docker/engine.hpp"

namespace cac {

namespace {

constexpr std::chrono::milliseconds first_pause{250};
constexpr std::chrono::milliseconds longest_pause{8000};

}  // namespace

void wait_for_builds(Engine& engine, Interruption& interruption, Progress& progress) {
  const Progress::Activity activity(progress, "waiting for the running builds to end");
  for (auto pause = first_pause;; pause = std::min(pause * 3 / 2, longest_pause)) {
    const auto records = engine.build_cache();
    if (!records || std::none_of(records->begin(), records->end(),
                                 [](const CacheRecord& record) { return record.in_use; })) {
      return;
    }
    interruption.sleep_for(pause);
  }
}

}  // namespace cac
