#include "standby.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

using cac::Standby;

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

}  // namespace

TEST_CASE("the line stays open until the other side says something") {
  Line line;
  {
    Standby standby(line.ours());
    standby.expect_answer();
    standby.expect_answer();
  }
  line.hang_up();
  CHECK(line.is_open());
  line.say_something();
  line.wait_for_hang_up();
}

TEST_CASE("who is dismissed goes, and is no zombie") {
  Line line;
  Standby standby(line.ours());
  standby.expect_answer();
  standby.dismiss();
  line.hang_up();
  line.wait_for_hang_up();
  CHECK(waitpid(-1, nullptr, 0) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("without a line nobody stays") {
  Standby standby(-1);
  standby.dismiss();
}
