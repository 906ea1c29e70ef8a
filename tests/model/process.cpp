#include "process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace cac::model {

namespace fs = std::filesystem;

namespace {

int must(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  return result;
}

void read_all(int& fd, std::string& text) {
  char buffer[16384];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size > 0) {
      text.append(buffer, static_cast<std::size_t>(size));
      continue;
    }
    if (size < 0 && errno == EAGAIN) return;
    close(fd);
    fd = -1;
    return;
  }
}

std::vector<pid_t> list_children() {
  std::vector<pid_t> children;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const auto end = stat.rfind(") ");  // of the name
    if (end == std::string::npos || stat.size() < end + 5) continue;
    if (std::strtol(stat.c_str() + end + 4, nullptr, 10) == getpid()) {
      children.push_back(std::stoi(name));
    }
  }
  return children;
}

}  // namespace

Process::Process(const Start& start) {
  std::vector<std::string> words{"clear-app-cache"};
  words.insert(words.end(), start.words.begin(), start.words.end());
  std::vector<std::string> variables;
  for (const auto& [name, value] : start.environment) {
    variables.push_back(std::string(name).append("=").append(value));
  }
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  };
  auto argv = pointers(words);
  auto envp = pointers(variables);
  int out_ends[2];
  int err_ends[2];
  must(pipe2(out_ends, O_CLOEXEC), "pipe2");
  must(pipe2(err_ends, O_CLOEXEC), "pipe2");
  pid_ = must(fork(), "fork");
  if (pid_ == 0) {
    // Between fork and exec: nothing here may allocate.
    // A shell's background job ignores some of them, and what is ignored stays so.
    for (const int signal : {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGPIPE}) {
      std::signal(signal, SIG_DFL);
    }
    dup2(open(start.input.c_str(), O_RDONLY), STDIN_FILENO);
    dup2(out_ends[1], STDOUT_FILENO);
    dup2(err_ends[1], STDERR_FILENO);
    if (chdir(start.directory.c_str()) != 0) _exit(126);
    execve(start.program.c_str(), argv.data(), envp.data());
    _exit(127);
  }
  close(out_ends[1]);
  close(err_ends[1]);
  out_ = out_ends[0];
  err_ = err_ends[0];
  for (const int fd : {out_, err_}) fcntl(fd, F_SETFL, O_NONBLOCK);
  end_fd_ = must(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {out_, err_, end_fd_}) {
    if (fd >= 0) close(fd);
  }
}

void Process::send(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

void Process::read_out() { read_all(out_, out); }
void Process::read_err() { read_all(err_, err); }

int Process::wait(bool& was_killed) {
  int status = 0;
  must(waitpid(pid_, &status, 0), "waitpid");
  pid_ = -1;
  was_killed = WIFSIGNALED(status);
  return was_killed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::size_t Process::count_descriptors() const {
  std::size_t count = 0;
  std::error_code error;
  const fs::path directory = fs::path("/proc") / std::to_string(pid_) / "fd";
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return count;
}

void adopt_orphans() { must(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl"); }

bool has_children() {
  for (;;) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended == 0) return true;
    if (ended < 0) return false;
  }
}

std::vector<std::string> list_child_descriptors() {
  std::vector<std::string> found;
  for (const pid_t child : list_children()) {
    std::error_code error;
    const fs::path directory = fs::path("/proc") / std::to_string(child) / "fd";
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
      const std::string number = it->path().filename();
      if (number == "0" || number == "1") continue;
      std::error_code gone;
      const std::string target = fs::read_symlink(it->path(), gone);
      if (gone) continue;
      found.push_back(std::to_string(child) + ": " + number + " -> " + target);
    }
  }
  return found;
}

void kill_children() {
  for (const pid_t child : list_children()) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

}  // namespace cac::model
