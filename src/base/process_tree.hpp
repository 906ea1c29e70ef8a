// What a process has started, and what those have started.
#pragma once

#include <sys/types.h>

#include <vector>

namespace cac {

// Holds on to the processes as they are on construction, so that none is mistaken for another that
// gets its number later. Empty where the kernel does not list them (CONFIG_PROC_CHILDREN) or has no
// descriptors for them (before Linux 5.3).
class Descendants {
 public:
  explicit Descendants(pid_t process);
  Descendants(const Descendants&) = delete;
  Descendants& operator=(const Descendants&) = delete;
  ~Descendants();

  void kill_all() const;

 private:
  void add_children(pid_t process);

  std::vector<int> descriptors_;
};

}  // namespace cac
