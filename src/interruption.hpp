// What ends a run before its work is done: a signal, or the deadline of --timeout.
// Whoever waits asks here, so that both end every wait at once. Knows nothing of HTTP or engines.
#pragma once

#include <chrono>

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

  // Throws Interrupted or TimedOut when it is time to stop.
  void check();

  // Waits, and throws like check() as soon as there is a reason to.
  void sleep_for(std::chrono::milliseconds duration);

  // To poll along with other descriptors: readable means that check() will throw.
  int signal_fd() const { return signal_fd_; }

  // Until the deadline; never negative, and rounded up so that waiting for it ends after it.
  std::chrono::milliseconds time_left() const;

 private:
  int signal_fd_;
  Clock::time_point deadline_;
};

}  // namespace cac
