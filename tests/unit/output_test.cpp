#include "base/output.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>
#include <string>
#include <thread>
#include <utility>

using cac::OutputBuffer;
using cac::OutputLimit;

namespace {

struct Pipe {
  Pipe() { REQUIRE(pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // Until the other end is closed.
  std::string read_all() const {
    std::string text;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }
  void close_input() { close(std::exchange(ends[1], -1)); }

  int ends[2];
};

// More than any pipe or terminal takes in.
const std::string& long_text() {
  static const std::string text(std::size_t{4} << 20, 'x');
  return text;
}

OutputLimit past() { return {.deadline = OutputLimit::Clock::now()}; }

}  // namespace

TEST_CASE("all that is written comes out, on a flush, whatever the limit is") {
  Pipe pipe;
  OutputLimit limit = past();
  OutputBuffer buffer(pipe.ends[1], limit);
  std::ostream out(&buffer);
  out << "one " << 2 << '\n' << std::flush << "three";
  CHECK(out.good());
  CHECK_FALSE(limit.exceeded);
  pipe.close_input();
  CHECK(pipe.read_all() == "one 2\n");
}

TEST_CASE("a long text is written piece by piece, also where the descriptor does not block") {
  for (const bool blocks : {true, false}) {
    CAPTURE(blocks);
    Pipe pipe;
    if (!blocks) REQUIRE(fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
    OutputLimit limit;
    OutputBuffer buffer(pipe.ends[1], limit);
    std::ostream out(&buffer);
    std::string text;
    std::thread reader([&] { text = pipe.read_all(); });
    out << long_text() << std::flush;
    pipe.close_input();
    reader.join();
    CHECK(out.good());
    CHECK(text == long_text());
    CHECK_FALSE(limit.exceeded);
  }
}

TEST_CASE("a reader that stalls is waited for until the deadline") {
  Pipe pipe;
  OutputLimit limit{.deadline = OutputLimit::Clock::now() + std::chrono::milliseconds(1)};
  OutputBuffer buffer(pipe.ends[1], limit);
  std::ostream out(&buffer);
  out << long_text() << std::flush;
  CHECK_FALSE(out.good());
  CHECK(limit.exceeded);
}

TEST_CASE("a signal ends the wait for a reader that stalls") {
  Pipe pipe;
  volatile std::sig_atomic_t signal = 0;
  OutputLimit limit{.signal = &signal};
  OutputBuffer buffer(pipe.ends[1], limit);
  std::ostream out(&buffer);
  signal = SIGTERM;
  out << "short" << std::flush;
  CHECK(out.good());
  out << long_text() << std::flush;
  CHECK_FALSE(out.good());
  CHECK(limit.exceeded);
}

TEST_CASE("a terminal that nobody reads is also waited for until the deadline") {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  OutputLimit limit{.deadline = OutputLimit::Clock::now() + std::chrono::milliseconds(1)};
  OutputBuffer buffer(terminal, limit);
  std::ostream out(&buffer);
  for (int i = 0; i < 4096 && out.good(); ++i) out << std::string(997, 'x') << '\n' << std::flush;
  CHECK_FALSE(out.good());
  CHECK(limit.exceeded);
  close(terminal);
  close(master);
}

TEST_CASE("what cannot be written is an error at once, and no matter of the limit") {
  OutputLimit limit;
  OutputBuffer buffer(-1, limit);
  std::ostream out(&buffer);
  out << "text" << std::flush;
  CHECK_FALSE(out.good());
  CHECK_FALSE(limit.exceeded);
}
