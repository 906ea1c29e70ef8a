#include "base/filesystem.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace cac {

namespace fs = std::filesystem;

namespace {

struct OpenDirectory {
  // Throws when it cannot be opened; by the name within `parent`, and no link is followed.
  OpenDirectory(int parent, const fs::path& name, const fs::path& whole)
      : descriptor(openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
    if (descriptor >= 0) return;
    throw fs::filesystem_error("", whole, std::error_code(errno, std::generic_category()));
  }
  ~OpenDirectory() { close(descriptor); }
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;

  const int descriptor;
};

}  // namespace

// Counts nothing for an entry that cannot be read: its removal reports the error.
Bytes size_on_disk(const fs::path& path) {
  std::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (fs::is_regular_file(status)) {
    const auto size = fs::file_size(path, error);
    return {error ? 0 : static_cast<std::int64_t>(size)};
  }
  Bytes sum;
  if (!fs::is_directory(status)) return sum;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    sum += size_on_disk(it->path());
  }
  return sum;
}

Failure failure_at(const fs::path& path, const std::error_code& error) {
  constexpr std::size_t max_size = 300;
  std::string name = path.string();
  if (name.size() > max_size) name = name.substr(0, max_size) + "...";
  const bool denied =
      error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
  const bool no_descriptor =
      error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system;
  return {FailureKind::filesystem, fmt::format("{}: {}", name, error.message()),
          denied          ? "Run this as a user who may read and clear that directory."
          : no_descriptor ? advise_more_descriptors
                          : "See what keeps it there, or clear it by hand."};
}

Failure to_failure(const fs::filesystem_error& error) {
  return failure_at(error.path1(), error.code());
}

bool is_same(const fs::path& one, const fs::path& other) {
  std::error_code error;
  return fs::equivalent(one, other, error);
}

// Returns whether the home directory is this one or lies in it.
bool has_home(const fs::path& directory, const fs::path& home) {
  std::error_code error;
  for (fs::path path = fs::weakly_canonical(home, error); path.has_relative_path();
       path = path.parent_path()) {
    if (is_same(path, directory)) return true;
  }
  return false;
}

// "link/." and "link/" would be followed.
fs::path without_slash(const fs::path& directory) {
  const fs::path normal = directory.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

bool remove_inside(const fs::path& directory, const fs::path& path) {
  const fs::path inside = path.lexically_relative(directory);
  try {
    auto opened = std::make_unique<OpenDirectory>(AT_FDCWD, without_slash(directory), path);
    for (const fs::path& name : inside.parent_path()) {
      opened = std::make_unique<OpenDirectory>(opened->descriptor, name, path);
    }
    std::error_code error;
    // Leads into the directory whatever is renamed.
    const fs::path place = fmt::format("/proc/self/fd/{}", opened->descriptor);
    const auto removed = fs::remove_all(place / inside.filename(), error);
    if (error) throw fs::filesystem_error("", path, error);
    return removed > 0;
  } catch (const fs::filesystem_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return false;
    throw;
  }
}

}  // namespace cac
