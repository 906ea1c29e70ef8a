#include "docker/connection_keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace cac {

namespace {

// For an engine that never answers, and for a request that may not even be out.
constexpr int max_stay_ms = 3'600'000;
constexpr int max_doubt_ms = 60'000;

constexpr char answer_is_expected = '?';
constexpr char answer_is_there = '.';

// Closes every descriptor from standard error on, on kernels older than 5.9, too.
void close_the_rest() {
  if (close_range(STDERR_FILENO, ~0U, 0) == 0) return;
  constexpr rlim_t max_descriptors = 65'536;
  rlimit limit{};
  const rlim_t end = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : max_descriptors;
  for (rlim_t fd = STDERR_FILENO; fd < std::min(end, max_descriptors); ++fd) {
    close(static_cast<int>(fd));
  }
}

// Runs after a fork, so nothing here may allocate. Both descriptors are above standard error.
[[noreturn]] void stay(int socket, int words) {
  // Every signal but SIGKILL and SIGSTOP is blocked, and stays so.
  setsid();
  [[maybe_unused]] const int moved = chdir("/");  // keeps no file system busy
  // Nobody who waits for the end of a stream or a lock of the caller's may wait for this process:
  // it keeps two descriptors, in the places of standard input and output, which takes no new ones.
  if (dup2(socket, STDIN_FILENO) < 0 || dup2(words, STDOUT_FILENO) < 0) _exit(1);
  close_the_rest();
  int max_wait_ms = max_doubt_ms;
  for (char word = 0; read(STDOUT_FILENO, &word, 1) == 1;) {
    if (word == answer_is_there) _exit(0);
    max_wait_ms = max_stay_ms;
  }
  pollfd answer{STDIN_FILENO, POLLIN, 0};
  poll(&answer, 1, max_wait_ms);
  _exit(0);
}

}  // namespace

Standby::Standby(int socket) {
  int ends[2];
  if (socket <= STDERR_FILENO) {
    error_ = EBADF;
    return;
  }
  if (pipe2(ends, O_CLOEXEC) != 0) {
    error_ = errno;
    return;
  }
  if (ends[0] <= STDERR_FILENO || ends[1] <= STDERR_FILENO) {
    close(ends[0]);
    close(ends[1]);
    error_ = EBADF;
    return;
  }
  std::signal(SIGCHLD, SIG_IGN);
  // No signal may reach the new process before it ignores them.
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const pid_t process = fork();
  if (process == 0) {
    close(ends[1]);
    stay(socket, ends[0]);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  const int fork_error = errno;
  close(ends[0]);
  if (process > 0) {
    words_ = ends[1];
  } else {
    close(ends[1]);
    error_ = fork_error;
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
