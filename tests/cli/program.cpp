#include "program.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

namespace cac::test {

namespace {

int must(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  return result;
}

struct Ends {
  int ours = -1;
  int theirs = -1;
};

Ends open_terminal(unsigned short columns) {
  Ends ends;
  ends.ours = must(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt");
  must(grantpt(ends.ours), "grantpt");
  must(unlockpt(ends.ours), "unlockpt");
  char name[64];
  must(ptsname_r(ends.ours, name, sizeof name) == 0 ? 0 : -1, "ptsname_r");
  ends.theirs = must(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC), name);
  termios mode{};
  must(tcgetattr(ends.theirs, &mode), "tcgetattr");
  cfmakeraw(&mode);  // a line's end stays as it is
  must(tcsetattr(ends.theirs, TCSANOW, &mode), "tcsetattr");
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  must(ioctl(ends.theirs, TIOCSWINSZ, &size), "TIOCSWINSZ");
  return ends;
}

Ends open_device(Device device, unsigned short columns) {
  switch (device) {
    case Device::pipe: {
      int ends[2];
      must(pipe2(ends, O_CLOEXEC), "pipe2");
      return {ends[0], ends[1]};
    }
    case Device::terminal:
      return open_terminal(columns);
    case Device::full:
      return {-1, must(open("/dev/full", O_WRONLY | O_CLOEXEC), "/dev/full")};
    case Device::closed:
      return {};
    case Device::unread:
    case Device::stalled: {
      int ends[2];
      must(pipe2(ends, O_CLOEXEC), "pipe2");
      const int size = must(fcntl(ends[1], F_SETPIPE_SZ, 1), "F_SETPIPE_SZ");
      const std::string filling(static_cast<std::size_t>(size), '.');
      if (device == Device::stalled) {
        must(write(ends[1], filling.data(), filling.size()) == size ? 0 : -1, "write");
      }
      return {ends[0], ends[1]};
    }
  }
  return {};
}

bool is_read(Device device) { return device != Device::unread && device != Device::stalled; }

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// In the child, between fork and exec: nothing here may allocate.
[[noreturn]] void become(int program, const Invocation& invocation, int out, int err, char** argv,
                         char** envp) {
  if (invocation.input.empty()) {
    close(STDIN_FILENO);
  } else {
    dup2(open(invocation.input.c_str(), O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  }
  for (const auto& [end, stream] : {std::pair{out, STDOUT_FILENO}, std::pair{err, STDERR_FILENO}}) {
    if (end < 0) {
      close(stream);
    } else {
      dup2(end, stream);
    }
  }
  // The test's own runner may ignore or block some.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  if (invocation.ignored_signal != 0) std::signal(invocation.ignored_signal, SIG_IGN);
  constexpr uid_t nobody = 65534;
  if (invocation.as_nobody && getuid() == 0) {
    if (setresgid(nobody, nobody, nobody) != 0 || setresuid(nobody, nobody, nobody) != 0) {
      _exit(126);
    }
  }
  if (invocation.max_descriptors != 0) {
    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);  // nothing takes any from the program
    const rlimit limit{invocation.max_descriptors, invocation.max_descriptors};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  // By the descriptor: nobody need not be able to reach the build directory.
  fexecve(program, argv, envp);
  _exit(127);
}

}  // namespace

Program::Program(const Invocation& invocation) {
  std::vector<std::string> words{"clear-app-cache"};
  words.insert(words.end(), invocation.arguments.begin(), invocation.arguments.end());
  std::vector<std::string> variables;
  if (!invocation.environment.contains("LC_ALL")) variables.emplace_back("LC_ALL=C.UTF-8");
  for (const auto& [name, value] : invocation.environment) {
    variables.push_back(std::string(name).append("=").append(value));
  }
  auto argv = pointers(words);
  auto envp = pointers(variables);
  const int program = must(open(CLEAR_APP_CACHE_PROGRAM, O_RDONLY | O_CLOEXEC), "the program");
  const Ends out = open_device(invocation.out, invocation.columns);
  const Ends err = open_device(invocation.err, invocation.columns);
  process_ = must(fork(), "fork");
  if (process_ == 0) become(program, invocation, out.theirs, err.theirs, argv.data(), envp.data());
  close(program);
  if (out.theirs >= 0) close(out.theirs);
  if (err.theirs >= 0) close(err.theirs);
  out_ = out.ours;
  err_ = err.ours;
  out_is_read_ = is_read(invocation.out);
  err_is_read_ = is_read(invocation.err);
}

Program::~Program() {
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  if (out_ >= 0) close(out_);
  if (err_ >= 0) close(err_);
}

void Program::send(int signal) const { must(kill(process_, signal), "kill"); }

void Program::wait_until_full() const {
  const int size = must(fcntl(out_, F_GETPIPE_SZ), "F_GETPIPE_SZ");
  for (int filled = 0; filled < size;) {
    pollfd stream{out_, POLLIN, 0};
    must(poll(&stream, 1, -1), "poll");
    if ((stream.revents & POLLHUP) != 0) throw std::runtime_error("the program has ended");
    must(ioctl(out_, FIONREAD, &filled), "FIONREAD");
    std::this_thread::yield();
  }
}

Result Program::wait() {
  Result result;
  pollfd streams[] = {{out_is_read_ ? out_ : -1, POLLIN, 0}, {err_is_read_ ? err_ : -1, POLLIN, 0}};
  std::string* const texts[] = {&result.out, &result.err};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    must(poll(streams, 2, -1), "poll");
    for (std::size_t i = 0; i < 2; ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t size = read(streams[i].fd, buffer, sizeof buffer);
      // A terminal without a program ends with an error.
      if (size > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(size));
      } else {
        streams[i].fd = -1;
      }
    }
  }
  int status = 0;
  must(waitpid(process_.exchange(-1), &status, 0), "waitpid");
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace cac::test
