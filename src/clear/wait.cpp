#include "clear/wait.hpp"

#include <algorithm>
#include <chrono>

#include "base/cancellation.hpp"
#include "base/progress.hpp"
#include "clear/state.hpp"
#include "docker/engine.hpp"

namespace cac {

namespace {

constexpr std::chrono::milliseconds min_pause{250};
constexpr std::chrono::milliseconds max_pause{8000};

}  // namespace

void wait_for_builds(Engine& engine, Interruption& interruption, Progress& progress) {
  const Progress::Activity activity(progress, "waiting for the running builds to end");
  for (auto pause = min_pause;; pause = std::min(pause * 3 / 2, max_pause)) {
    const auto records = read_state(engine, progress, {.records = true}).records;
    if (!records || std::none_of(records->begin(), records->end(),
                                 [](const CacheRecord& record) { return record.in_use; })) {
      return;
    }
    interruption.sleep_for(pause);
  }
}

}  // namespace cac
