#include "docker/connection_keeper.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using cac::ConnectionKeeper;

namespace {

// A connection of which the test holds both ends.
class Line {
 public:
  Line() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_) == 0); }
  ~Line() {
    hang_up();
    close(ends_[1]);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  int ours() const { return ends_[0]; }
  void hang_up() {
    if (ends_[0] >= 0) close(ends_[0]);
    ends_[0] = -1;
  }
  bool is_open() const {
    pollfd end{ends_[1], 0, 0};
    return poll(&end, 1, 0) == 0;
  }
  void say_something() const { REQUIRE(write(ends_[1], "HTTP/1.1 200", 12) == 12); }
  void wait_for_hang_up() const {
    pollfd end{ends_[1], 0, 0};
    poll(&end, 1, -1);
  }

 private:
  int ends_[2] = {-1, -1};
};

// Of this thread; zero: it has none.
pid_t only_child() {
  pid_t child = 0;
  std::ifstream("/proc/thread-self/children") >> child;
  return child;
}

// Those that were not dismissed are nobody's to wait for, until this process ends.
void wait_until_none_is_left() {
  while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

bool has_blocked(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigBlk:")) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1U) != 0;
  }
  return false;
}

std::vector<std::string> descriptors_of(pid_t process) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd", error)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("the connection stays open until the other side answers") {
  Line line;
  {
    ConnectionKeeper keeper(line.ours());
    keeper.expect_answer();
    keeper.expect_answer();
  }
  line.hang_up();
  CHECK(line.is_open());
  line.say_something();
  line.wait_for_hang_up();
}

TEST_CASE("the connection stays open although the keeper gets every signal but SIGKILL") {
  wait_until_none_is_left();  // of another test
  Line line;
  {
    ConnectionKeeper keeper(line.ours());
    keeper.expect_answer();
  }
  line.hang_up();
  const pid_t process = only_child();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1}) {
    REQUIRE(kill(process, signal) == 0);
  }
  CHECK(has_blocked(process, SIGTERM));
  CHECK(line.is_open());
  line.say_something();
  line.wait_for_hang_up();
}

TEST_CASE("the keeper holds none of the caller's descriptors, however few descriptors are left") {
  wait_until_none_is_left();
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  Line line;
  int held[2];
  REQUIRE(pipe(held) == 0);
  // Down to where the pipe to the process just fits, and below.
  bool kept = false;
  bool refused = false;
  for (rlim_t most = static_cast<rlim_t>(held[1]) + 8; most > static_cast<rlim_t>(held[1]);
       --most) {
    CAPTURE(most);
    rlimit limit = before;
    limit.rlim_cur = most;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    ConnectionKeeper keeper(line.ours());
    if (keeper.error() == 0) {
      kept = true;
      const pid_t process = only_child();
      keeper.expect_answer();
      // It has put its own two in place once it reads its orders.
      while (descriptors_of(process).size() > 2 && kill(process, 0) == 0) std::this_thread::yield();
      CHECK(descriptors_of(process) == std::vector<std::string>{"0", "1"});
      CHECK(std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/cwd") == "/");
      keeper.dismiss();
    } else {
      refused = true;
      CHECK(keeper.error() == EMFILE);
    }
    wait_until_none_is_left();
  }
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(kept);
  CHECK(refused);
  close(held[0]);
  close(held[1]);
}

TEST_CASE("a standard stream and -1 are not valid connections") {
  wait_until_none_is_left();
  CHECK(ConnectionKeeper(STDOUT_FILENO).error() == EBADF);
  CHECK(ConnectionKeeper(-1).error() == EBADF);
  CHECK(only_child() == 0);
}

TEST_CASE("a dismissed keeper ends, and leaves no zombie") {
  Line line;
  ConnectionKeeper keeper(line.ours());
  keeper.expect_answer();
  keeper.dismiss();
  line.hang_up();
  line.wait_for_hang_up();
  CHECK(waitpid(-1, nullptr, 0) == -1);
  CHECK(errno == ECHILD);
}
