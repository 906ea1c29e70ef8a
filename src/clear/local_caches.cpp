#include "clear/local_caches.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "base/filesystem.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

// What `--cache-to type=local` writes (measured with buildx 0.19 to 0.29).
constexpr std::array<std::string_view, 5> layout{"blobs", "index.json", "index.json.lock", "ingest",
                                                 "oci-layout"};

bool is_layout(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    if (std::find(layout.begin(), layout.end(), name) == layout.end()) return false;
  }
  return !error && fs::is_regular_file(fs::symlink_status(directory / "index.json", error)) &&
         fs::is_directory(fs::symlink_status(directory / "blobs", error));
}

}  // namespace

std::vector<LocalCache> find_local_caches(const std::vector<ComposeCache>& directories,
                                          const std::string& home) {
  std::vector<LocalCache> caches;
  for (const ComposeCache& named : directories) {
    const fs::path path = without_slash(fs::absolute(named.source));
    std::error_code error;
    const auto status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) continue;
    if (fs::is_directory(status) && fs::is_empty(path, error) && !error) continue;
    const bool is_clearable =
        fs::is_directory(status) && !is_same(path, "/") && !has_home(path, home) && is_layout(path);
    caches.push_back({.path = path,
                      .services = named.services,
                      .is_clearable = is_clearable,
                      .size = is_clearable ? size_on_disk(path) : Bytes{}});
  }
  return caches;
}

}  // namespace cac
