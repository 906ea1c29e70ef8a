#include "base/cancellation.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace cac {

Interruption::Interruption(int signal_fd, Clock::time_point deadline)
    : signal_fd_(signal_fd), deadline_(deadline) {}

void Interruption::on_tick(std::function<void()> tick, std::chrono::milliseconds interval) {
  tick_ = std::move(tick);
  tick_interval_ = interval;
}

void Interruption::check() { sleep_for(std::chrono::milliseconds(0)); }

void Interruption::sleep_for(std::chrono::milliseconds duration) {
  const auto until = Clock::now() + duration;
  for (;;) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    const auto wait = std::clamp(rest, std::chrono::milliseconds(0), max_wait());
    pollfd poll_fd{signal_fd_, POLLIN, 0};
    if (poll(&poll_fd, 1, static_cast<int>(wait.count())) == 1) {
      unsigned char signal = 0;
      if (read(signal_fd_, &signal, 1) == 1) throw Interrupted{signal};
    }
    if (time_left().count() == 0) throw TimedOut{};
    if (tick_ && tick_interval_.count() > 0) tick_();
    if (Clock::now() >= until) return;
  }
}

std::chrono::milliseconds Interruption::max_wait() const {
  return tick_interval_.count() > 0 ? std::min(time_left(), tick_interval_) : time_left();
}

std::chrono::milliseconds Interruption::time_left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
  // poll() takes an int.
  return std::clamp(left, std::chrono::milliseconds(0), std::chrono::milliseconds(1 << 30));
}

}  // namespace cac
