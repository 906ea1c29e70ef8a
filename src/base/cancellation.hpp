// What ends a run before its work is done: a signal, or the deadline of --timeout.
// Whoever waits asks here, so that both end every wait at once, and so that whoever shows the time
// gets to do so. Knows nothing of HTTP or engines.
#pragma once

#include <chrono>
#include <functional>

namespace cac {

// Thrown, not derived from std::exception: only the pipeline's one catch may swallow it.
struct Interrupted {
  int signal;
};
struct TimedOut {};

class Interruption {
 public:
  using Clock = std::chrono::steady_clock;

  // signal_fd: each byte that can be read from it is the number of a signal that came in; -1: none.
  Interruption(int signal_fd, Clock::time_point deadline);

  // Has this called about that often during every wait.
  void on_tick(std::function<void()> tick, std::chrono::milliseconds interval);

  // Throws Interrupted or TimedOut when it is time to stop. To be called in every turn of a wait.
  void check();

  // Waits, and throws like check() as soon as there is a reason to.
  void sleep_for(std::chrono::milliseconds duration);

  // To poll along with other descriptors: readable means that check() will throw.
  int signal_fd() const { return signal_fd_; }

  // How long to wait at most before the next check(): until the deadline or the next tick. Never
  // negative, and rounded up so that waiting for it ends after it.
  std::chrono::milliseconds longest_wait() const;

 private:
  std::chrono::milliseconds time_left() const;

  int signal_fd_;
  Clock::time_point deadline_;
  std::function<void()> tick_;
  std::chrono::milliseconds tick_interval_{};
};

}  // namespace cac
