// Ends a run before its work is done: on a signal, or at the deadline of --timeout. Every wait goes
// through here, so that both end it at once, and the progress line can tick meanwhile. Knows
// nothing of HTTP or engines.
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

  // signal_fd: yields the number of each signal received, as a byte; -1: none.
  Interruption(int signal_fd, Clock::time_point deadline);

  // Calls tick about once per interval during every wait.
  void on_tick(std::function<void()> tick, std::chrono::milliseconds interval);

  // Throws Interrupted or TimedOut if the run must stop. Call it in every turn of a wait.
  void check();

  // Waits, and throws like check() as soon as the run must stop.
  void sleep_for(std::chrono::milliseconds duration);

  // For polling along with other descriptors: check() throws once it is readable.
  int signal_fd() const { return signal_fd_; }

  // Returns the time until the deadline or the next tick: the longest wait before the next check().
  // Never negative, and rounded up so that the wait does not end before it.
  std::chrono::milliseconds max_wait() const;

 private:
  std::chrono::milliseconds time_left() const;

  int signal_fd_;
  Clock::time_point deadline_;
  std::function<void()> tick_;
  std::chrono::milliseconds tick_interval_{};
};

}  // namespace cac
