#include "clear/wait.hpp"

#include <algorithm>
#include <chrono>

#include "base/cancellation.hpp"
#include "base/progress.hpp"
#include "clear/state.hpp"
#include "docker/engine.hpp"

namespace cac {

void wait_for_builds(Engine& engine, Interruption& interruption, Progress& progress) {
  const Progress::Activity activity(progress, "waiting for the running builds to end");
  constexpr std::chrono::milliseconds max_pause{8000};
  for (std::chrono::milliseconds pause{250};; pause = std::min(pause * 3 / 2, max_pause)) {
    const auto records = read_state(engine, progress, {.records = true}).records;
    if (!records || std::ranges::none_of(*records, &CacheRecord::in_use)) return;
    interruption.sleep_for(pause);
  }
}

}  // namespace cac
