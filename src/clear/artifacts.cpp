#include "clear/artifacts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace cac {

namespace fs = std::filesystem;

namespace {

std::vector<Target> services(Target target) {
  if (target == Target::all) return {Target::backend, Target::frontend};
  return {target};
}

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
  return {FailureKind::filesystem, fmt::format("{}: {}", name, error.message()),
          denied ? "Run this as a user who may read and clear that directory."
                 : "See what keeps it there, or clear it by hand."};
}

// at_top: directly in the service's directory.
bool is_artifact(const fs::directory_entry& entry, Target service, bool at_top) {
  const std::string name = entry.path().filename();
  std::error_code error;
  const auto status = entry.symlink_status(error);
  const bool is_directory = fs::is_directory(status);
  // A link by one of the names is an artifact itself: it goes, what it points to stays.
  const bool may_be_tree = is_directory || fs::is_symlink(status);
  if (service == Target::frontend) {
    return (at_top && (name == ".next" || name == ".turbo" || name == "out")) ||
           (may_be_tree && name == ".cache");
  }
  return (at_top && name == "staticfiles") ||
         (may_be_tree &&
          (name == "__pycache__" || name == ".pytest_cache" || name == ".mypy_cache")) ||
         (!is_directory &&
          (name.ends_with(".pyc") || name.ends_with(".pyo") || name.ends_with(".pyd")));
}

void search(const fs::path& directory, Target service, bool at_top, ArtifactSearch& result) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    if (is_artifact(*it, service, at_top)) {
      result.found.push_back({it->path(), size_on_disk(it->path())});
    } else if (fs::is_directory(it->symlink_status(unknown))) {
      search(it->path(), service, false, result);
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    result.unreadable.push_back(failure_at(directory, error));
  }
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

// "link/." and "link/" would be followed.
fs::path bare(const fs::path& directory) {
  const fs::path normal = directory.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

void check_app_dir(const fs::path& app_dir, Target target, const fs::path& home) {
  const auto refuse = [&](std::string_view why) {
    throw UsageError(fmt::format("--app-dir '{}' {}", app_dir.string(), why));
  };
  if (app_dir.empty()) refuse("is empty: name the application's directory");
  std::error_code error;
  const auto status = fs::symlink_status(bare(app_dir), error);
  if (fs::is_symlink(status)) refuse("is a symbolic link: name the directory itself");
  if (fs::exists(status) && !fs::is_directory(status)) refuse("is not a directory");
  if (is_same(app_dir, "/")) refuse("is the root directory, which is not cleared");
  if (is_same(app_dir, home)) refuse("is the home directory, which is not cleared");
  for (const Target service : services(target)) {
    const std::string_view name = to_string(service);
    const auto found = fs::symlink_status(app_dir / name, error);
    if (fs::is_symlink(found)) {
      refuse(fmt::format("has a '{}' that is a symbolic link, which is not followed", name));
    }
    if (fs::exists(found) && !fs::is_directory(found)) {
      refuse(fmt::format("has a '{}' that is not a directory", name));
    }
    if (has_home(app_dir / name, home)) {
      refuse(fmt::format("has the home directory in '{}', which is not cleared", name));
    }
  }
}

ArtifactSearch find_artifacts(const fs::path& app_dir, Target target) {
  ArtifactSearch result;
  std::error_code error;
  result.nothing_there = fs::symlink_status(app_dir, error).type() == fs::file_type::not_found;
  for (const Target service : services(target)) {
    const fs::path directory = app_dir / to_string(service);
    if (fs::is_directory(fs::symlink_status(directory, error))) {
      search(directory, service, true, result);
    } else if (error && error != std::errc::no_such_file_or_directory) {
      result.unreadable.push_back(failure_at(directory, error));
    } else {
      result.absent.push_back(directory);
    }
  }
  std::ranges::sort(result.found, {}, &Artifact::path);
  return result;
}

Failure to_failure(const fs::filesystem_error& error) {
  return failure_at(error.path1(), error.code());
}

bool remove_artifact(const fs::path& app_dir, const fs::path& path) {
  const fs::path inside = path.lexically_relative(app_dir);
  try {
    auto directory = std::make_unique<OpenDirectory>(AT_FDCWD, bare(app_dir), path);
    for (const fs::path& name : inside.parent_path()) {
      directory = std::make_unique<OpenDirectory>(directory->descriptor, name, path);
    }
    std::error_code error;
    // Leads into the directory whatever is renamed.
    const fs::path opened = fmt::format("/proc/self/fd/{}", directory->descriptor);
    const auto removed = fs::remove_all(opened / inside.filename(), error);
    if (error) throw fs::filesystem_error("", path, error);
    return removed > 0;
  } catch (const fs::filesystem_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return false;
    throw;
  }
}

}  // namespace cac
