#include "base/child_process.hpp"

#include <fcntl.h>
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
#include <system_error>

namespace cac {

namespace {

constexpr std::size_t max_errors = 64'000;

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

// A process in a group of its own, which ends with this object, along with what it has started.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const Pipe& output, const Pipe& errors) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output.writer, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors.writer, STDERR_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    sigset_t pipe_signal;  // which this process ignores, and a child would inherit that
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    const int error =
        posix_spawnp(&process_, argv.front(), &actions, &attributes, argv.data(), environ);
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
    return status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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

}  // namespace

ChildResult run_child(const std::vector<std::string>& arguments, std::size_t max_output,
                      Interruption& interruption) {
  // Ignored children cannot be waited for.
  std::signal(SIGCHLD, SIG_DFL);
  Pipe output;
  Pipe errors;
  Child child(arguments, output, errors);
  output.close_writer();
  errors.close_writer();
  ChildResult result;
  std::array<pollfd, 2> inputs{pollfd{output.reader, POLLIN, 0}, pollfd{errors.reader, POLLIN, 0}};
  // What the child left running may hold the streams open: they are read as long as it runs itself,
  // and then what is in them.
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
