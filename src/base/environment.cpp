#include "base/environment.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

namespace cac {

std::string find_home(const Environment& environment) {
  if (const auto home = environment("HOME")) return *home;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"),
                                                             std::fclose);
  const passwd* user = nullptr;
  do {
    user = file ? fgetpwent(file.get()) : nullptr;
  } while (user != nullptr && user->pw_uid != getuid());
  return user == nullptr ? "" : user->pw_dir;
}

}  // namespace cac
