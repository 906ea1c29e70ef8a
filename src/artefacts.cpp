#include "artefacts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cac {

namespace fs = std::filesystem;

namespace {

// What a service leaves: directly in its folder, anywhere as a folder, anywhere as a file.
struct Kind {
  Target service;
  std::vector<std::string_view> top;
  std::vector<std::string_view> folders;
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

Bytes size_on_disk(const fs::path& path) {
  const auto status = fs::symlink_status(path);
  if (fs::is_regular_file(status)) return {static_cast<std::int64_t>(fs::file_size(path))};
  Bytes sum;
  if (!fs::is_directory(status)) return sum;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.symlink_status().type() == fs::file_type::regular) {
      sum += {static_cast<std::int64_t>(entry.file_size())};
    }
  }
  return sum;
}

void search(const fs::path& folder, const Kind& kind, std::vector<Artefact>& found) {
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::end(it); ++it) {
    const std::string name = it->path().filename();
    const bool is_folder = it->symlink_status().type() == fs::file_type::directory;
    // A link by one of the names is an artefact itself: it goes, what it points to stays.
    const bool is_link = it->is_symlink();
    const bool matches = (it.depth() == 0 && contains(kind.top, name)) ||
                         ((is_folder || is_link) && contains(kind.folders, name)) ||
                         (!is_folder && contains(kind.endings, it->path().extension()));
    if (!matches) continue;
    found.push_back({it->path(), size_on_disk(it->path())});
    it.disable_recursion_pending();
  }
}

}  // namespace

void check_app_dir(const fs::path& app_dir, Target target, const fs::path& home) {
  const auto refuse = [&](std::string_view why) {
    throw UsageError(fmt::format("--app-dir '{}' {}", app_dir.string(), why));
  };
  if (app_dir.empty()) refuse("is empty: name the application's folder");
  // "link/" would be followed.
  const fs::path bare = app_dir.has_filename() ? app_dir : app_dir.parent_path();
  std::error_code error;
  const auto status = fs::symlink_status(bare, error);
  if (fs::is_symlink(status)) refuse("is a symbolic link: name the folder itself");
  if (fs::exists(status) && !fs::is_directory(status)) refuse("is not a folder");
  const fs::path whole = fs::weakly_canonical(app_dir, error);
  if (whole == "/") refuse("is the root folder, which is not cleared");
  if (!home.empty() && whole == fs::weakly_canonical(home, error)) {
    refuse("is the home folder, which is not cleared");
  }
  for (const Kind& kind : kinds()) {
    if (target != Target::all && target != kind.service) continue;
    const fs::path folder = app_dir / text_of(kind.service);
    const auto folder_status = fs::symlink_status(folder, error);
    if (fs::is_symlink(folder_status)) {
      refuse(fmt::format("has a '{}' that is a symbolic link, which is not followed",
                         text_of(kind.service)));
    }
    if (fs::exists(folder_status) && !fs::is_directory(folder_status)) {
      refuse(fmt::format("has a '{}' that is not a folder", text_of(kind.service)));
    }
  }
}

ArtefactSearch find_artefacts(const fs::path& app_dir, Target target) {
  ArtefactSearch result;
  for (const Kind& kind : kinds()) {
    if (target != Target::all && target != kind.service) continue;
    const fs::path folder = app_dir / text_of(kind.service);
    if (fs::symlink_status(folder).type() == fs::file_type::directory) {
      search(folder, kind, result.found);
    } else {
      result.absent.push_back(folder);
    }
  }
  std::sort(result.found.begin(), result.found.end(),
            [](const Artefact& a, const Artefact& b) { return a.path < b.path; });
  return result;
}

Failure failure_of(const fs::filesystem_error& error) {
  return {FailureKind::filesystem,
          fmt::format("{}: {}", error.path1().string(), error.code().message()),
          "Run this as a user who may read and clear that folder."};
}

bool remove_artefact(const fs::path& path) { return fs::remove_all(path) > 0; }

}  // namespace cac
