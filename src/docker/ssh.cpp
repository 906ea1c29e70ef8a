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

namespace cac {

namespace {

using std::chrono::milliseconds;

constexpr rlim_t max_errors_file = 64'000'000;  // bytes; a file that ssh itself writes is smaller
constexpr std::size_t max_errors = 4'000;       // bytes at the end, which say why
constexpr int cannot_be_run = 126;              // the status of a shell, too

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
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  std::signal(SIGPIPE, SIG_DFL);
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
  _exit(cannot_be_run);
}

// The last lines, without ssh's chatter.
std::string last_lines(const std::string& text) {
  constexpr int max_lines = 2;
  std::string lines;
  auto end = text.size();
  for (int count = 0; count < max_lines && end > 0;) {
    const auto line_end = text.find_last_not_of("\r\n", end - 1);
    if (line_end == std::string::npos) break;
    const auto before = text.rfind('\n', line_end);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    std::string line = text.substr(begin, line_end + 1 - begin);
    end = begin;
    if (line.empty() || line.starts_with("debug") || line.starts_with("Warning: Permanently")) {
      continue;
    }
    ++count;
    if (!lines.empty()) line.append(" ").append(lines);
    lines = line;
  }
  return lines;
}

int open_terminal() { return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY); }

struct KnownFailure {
  std::string_view words;  // in what ssh or the docker over there prints
  FailureKind kind;
  std::string_view message;  // {0}: the address
  std::string_view
      advice;  // {0}: ssh's arguments for the host, {1}: for the login, {2}: known_hosts' name
};
constexpr std::string_view advise_engine =
    "Start the engine there (systemctl start docker), or add its socket's path to the address.";
// What comes first counts.
constexpr KnownFailure known_failures[] = {
    {"Permission denied (", FailureKind::denied, "{0} refuses the login",
     "Check the user and the key: ssh {1} true must work without a question."},
    {"REMOTE HOST IDENTIFICATION HAS CHANGED", FailureKind::denied,
     "the host key of {0} is another one than before",
     "If that is right, remove the old one: ssh-keygen -R '{2}'"},
    {"Host key verification failed", FailureKind::denied, "the host key of {0} is not known here",
     "Add it to ~/.ssh/known_hosts and compare its fingerprint: ssh {1} asks, ssh-keyscan {0} "
     "prints it."},
    {"Could not resolve hostname", FailureKind::unreachable, "the host of {0} is not known",
     "Check the name, or ~/.ssh/config."},
    {"permission denied", FailureKind::denied, "docker on the host of {0} may not use its engine",
     "Add the user there to the socket's group (sudo usermod -aG docker USER), or log in as "
     "another "
     "one."},
    {"dial unix", FailureKind::unreachable, "docker on the host of {0} does not reach its engine",
     advise_engine},
    {"Cannot connect to the Docker daemon", FailureKind::unreachable,
     "docker on the host of {0} does not reach its engine", advise_engine},
    {"not a docker command", FailureKind::unreachable,
     "docker on the host of {0} is too old for ssh", "It needs docker 18.09 or newer there."},
};

}  // namespace

bool can_ask_at_terminal() {
  const int terminal = open_terminal();
  const bool is_in_foreground = terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
  if (terminal >= 0) close(terminal);
  return is_in_foreground;
}

std::vector<std::string> ssh_command(const SshAddress& address, bool may_ask) {
  std::vector<std::string> command{"ssh", "-o", "ConnectTimeout=30", "-T"};
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
  errors_ = memfd_create("ssh's standard error", MFD_CLOEXEC);
  std::array<int, 2> life{};
  check(errors_ >= 0 && pipe2(life.data(), O_CLOEXEC) == 0, "no descriptor");
  life_ = life[1];

  const bool may_ask = can_ask_at_terminal();
  if (const int terminal = may_ask ? open_terminal() : -1; terminal >= 0) {
    termios settings{};
    if (tcgetattr(terminal, &settings) == 0) terminal_ = settings;
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
  int status = 0;
  if (!status_ && waitpid(process_, &status, WNOHANG) == process_) {
    status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return status_.has_value();
}

SshTunnel::~SshTunnel() {
  close(life_);
  close(errors_);
  if (keeps_running_) return;
  // Whoever waits at a terminal, after Ctrl-C, does not wait for ssh's goodbye.
  const int tries = std::uncaught_exceptions() > 0 ? 0 : 100;
  for (int i = 0; i < tries && !has_ended(); ++i) std::this_thread::sleep_for(milliseconds(10));
  if (has_ended()) return;
  kill(process_, SIGKILL);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  // ssh may have been asking for a password, which is not to be seen.
  if (const int terminal = terminal_ ? open_terminal() : -1; terminal >= 0) {
    tcsetattr(terminal, TCSANOW, &*terminal_);
    close(terminal);
  }
}

std::string SshTunnel::read_errors() const {
  std::string text(max_errors, 0);
  const off_t size = lseek(errors_, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(max_errors));
  const auto count = pread(errors_, text.data(), text.size(), begin);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

std::optional<Failure> SshTunnel::find_failure(Interruption& interruption) {
  for (int i = 0; i < 200 && !has_ended(); ++i) interruption.sleep_for(milliseconds(10));
  const std::string text = read_errors();
  const std::string words = last_lines(text);
  if (!status_ && words.empty()) return std::nullopt;
  const std::string where = endpoint_.text();
  const auto& [user, host, port, socket_path] = *endpoint_.ssh;
  const std::string option = port.empty() ? "" : fmt::format("-p {} ", port);
  const std::string login = fmt::format("{}{}{}{}", option, user, user.empty() ? "" : "@", host);
  if (status_ == cannot_be_run && words.find(':') == std::string::npos) {
    return Failure{FailureKind::unreachable, fmt::format("ssh cannot be run: {}", words),
                   "Install an ssh client (openssh-client)."};
  }
  for (const auto& [known, kind, message, advice] : known_failures) {
    if (text.find(known) == std::string::npos) continue;
    return Failure{kind, fmt::format("{}: {}", fmt::format(fmt::runtime(message), where), words),
                   fmt::format(fmt::runtime(advice), option + host, login,
                               port.empty() ? host : fmt::format("[{}]:{}", host, port))};
  }
  if (status_ == 127) {
    return Failure{FailureKind::unreachable,
                   fmt::format("there is no docker command on the host of {}: {}", where, words),
                   "Install docker's command line there, where a shell without a login finds it."};
  }
  const std::string reason = !words.empty() ? words
                             : status_      ? fmt::format("ssh ended with status {}", *status_)
                                            : "ssh does not say why";
  return Failure{FailureKind::unreachable, fmt::format("cannot connect to {}: {}", where, reason),
                 fmt::format("This must work: ssh {} docker version", login)};
}

}  // namespace cac
