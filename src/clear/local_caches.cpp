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

// Whole, or what remove_local_cache has left. An index.json alone may be anybody's.
bool is_layout(const fs::path& directory) {
  constexpr std::array<std::string_view, 1> digests{"sha256"};
  std::error_code error;
  if (!has_only(directory, layout)) return false;
  const auto blobs = fs::symlink_status(directory / "blobs", error);
  if (!fs::exists(blobs)) {
    return fs::is_regular_file(fs::symlink_status(directory / "oci-layout", error));
  }
  return fs::is_directory(blobs) && has_only(directory / "blobs", digests);
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
    LocalCache cache{.path = path, .services = named.services, .kind = LocalCacheKind::other};
    const auto status = fs::symlink_status(path, error);
    if (!fs::exists(status)) {
      if (fs::path(named.source).is_absolute()) continue;
      cache.kind = LocalCacheKind::missing;
    } else if (fs::is_directory(status)) {
      if (fs::is_empty(path, error) && !error) continue;
      if (!is_same(path, "/") && !has_home(path, home) && is_layout(path)) {
        cache.kind = LocalCacheKind::cache;
        cache.size = size_on_disk(path);
      }
    }
    caches.push_back(std::move(cache));
  }
  return caches;
}

bool remove_local_cache(const std::string& path) {
  const fs::path cache(path);
  const fs::path parent = cache.parent_path();
  for (const char* const name : {"index.json", "index.json.lock", "ingest"}) {
    remove_inside(parent, cache / name);
  }
  return remove_inside(parent, cache);
}

}  // namespace cac
