#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/cancellation.hpp"

using cac::Interrupted;
using cac::Interruption;
using cac::TimedOut;
using std::chrono::hours;
using std::chrono::milliseconds;
using Clock = Interruption::Clock;

namespace {

// A pipe that stands in for the one that signal handlers write to.
class SignalPipe {
 public:
  SignalPipe() { REQUIRE(pipe(ends_) == 0); }
  ~SignalPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  int fd() const { return ends_[0]; }
  void send(int signal) const {
    const auto byte = static_cast<unsigned char>(signal);
    REQUIRE(write(ends_[1], &byte, 1) == 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

int signal_of_check(Interruption& interruption) {
  try {
    interruption.check();
  } catch (const Interrupted& interrupted) {
    return interrupted.signal;
  }
  return 0;
}

}  // namespace

TEST_CASE("without a reason to stop a check and a short sleep come back") {
  const SignalPipe signals;
  Interruption interruption(signals.fd(), Clock::now() + hours(1));
  interruption.check();
  interruption.sleep_for(milliseconds(1));
  interruption.check();
}

TEST_CASE("each signal received is reported once, with its number") {
  const SignalPipe signals;
  Interruption interruption(signals.fd(), Clock::now() + hours(1));
  signals.send(SIGTERM);
  signals.send(SIGINT);
  CHECK(signal_of_check(interruption) == SIGTERM);
  CHECK(signal_of_check(interruption) == SIGINT);
  CHECK(signal_of_check(interruption) == 0);
}

TEST_CASE("a passed deadline ends a check and a sleep of an hour") {
  Interruption interruption(-1, Clock::now() + milliseconds(1));
  CHECK_THROWS_AS(interruption.sleep_for(hours(1)), TimedOut);
  CHECK_THROWS_AS(interruption.check(), TimedOut);
  CHECK_THROWS_AS(interruption.sleep_for(hours(1)), TimedOut);
}

TEST_CASE("a signal received is reported although the deadline has passed") {
  const SignalPipe signals;
  Interruption interruption(signals.fd(), Clock::now() - hours(1));
  signals.send(SIGHUP);
  CHECK(signal_of_check(interruption) == SIGHUP);
  CHECK_THROWS_AS(interruption.check(), TimedOut);
}

TEST_CASE("a signal ends a sleep of an hour") {
  const SignalPipe signals;
  Interruption interruption(signals.fd(), Clock::now() + hours(2));
  std::thread sender([&] { signals.send(SIGINT); });
  CHECK_THROWS_AS(interruption.sleep_for(hours(1)), Interrupted);
  sender.join();
}

TEST_CASE("a wait for max_wait ends past the deadline") {
  for (int i = 0; i < 1000; ++i) {
    const auto deadline = Clock::now() + hours(1);
    const Interruption interruption(-1, deadline);
    CHECK(Clock::now() + interruption.max_wait() >= deadline);
  }
  CHECK(Interruption(-1, Clock::now() - hours(1)).max_wait() == milliseconds(0));
}

TEST_CASE("the tick is called during a wait, and shortens it") {
  const SignalPipe signals;
  Interruption interruption(signals.fd(), Clock::now() + hours(2));
  int ticks = 0;
  interruption.on_tick(
      [&] {
        if (++ticks == 3) signals.send(SIGINT);
      },
      milliseconds(1));
  CHECK(interruption.max_wait() == milliseconds(1));
  CHECK_THROWS_AS(interruption.sleep_for(hours(1)), Interrupted);
  CHECK(ticks == 3);
}
