#include "clear/artifacts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/filesystem.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

std::vector<std::string_view> find_services(const Application& application) {
  std::vector<std::string_view> services{"backend", "frontend"};
  std::erase_if(services, [&](std::string_view service) { return !application.covers(service); });
  return services;
}

// at_top: directly in the service's directory.
bool is_artifact(const fs::directory_entry& entry, std::string_view service, bool at_top) {
  const std::string name = entry.path().filename();
  std::error_code error;
  const auto status = entry.symlink_status(error);
  const bool is_directory = fs::is_directory(status);
  // A link by one of the names is an artifact itself: it goes, what it points to stays.
  const bool may_be_tree = is_directory || fs::is_symlink(status);
  if (service == "frontend") {
    return (at_top && (name == ".next" || name == ".turbo" || name == "out")) ||
           (may_be_tree && name == ".cache");
  }
  return (at_top && name == "staticfiles") ||
         (may_be_tree &&
          (name == "__pycache__" || name == ".pytest_cache" || name == ".mypy_cache")) ||
         (!is_directory &&
          (name.ends_with(".pyc") || name.ends_with(".pyo") || name.ends_with(".pyd")));
}

void search(const fs::path& directory, std::string_view service, bool at_top,
            ArtifactSearch& result) {
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

}  // namespace

void check_app_dir(const fs::path& app_dir, const Application& application, const fs::path& home) {
  const auto refuse = [&](std::string_view why) {
    throw UsageError(fmt::format("--app-dir '{}' {}", app_dir.string(), why));
  };
  if (app_dir.empty()) refuse("is empty: name the application's directory");
  std::error_code error;
  const auto status = fs::symlink_status(without_slash(app_dir), error);
  if (fs::is_symlink(status)) refuse("is a symbolic link: name the directory itself");
  if (status.type() == fs::file_type::not_found) refuse("does not exist: is its name right?");
  if (fs::exists(status) && !fs::is_directory(status)) refuse("is not a directory");
  if (is_same(app_dir, "/")) refuse("is the root directory, which is not cleared");
  if (is_same(app_dir, home)) refuse("is the home directory, which is not cleared");
  const auto services = find_services(application);
  if (services.empty()) {
    throw UsageError(
        "--app-dir clears the artifacts of backend and frontend, and neither is a target");
  }
  for (const std::string_view service : services) {
    const auto found = fs::symlink_status(app_dir / service, error);
    if (fs::is_symlink(found)) {
      refuse(fmt::format("has a '{}' that is a symbolic link, which is not followed", service));
    }
    if (fs::exists(found) && !fs::is_directory(found)) {
      refuse(fmt::format("has a '{}' that is not a directory", service));
    }
    if (has_home(app_dir / service, home)) {
      refuse(fmt::format("has the home directory in '{}', which is not cleared", service));
    }
  }
}

ArtifactSearch find_artifacts(const fs::path& app_dir, const Application& application) {
  ArtifactSearch result;
  std::error_code error;
  for (const std::string_view service : find_services(application)) {
    const fs::path directory = app_dir / service;
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

}  // namespace cac
