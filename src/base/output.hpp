// Standard output and standard error, whose reader may stop reading: a write waits for it, but only
// until a signal or a deadline ends the wait. Knows nothing of what is written.
#pragma once

#include <chrono>
#include <csignal>
#include <streambuf>
#include <string>

namespace cac {

// What ends the wait for a reader; all streams of the process share it.
struct OutputLimit {
  using Clock = std::chrono::steady_clock;

  // The number of the signal that has come in; 0: none. Nothing to point to: no signal matters.
  const volatile std::sig_atomic_t* signal = nullptr;
  Clock::time_point deadline = Clock::time_point::max();
  bool exceeded = false;  // a write was given up

  // Whether the wait has to end. Remembers that it had to.
  bool reached();
};

// Collects what is written, and hands it to the descriptor on a flush. A write that cannot be done,
// or whose reader stalls until the limit, fails, and the rest of its text is lost; the next one is
// tried again.
class OutputBuffer : public std::streambuf {
 public:
  // The limit must outlive this.
  OutputBuffer(int descriptor, OutputLimit& limit) : descriptor_(descriptor), limit_(limit) {}

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  int descriptor_;
  OutputLimit& limit_;
  std::string text_;
};

}  // namespace cac
