#include "docker/connection_keeper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

namespace cac {

namespace {

// For an engine that never answers, and for a request that may not even have been sent.
constexpr int max_wait_for_answer_ms = 3'600'000;
constexpr int max_wait_unsent_ms = 60'000;

constexpr char answer_is_expected = '?';
constexpr char answer_is_complete = '.';

// Closes every descriptor from standard error on, also on kernels older than 5.9.
void close_other_descriptors() {
  if (close_range(STDERR_FILENO, ~0U, 0) == 0) return;
  constexpr rlim_t max_descriptors = 65'536;
  rlimit limit{};
  const rlim_t end = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : max_descriptors;
  for (rlim_t fd = STDERR_FILENO; fd < std::min(end, max_descriptors); ++fd) {
    close(static_cast<int>(fd));
  }
}

// Runs after a fork, so nothing here may allocate. Both descriptors are above standard error.
[[noreturn]] void keep_open(int socket, int messages) {
  // Every signal but SIGKILL and SIGSTOP is blocked, and stays so.
  setsid();
  [[maybe_unused]] const int moved = chdir("/");  // keeps no file system busy
  // Nobody who waits for the end of a stream or a lock of the caller's may wait for this process.
  // The two descriptors it keeps replace standard input and output, which takes no new ones.
  if (dup2(socket, STDIN_FILENO) < 0 || dup2(messages, STDOUT_FILENO) < 0) _exit(1);
  close_other_descriptors();
  int max_wait_ms = max_wait_unsent_ms;
  for (char message = 0; read(STDOUT_FILENO, &message, 1) == 1;) {
    if (message == answer_is_complete) _exit(0);
    max_wait_ms = max_wait_for_answer_ms;
  }
  pollfd answer{STDIN_FILENO, POLLIN, 0};
  poll(&answer, 1, max_wait_ms);
  _exit(0);
}

// The processes that were left to keep a connection.
std::vector<pid_t> left_behind;

}  // namespace

int ConnectionKeeper::start(int socket) {
  int ends[2];
  if (socket <= STDERR_FILENO) return EBADF;
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  pipe_ = ends[1];
  int error = EBADF;
  if (std::min(ends[0], ends[1]) > STDERR_FILENO) {
    // No signal may reach the new process, which inherits the mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    process_ = fork();
    error = process_ < 0 ? errno : 0;
    if (process_ == 0) {
      close(pipe_);
      keep_open(socket, ends[0]);
    }
    sigprocmask(SIG_SETMASK, &before, nullptr);
  }
  close(ends[0]);
  return error;
}

ConnectionKeeper::~ConnectionKeeper() {
  if (pipe_ >= 0) close(pipe_);
  if (process_ > 0) left_behind.push_back(process_);
}

void ConnectionKeeper::notify(char message) const {
  if (error_ != 0) return;
  [[maybe_unused]] const auto written = write(pipe_, &message, 1);
}

void ConnectionKeeper::expect_answer() {
  if (!std::exchange(expects_answer_, true)) notify(answer_is_expected);
}

void ConnectionKeeper::dismiss() {
  notify(answer_is_complete);
  // It ends at once, unless somebody has stopped it.
  for (int i = 0; i < 100 && process_ > 0 && waitpid(process_, nullptr, WNOHANG) == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  process_ = -1;
}

void ConnectionKeeper::take_over() const {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere < 0) return;
  dup3(nowhere, socket_, O_CLOEXEC);
  close(nowhere);
}

void ConnectionKeeper::outlast_all() {
  for (const pid_t process : left_behind) {
    while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

}  // namespace cac
