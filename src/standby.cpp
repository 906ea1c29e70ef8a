#include "standby.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <utility>

namespace cac {

namespace {

// For an engine that never answers, and for a request that may not even be out.
constexpr int longest_stay_ms = 3'600'000;
constexpr int longest_doubt_ms = 60'000;

constexpr char answer_is_expected = '?';
constexpr char answer_is_there = '.';

// After a fork, so nothing here may allocate.
[[noreturn]] void stay(int socket, int words) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  setsid();  // the terminal's signals are for others
  // Whoever waits for the end of a stream or a lock of ours must not wait for this process: nothing
  // stays open but the two, at the places of standard input and output.
  const int line = fcntl(socket, F_DUPFD, STDERR_FILENO + 1);
  words = fcntl(words, F_DUPFD, STDERR_FILENO + 1);
  dup2(line, STDIN_FILENO);
  dup2(words, STDOUT_FILENO);
  close_range(STDERR_FILENO, ~0U, 0);
  int longest_wait = longest_doubt_ms;
  for (char word = 0; read(STDOUT_FILENO, &word, 1) == 1;) {
    if (word == answer_is_there) _exit(0);
    longest_wait = longest_stay_ms;
  }
  pollfd answer{STDIN_FILENO, POLLIN, 0};
  poll(&answer, 1, longest_wait);
  _exit(0);
}

}  // namespace

Standby::Standby(int socket) {
  int ends[2];
  if (socket < 0 || pipe2(ends, O_CLOEXEC) != 0) return;
  std::signal(SIGCHLD, SIG_IGN);
  const pid_t process = fork();
  if (process == 0) {
    close(ends[1]);
    stay(socket, ends[0]);
  }
  close(ends[0]);
  if (process > 0) {
    words_ = ends[1];
  } else {
    close(ends[1]);
  }
}

Standby::~Standby() {
  if (words_ >= 0) close(words_);
}

void Standby::say(char word) const {
  if (words_ < 0) return;
  [[maybe_unused]] const auto written = write(words_, &word, 1);
}

void Standby::expect_answer() {
  if (!std::exchange(expects_answer_, true)) say(answer_is_expected);
}

void Standby::dismiss() { say(answer_is_there); }

}  // namespace cac
