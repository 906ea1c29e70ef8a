#include "base/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace cac {

namespace {

void throw_if(int error) {
  if (error != 0) throw std::system_error(error, std::generic_category());
}

struct Pipe {
  int reader = -1;
  int writer = -1;
  Pipe() {
    std::array<int, 2> ends{};
    throw_if(pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno);
    reader = ends[0];
    writer = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(reader);
    close_writer();
  }
  void close_writer() {
    if (writer >= 0) close(writer);
    writer = -1;
  }
};

// Appends what can be read to the text, up to max_size, and drops the rest. Returns false at the
// end.
bool read_some(int descriptor, std::string& text, std::size_t max_size) {
  std::array<char, 65'536> buffer{};
  const auto count = read(descriptor, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  throw_if(count < 0 ? errno : 0);
  text.append(buffer.data(), std::min(static_cast<std::size_t>(count), max_size - text.size()));
  return count > 0;
}

// Waits until one of the descriptors can be read, or it is time to call check() again.
void wait_for_input(std::span<pollfd> inputs, std::chrono::milliseconds max_wait,
                    Interruption& interruption) {
  std::vector<pollfd> polled(inputs.begin(), inputs.end());
  polled.push_back({interruption.signal_fd(), POLLIN, 0});
  const auto wait = std::min(max_wait, interruption.max_wait());
  poll(polled.data(), polled.size(), static_cast<int>(wait.count()));
  std::copy_n(polled.begin(), inputs.size(), inputs.begin());
  interruption.check();
}

// The arguments or variables of a program, as the system takes them.
class CStrings {
 public:
  explicit CStrings(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

CStrings change_environment(const EnvironmentChanges& changes) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    const bool is_changed =
        std::ranges::any_of(changes, [&](const auto& change) { return change.first == name; });
    if (!is_changed) variables.emplace_back(text);
  }
  for (const auto& [name, value] : changes) {
    if (value) variables.push_back(name + "=" + *value);
  }
  return CStrings(std::move(variables));
}

int to_exit_status(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// A process in a session of its own, which ends with this object, along with what it has started.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const EnvironmentChanges& changes,
        const Pipe& output, const Pipe& errors) {
    CStrings argv(arguments);
    CStrings variables = change_environment(changes);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
    sigset_t pipe_signal;  // which this process ignores, and a child would inherit that
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    const int error = posix_spawnp(&process_, arguments.front().c_str(), &actions, &attributes,
                                   argv.data(), variables.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    throw_if(error);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }

  // Ends the group at once if it still runs. Returns the status of the process.
  int end() {
    if (is_reaped_) return status_;
    is_reaped_ = true;
    kill(-process_, SIGKILL);
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    return status_ = to_exit_status(status);
  }

  bool has_ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
           info.si_pid != 0;
  }

 private:
  pid_t process_ = 0;
  bool is_reaped_ = false;
  int status_ = 0;
};

// The signals by which somebody asks a program to end.
constexpr std::array<int, 4> ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

volatile pid_t foreground_child = 0;

// A terminal, which is the kernel, sends a signal to the child as well.
void pass_to_child(int signal, siginfo_t* info, void* /*context*/) {
  if (info->si_code <= 0 && foreground_child > 0) kill(foreground_child, signal);
}

// Has this process survive the ending signals, and pass them on, until the object ends.
class SignalForwarder {
 public:
  SignalForwarder() {
    sigset_t all;
    sigemptyset(&all);
    for (const int signal : ending_signals) sigaddset(&all, signal);
    sigprocmask(SIG_BLOCK, &all, &mask_);
    struct sigaction action {};
    action.sa_sigaction = pass_to_child;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    for (std::size_t i = 0; i < ending_signals.size(); ++i) {
      sigaction(ending_signals[i], nullptr, &before_[i]);
      // nohup and a shell's background jobs ignore some on purpose.
      if (before_[i].sa_handler != SIG_IGN) sigaction(ending_signals[i], &action, nullptr);
    }
  }
  SignalForwarder(const SignalForwarder&) = delete;
  SignalForwarder& operator=(const SignalForwarder&) = delete;
  ~SignalForwarder() {
    foreground_child = 0;
    for (std::size_t i = 0; i < ending_signals.size(); ++i) {
      sigaction(ending_signals[i], &before_[i], nullptr);
    }
  }

  // Those that came before are delivered now.
  void pass_to(pid_t child) {
    foreground_child = child;
    sigprocmask(SIG_SETMASK, &mask_, nullptr);
  }
  const sigset_t& mask() const { return mask_; }

 private:
  sigset_t mask_{};
  std::array<struct sigaction, ending_signals.size()> before_{};
};

}  // namespace

int run_in_foreground(const std::vector<std::string>& arguments,
                      const EnvironmentChanges& changes) {
  std::signal(SIGCHLD, SIG_DFL);
  SignalForwarder forwarder;
  CStrings argv(arguments);
  CStrings variables = change_environment(changes);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  sigset_t pipe_signal;  // which this process ignores
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
  posix_spawnattr_setsigmask(&attributes, &forwarder.mask());
  pid_t process = 0;
  const int error = posix_spawnp(&process, arguments.front().c_str(), nullptr, &attributes,
                                 argv.data(), variables.data());
  posix_spawnattr_destroy(&attributes);
  forwarder.pass_to(error == 0 ? process : 0);
  throw_if(error);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return to_exit_status(status);
}

ChildResult run_child(const std::vector<std::string>& arguments, std::size_t max_output,
                      Interruption& interruption, const EnvironmentChanges& changes,
                      std::size_t max_errors) {
  // Ignored children cannot be waited for.
  std::signal(SIGCHLD, SIG_DFL);
  Pipe output;
  Pipe errors;
  Child child(arguments, changes, output, errors);
  output.close_writer();
  errors.close_writer();
  ChildResult result;
  std::array<pollfd, 2> inputs{pollfd{output.reader, POLLIN, 0}, pollfd{errors.reader, POLLIN, 0}};
  // A grandchild can keep the pipes open, so do not wait for their end: read until the child exits,
  // and then drain them.
  for (bool has_ended = false;;) {
    wait_for_input(inputs, std::chrono::milliseconds(has_ended ? 0 : 20), interruption);
    const bool is_empty = inputs[0].revents == 0 && inputs[1].revents == 0;
    if (has_ended && is_empty) break;
    has_ended = has_ended || child.has_ended();
    if (inputs[0].revents != 0 && !read_some(inputs[0].fd, result.output, max_output + 1)) {
      inputs[0].fd = -1;
    }
    if (inputs[1].revents != 0 && !read_some(inputs[1].fd, result.errors, max_errors)) {
      inputs[1].fd = -1;
    }
    if (result.output.size() > max_output) {
      result.is_cut_off = true;
      result.status = child.end();
      return result;
    }
  }
  result.status = child.end();
  return result;
}

std::string describe_end(std::int64_t status, std::string words) {
  constexpr std::size_t max_size = 500;
  words.erase(words.find_last_not_of(" \r\n") + 1);
  std::ranges::replace(words, '\n', ' ');
  if (words.size() > max_size) words = words.substr(0, max_size) + "...";
  return words.empty() ? fmt::format("it ended with status {}", status) : words;
}

std::string read_to_end(int descriptor, std::size_t max_size, Interruption& interruption) {
  std::string text;
  pollfd input{descriptor, POLLIN, 0};
  for (;;) {
    wait_for_input({&input, 1}, std::chrono::hours(1), interruption);
    if (input.revents == 0) continue;
    if (!read_some(descriptor, text, max_size + 1) || text.size() > max_size) return text;
  }
}

}  // namespace cac
