// measure FILE COMMAND...: runs COMMAND and appends to FILE what it and its children cost: wall and
// CPU milliseconds, peak memory of the largest process in kB. Exits as COMMAND does.
//
// Linked statically: it also runs in an engine's root, and a process counts the memory that it had
// before its exec.

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace {

double milliseconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) != 0) {
    std::perror(argv[2]);
    return 127;
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return 127;
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;

  std::FILE* const file = std::fopen(argv[1], "a");
  if (file == nullptr) {
    std::perror(argv[1]);
    return 127;
  }
  std::fprintf(file, "%.3f %.3f %ld\n", wall.count(),
               milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), usage.ru_maxrss);
  std::fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
