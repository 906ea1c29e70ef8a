// Signals, the last catch, the exit status.

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>

#include "app.hpp"
#include "base/error.hpp"
#include "base/output.hpp"
#include "base/terminal.hpp"
#include "docker/connection_keeper.hpp"

namespace {

std::array<int, 2> signal_pipe{-1, -1};
volatile std::sig_atomic_t last_signal = 0;

// A second signal of the kind ends the process at once (SA_RESETHAND), and a write that blocks is
// interrupted (no SA_RESTART): see OutputBuffer.
void pass_on(int signal) {
  last_signal = signal;
  const auto number = static_cast<unsigned char>(signal);
  [[maybe_unused]] const auto written = write(signal_pipe[1], &number, 1);
}

// If a standard stream is closed, opens /dev/null there, or the root directory where there is no
// /dev, so that no later pipe or socket gets its number. Only for reading, so that writing to it
// still fails.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    if (open("/dev/null", O_RDONLY) < 0) open("/", O_RDONLY);
  }
}

void catch_signals() {
  if (pipe2(signal_pipe.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error(std::string("no pipe can be made (ulimit -n): ") +
                             std::strerror(errno));
  }
  struct sigaction action {};
  action.sa_handler = pass_on;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    // nohup and a shell's background jobs ignore some on purpose.
    struct sigaction inherited {};
    sigaction(signal, nullptr, &inherited);
    if (inherited.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
  // A closed pipe is reported as a write error.
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<std::string> environment(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

// Zero where there is no terminal.
std::size_t read_width(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

cac::TerminalStyle detect_style(int descriptor) {
  cac::TerminalStyle style;
  style.utf8 = cac::shows_utf8(environment);
  style.width = read_width(descriptor);
  if (isatty(descriptor) == 0) return style;
  style.redraws = environment("TERM").value_or("dumb") != "dumb";
  style.color = style.redraws && !environment("NO_COLOR");
  return style;
}

}  // namespace

int main(int argc, char** argv) {
  cac::OutputLimit limit{.signal = &last_signal};
  cac::OutputBuffer out_buffer(STDOUT_FILENO, limit);
  cac::OutputBuffer err_buffer(STDERR_FILENO, limit);
  std::ostream out(&out_buffer);
  std::ostream err(&err_buffer);
  const auto arguments =
      std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1);
  int status = 0;
  try {
    occupy_closed_streams();
    catch_signals();
    status = cac::run_app(arguments, {.environment = environment,
                                      .out = out,
                                      .err = err,
                                      .out_style = detect_style(STDOUT_FILENO),
                                      .err_style = detect_style(STDERR_FILENO),
                                      .err_columns = [] { return read_width(STDERR_FILENO); },
                                      .signal_fd = signal_pipe[0],
                                      .output_limit = limit});
  } catch (const std::exception& error) {
    status = cac::report_unforeseen(error, arguments, out, err);
  }
  // A container ends with its first process, and with it those that let the engine finish a prune.
  if (getpid() == 1) cac::ConnectionKeeper::outlast_all();
  return status;
}
