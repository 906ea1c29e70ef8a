// Standard output and standard error, whose reader may stop reading: a write waits for the reader
// until a signal or a deadline ends the wait. Knows nothing of the text.
#pragma once

#include <chrono>
#include <csignal>
#include <streambuf>
#include <string>

namespace cac {

// Ends the wait for a reader; all streams of the process share it.
struct OutputLimit {
  using Clock = std::chrono::steady_clock;

  // The number of the signal received; 0: none. nullptr: no signal ends the wait.
  const volatile std::sig_atomic_t* signal = nullptr;
  Clock::time_point deadline = Clock::time_point::max();
  bool exceeded = false;  // a write was given up

  // Returns whether the wait has to end, and remembers that it had to.
  bool reached();
};

// Collects text, and writes it to the descriptor on a flush. A write that the descriptor refuses,
// or whose reader stalls until the limit, fails and loses the rest of its text; the next one is
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
