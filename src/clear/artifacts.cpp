#include "clear/artifacts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace cac {

namespace fs = std::filesystem;

namespace {

// What a service leaves: directly in its directory, anywhere as a directory, anywhere as a file.
struct Kind {
  Target service;
  std::vector<std::string_view> top;
  std::vector<std::string_view> directories;
  std::vector<std::string_view> endings;
};

const std::array<Kind, 2>& kinds() {
  static const std::array<Kind, 2> all{
      Kind{Target::backend,
           {"staticfiles"},
           {"__pycache__", ".pytest_cache", ".mypy_cache"},
           {".pyc", ".pyo", ".pyd"}},
      Kind{Target::frontend, {".next", ".turbo", "out"}, {".cache"}, {}},
  };
  return all;
}

bool contains(const std::vector<std::string_view>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
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

bool matches(const Kind& kind, const fs::directory_entry& entry, bool at_top) {
  const std::string name = entry.path().filename();
  std::error_code error;
  const auto status = entry.symlink_status(error);
  const bool is_directory = fs::is_directory(status);
  const bool has_ending =
      std::any_of(kind.endings.begin(), kind.endings.end(),
                  [&](std::string_view ending) { return name.ends_with(ending); });
  // A link by one of the names is an artifact itself: it goes, what it points to stays.
  return (at_top && contains(kind.top, name)) ||
         ((is_directory || fs::is_symlink(status)) && contains(kind.directories, name)) ||
         (!is_directory && has_ending);
}

void search(const fs::path& directory, const Kind& kind, bool at_top, ArtifactSearch& result) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    if (matches(kind, *it, at_top)) {
      result.found.push_back({it->path(), size_on_disk(it->path())});
    } else if (fs::is_directory(it->symlink_status(unknown))) {
      search(it->path(), kind, false, result);
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

// An open directory.
class OpenDirectory {
 public:
  // Throws when it cannot be opened; by the name within `parent`, and no link is followed.
  OpenDirectory(int parent, const fs::path& name, const fs::path& whole)
      : descriptor_(openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
    if (descriptor_ >= 0) return;
    throw fs::filesystem_error("", whole, std::error_code(errno, std::generic_category()));
  }
  ~OpenDirectory() { close(descriptor_); }
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;

  int descriptor() const { return descriptor_; }
  // Leads here whatever is renamed.
  fs::path path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_;
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
  for (const Kind& kind : kinds()) {
    if (target != Target::all && target != kind.service) continue;
    const fs::path directory = app_dir / to_string(kind.service);
    const auto directory_status = fs::symlink_status(directory, error);
    if (fs::is_symlink(directory_status)) {
      refuse(fmt::format("has a '{}' that is a symbolic link, which is not followed",
                         to_string(kind.service)));
    }
    if (fs::exists(directory_status) && !fs::is_directory(directory_status)) {
      refuse(fmt::format("has a '{}' that is not a directory", to_string(kind.service)));
    }
    if (has_home(directory, home)) {
      refuse(fmt::format("has the home directory in '{}', which is not cleared",
                         to_string(kind.service)));
    }
  }
}

ArtifactSearch find_artifacts(const fs::path& app_dir, Target target) {
  ArtifactSearch result;
  std::error_code error;
  result.nothing_there = fs::symlink_status(app_dir, error).type() == fs::file_type::not_found;
  for (const Kind& kind : kinds()) {
    if (target != Target::all && target != kind.service) continue;
    const fs::path directory = app_dir / to_string(kind.service);
    if (fs::is_directory(fs::symlink_status(directory, error))) {
      search(directory, kind, true, result);
    } else if (error && error != std::errc::no_such_file_or_directory) {
      result.unreadable.push_back(failure_at(directory, error));
    } else {
      result.absent.push_back(directory);
    }
  }
  std::sort(result.found.begin(), result.found.end(),
            [](const Artifact& a, const Artifact& b) { return a.path < b.path; });
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
      directory = std::make_unique<OpenDirectory>(directory->descriptor(), name, path);
    }
    std::error_code error;
    const auto removed = fs::remove_all(directory->path() / inside.filename(), error);
    if (error) throw fs::filesystem_error("", path, error);
    return removed > 0;
  } catch (const fs::filesystem_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) return false;
    throw;
  }
}

}  // namespace cac
