#include "docker/ssh.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <thread>

#include "base/process_tree.hpp"

namespace cac {

namespace {

using std::chrono::milliseconds;

constexpr off_t max_errors_file = 64'000'000;  // bytes; a file that ssh itself writes is smaller
constexpr off_t max_errors = 4'000;            // bytes at the end, which say why

// For the process between fork and ssh: nothing here may allocate. Removes socket and directory as
// soon as they have done their service, also when the caller has ended before.
struct Recipe {
  int listener;
  int life;
  int errors;
  const char* socket_path;
  const char* directory;
  char* const* arguments;
  bool may_ask;
};
[[noreturn]] void become_ssh(const Recipe& recipe) {
  // Blocked as well: an ssh whose connection another one holds (ControlMaster) catches them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
    std::signal(signal, SIG_IGN);
    sigaddset(&signals, signal);
  }
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_DFL);
  if (!recipe.may_ask) setsid();
  std::array<pollfd, 2> inputs{pollfd{recipe.listener, POLLIN, 0}, pollfd{recipe.life, 0, 0}};
  while (poll(inputs.data(), inputs.size(), -1) < 0 && errno == EINTR) {
  }
  const int connection = inputs[0].revents != 0 ? accept(recipe.listener, nullptr, nullptr) : -1;
  unlink(recipe.socket_path);
  rmdir(recipe.directory);
  if (connection < 0) _exit(0);
  dup2(connection, STDIN_FILENO);
  dup2(connection, STDOUT_FILENO);
  dup2(recipe.errors, STDERR_FILENO);
  if (connection > STDERR_FILENO) close(connection);
  const rlimit limit{max_errors_file, max_errors_file};
  setrlimit(RLIMIT_FSIZE, &limit);
  execvp(recipe.arguments[0], recipe.arguments);
  const char* const reason = strerror(errno);
  [[maybe_unused]] const auto written = write(STDERR_FILENO, reason, strlen(reason));
  _exit(ssh_cannot_be_run);
}

// Returns a file of a limited size. An ssh that writes more is ended, see above; the seal is for
// the ssh that holds the connection in its place (ControlMaster), which then stops listening.
int create_errors_file() {
  const int file = memfd_create("ssh's standard error", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  std::signal(SIGXFSZ, SIG_IGN);  // this process may have a limit as well
  if (file >= 0 && ftruncate(file, max_errors_file) == 0) fcntl(file, F_ADD_SEALS, F_SEAL_GROW);
  return file;
}

int open_terminal() { return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY); }

std::optional<termios> read_settings(int terminal) {
  termios settings{};
  return tcgetattr(terminal, &settings) == 0 ? std::optional(settings) : std::nullopt;
}

// Shows again what is typed, if whoever was asking for a password cannot any more. What else has
// changed the terminal goes on, a pager say, or whoever is in the foreground by now.
void show_typing(const termios& before) {
  const int terminal = can_ask_at_terminal() ? open_terminal() : -1;
  if (terminal < 0) return;
  const auto now = read_settings(terminal);
  const bool was_shown = (before.c_lflag & ECHO) != 0;
  if (now && was_shown && (now->c_lflag & (ECHO | ICANON)) == ICANON) {
    tcsetattr(terminal, TCSANOW, &before);
    [[maybe_unused]] const auto written = write(terminal, "\n", 1);  // after the question
  }
  close(terminal);
}

}  // namespace

bool can_ask_at_terminal() {
  const int terminal = open_terminal();
  const bool is_in_foreground = terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
  if (terminal >= 0) close(terminal);
  return is_in_foreground;
}

