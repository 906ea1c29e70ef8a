#include "base/process_tree.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace cac {

Descendants::Descendants(pid_t process) { add_children(process); }

Descendants::~Descendants() {
  for (const int descriptor : descriptors_) close(descriptor);
}

void Descendants::add_children(pid_t process) {
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process));
  for (pid_t child = 0; children >> child;) {
    const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (descriptor < 0) continue;
    descriptors_.push_back(descriptor);
    add_children(child);
  }
}

void Descendants::kill_all() const {
  for (const int descriptor : descriptors_) {
    syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, nullptr, 0);
  }
}

}  // namespace cac
