#include "clear/local_caches.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/filesystem.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

// What `--cache-to type=local` writes (measured with buildx 0.19 to 0.29).
constexpr std::array<std::string_view, 5> layout{"blobs", "index.json", "index.json.lock", "ingest",
                                                 "oci-layout"};

bool has_only(const fs::path& directory, std::span<const std::string_view> names) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    if (std::ranges::find(names, name) == names.end()) return false;
  }
  return !error;
}

// Whole, or what a removal that was cut off has left.
bool is_layout(const fs::path& directory) {
  constexpr std::array<std::string_view, 1> digests{"sha256"};
  std::error_code error;
  const auto blobs = fs::symlink_status(directory / "blobs", error);
  return has_only(directory, layout) &&
         (!fs::exists(blobs) ||
          (fs::is_directory(blobs) && has_only(directory / "blobs", digests)));
}

}  // namespace

std::vector<LocalCache> find_local_caches(const std::vector<ComposeCache>& directories,
                                          const std::string& home) {
  std::vector<LocalCache> caches;
  for (const ComposeCache& named : directories) {
    std::error_code error;
    const fs::path plain = without_slash(fs::absolute(named.source));
    // Links on the way are followed, as a build does; the last name is not.
    const fs::path parent = fs::weakly_canonical(plain.parent_path(), error);
    const fs::path path = error ? plain : parent / plain.filename();
    const auto same = std::ranges::find(caches, path.string(), &LocalCache::path);
    if (same != caches.end()) {
      same->services.insert(same->services.end(), named.services.begin(), named.services.end());
      continue;
    }
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