std::vector<std::string> ssh_command(const SshAddress& address, bool may_ask) {
  // ControlMaster=no: it may use the connection that another ssh has, and leaves none that others
  // would use, with what is special about this one.
  std::vector<std::string> command{"ssh", "-o", "ConnectTimeout=30",
                                   "-T",  "-o", "ControlMaster=no"};
  const auto add = [&](std::initializer_list<std::string> words) {
    command.insert(command.end(), words);
  };
  if (!may_ask) add({"-o", "BatchMode=yes"});
  if (!address.user.empty()) add({"-l", address.user});
  if (!address.port.empty()) add({"-p", address.port});
  add({"--", address.host, "docker"});
  if (!address.socket_path.empty()) add({"--host", "unix://" + address.socket_path});
  add({"system", "dial-stdio"});
  return command;
}

SshTunnel::SshTunnel(const Endpoint& endpoint) : endpoint_(endpoint) {
  try {
    start();
  } catch (const std::system_error& error) {
    unlink(socket_path_.c_str());
    rmdir(std::filesystem::path(socket_path_).parent_path().c_str());
    throw EngineError({FailureKind::internal,
                       fmt::format("ssh cannot be started: {}", error.what()),
                       "Is TMPDIR a directory that may be written to, and are there processes and "
                       "descriptors left (ulimit -u, ulimit -n)?"});
  }
}

void SshTunnel::start() {
  const auto check = [](bool is_well, const std::string& what) {
    if (!is_well) throw std::system_error(errno, std::generic_category(), what);
  };
  std::string directory = std::filesystem::temp_directory_path() / "clear-app-cache.XXXXXX";
  check(mkdtemp(directory.data()) != nullptr, directory);
  socket_path_ = directory + "/ssh";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  errno = ENAMETOOLONG;
  check(socket_path_.size() < sizeof address.sun_path, socket_path_);
  socket_path_.copy(address.sun_path, sizeof address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(listener >= 0 &&
            bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
            listen(listener, 1) == 0,
        socket_path_);
  errors_ = create_errors_file();
  std::array<int, 2> life{};
  check(errors_ >= 0 && pipe2(life.data(), O_CLOEXEC) == 0, "no descriptor");
  life_ = life[1];

  const bool may_ask = can_ask_at_terminal();
  if (const int terminal = may_ask ? open_terminal() : -1; terminal >= 0) {
    terminal_ = read_settings(terminal);
    close(terminal);
  }
  std::vector<std::string> command = ssh_command(*endpoint_.ssh, may_ask);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::signal(SIGCHLD, SIG_DFL);  // ignored children cannot be waited for
  process_ = fork();
  if (process_ == 0) {
    close(life_);
    become_ssh({listener, life[0], errors_, socket_path_.c_str(), directory.c_str(),
                arguments.data(), may_ask});
  }
  const int error = errno;
  close(life[0]);
  close(listener);
  errno = error;
  check(process_ > 0, "no process");
}

bool SshTunnel::has_ended() {
  siginfo_t info{};
  // Not reaped yet: as long as it has its number, so has the group that it leads.
  if (!status_ &&
      waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid == process_) {
    status_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }
  return status_.has_value();
}

SshTunnel::~SshTunnel() {
  close(life_);
  close(errors_);
  if (!keeps_running_) end();
}

void SshTunnel::end() {
  // A ProxyCommand, say. What ssh ignores it ignores as well, and so the signal by which ssh ends
  // it.
  const Descendants started(process_);
  // Whoever waits at a terminal, after Ctrl-C, does not wait for ssh's goodbye.
  const int tries = std::uncaught_exceptions() > 0 ? 0 : 100;
  for (int i = 0; i < tries && !has_ended(); ++i) std::this_thread::sleep_for(milliseconds(10));
  const bool was_ended = !has_ended();
  // The group is there if ssh could not ask at a terminal.
  for (const pid_t whom : {-process_, process_}) kill(whom, SIGKILL);
  started.kill_all();
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (was_ended && terminal_) show_typing(*terminal_);
}

std::string SshTunnel::read_errors() const {
  const off_t end = lseek(errors_, 0, SEEK_CUR);  // where ssh would go on
  const off_t begin = std::max<off_t>(0, end - max_errors);
  std::string text(static_cast<std::size_t>(end - begin), 0);
  const auto count = pread(errors_, text.data(), text.size(), begin);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

}  // namespace cac
