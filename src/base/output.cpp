#include "base/output.hpp"

#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

namespace cac {

namespace {

constexpr int interval_ms = 100;

// While it lives, no write() blocks for longer than the interval. poll() cannot promise that: a
// terminal that takes one byte more is writable, and a write of two blocks. O_NONBLOCK could, but
// it would be set for every process that has the terminal open.
class Interrupter {
 public:
  Interrupter() {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // and no SA_RESTART: it is there to interrupt
    sigaction(SIGALRM, &action, nullptr);
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm, nullptr);  // whoever started this may have blocked it
    constexpr timeval interval{.tv_sec = 0, .tv_usec = suseconds_t{interval_ms} * 1000};
    set(interval);
  }
  ~Interrupter() { set({}); }
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

 private:
  static void set(const timeval& interval) {
    const itimerval timer{interval, interval};
    setitimer(ITIMER_REAL, &timer, nullptr);
  }
};

}  // namespace

bool OutputLimit::reached() {
  const bool now = Clock::now() >= deadline || (signal != nullptr && *signal != 0);
  exceeded = exceeded || now;
  return now;
}

OutputBuffer::int_type OutputBuffer::overflow(int_type c) {
  if (c != traits_type::eof()) text_ += traits_type::to_char_type(c);
  return traits_type::not_eof(c);
}

std::streamsize OutputBuffer::xsputn(const char* text, std::streamsize size) {
  text_.append(text, static_cast<std::size_t>(size));
  return size;
}

int OutputBuffer::sync() {
  const std::string text = std::exchange(text_, {});
  if (text.empty()) return 0;
  const Interrupter interrupter;
  for (std::string_view rest = text;;) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
      if (rest.empty()) return 0;
    } else if (errno == EAGAIN) {
      // Another process made it non-blocking.
      pollfd stream{descriptor_, POLLOUT, 0};
      poll(&stream, 1, interval_ms);
    } else if (errno != EINTR) {
      return -1;
    }
    if (limit_.reached()) return -1;
  }
}

}  // namespace cac
