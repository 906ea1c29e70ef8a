#include "clear/artifacts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/filesystem.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

// What a service leaves: directly in its directory, anywhere as a directory, anywhere as a file.
struct Kind {
  std::string_view service;
  std::vector<std::string_view> top;
  std::vector<std::string_view> directories;
  std::vector<std::string_view> endings;
};

const std::array<Kind, 2>& kinds() {
  static const std::array<Kind, 2> all{
      Kind{"backend",
           {"staticfiles"},
           {"__pycache__", ".pytest_cache", ".mypy_cache"},
           {".pyc", ".pyo", ".pyd"}},
      Kind{"frontend", {".next", ".turbo", "out"}, {".cache"}, {}},
  };
  return all;
}

bool contains(const std::vector<std::string_view>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
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

}  // namespace

void check_app_dir(const fs::path& app_dir, const Application& application, const fs::path& home) {
  const auto refuse = [&](std::string_view why) {
    throw UsageError(fmt::format("--app-dir '{}' {}", app_dir.string(), why));
  };
  if (app_dir.empty()) refuse("is empty: name the application's directory");
  std::error_code error;
  const auto status = fs::symlink_status(without_slash(app_dir), error);
  if (fs::is_symlink(status)) refuse("is a symbolic link: name the directory itself");
  if (fs::exists(status) && !fs::is_directory(status)) refuse("is not a directory");
  if (is_same(app_dir, "/")) refuse("is the root directory, which is not cleared");
  if (is_same(app_dir, home)) refuse("is the home directory, which is not cleared");
  if (std::none_of(kinds().begin(), kinds().end(),
                   [&](const Kind& kind) { return application.covers(kind.service); })) {
    throw UsageError(
        "--app-dir clears the artifacts of backend and frontend, and neither is a target");
  }
  for (const Kind& kind : kinds()) {
    if (!application.covers(kind.service)) continue;
    const fs::path directory = app_dir / kind.service;
    const auto directory_status = fs::symlink_status(directory, error);
    if (fs::is_symlink(directory_status)) {
      refuse(
          fmt::format("has a '{}' that is a symbolic link, which is not followed", kind.service));
    }
    if (fs::exists(directory_status) && !fs::is_directory(directory_status)) {
      refuse(fmt::format("has a '{}' that is not a directory", kind.service));
    }
    if (has_home(directory, home)) {
      refuse(fmt::format("has the home directory in '{}', which is not cleared", kind.service));
    }
  }
}

ArtifactSearch find_artifacts(const fs::path& app_dir, const Application& application) {
  ArtifactSearch result;
  std::error_code error;
  result.nothing_there = fs::symlink_status(app_dir, error).type() == fs::file_type::not_found;
  for (const Kind& kind : kinds()) {
    if (!application.covers(kind.service)) continue;
    const fs::path directory = app_dir / kind.service;
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

}  // namespace cac
