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

// Whether every name in the directory, which must be readable, is one of those.
template <typename IsExpected>
bool has_only(const fs::path& directory, const IsExpected& is_expected) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (!is_expected(it->path().filename().string())) return false;
  }
  return !error;
}

bool is_digest(const std::string& name) {
  constexpr std::size_t digits = 64;
  return name.size() == digits && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error));
}

// Whole, or what remove_local_cache has left. An index.json alone may be anybody's, and blobs alone
// may be an engine's own store.
bool is_layout(const fs::path& directory) {
  const fs::path blobs = directory / "blobs";
  const fs::path ingest = directory / "ingest";
  std::error_code error;
  const bool has_blobs = fs::exists(fs::symlink_status(blobs, error));
  const bool is_marked =
      is_file(directory / "oci-layout") || (has_blobs && is_file(directory / "index.json"));
  if (!is_marked || !has_only(directory, [](const std::string& name) {
        return std::ranges::find(layout, name) != layout.end();
      })) {
    return false;
  }
  if (fs::exists(fs::symlink_status(ingest, error)) && !has_only(ingest, is_digest)) return false;
  if (!has_blobs) return true;
  return has_only(blobs, [](const std::string& name) { return name == "sha256"; }) &&
         (fs::is_empty(blobs, error) || has_only(blobs / "sha256", is_digest));
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
    const auto status = fs::symlink_status(path, error);  // of what may not be looked at: none
    if (status.type() == fs::file_type::not_found) {
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
  // The mark of a cache is the last, for the case that a removal is cut off.
  for (const char* const name : {"index.json.lock", "ingest", "blobs", "index.json"}) {
    remove_inside(parent, cache / name);
  }
  return remove_inside(parent, cache);
}

}  // namespace cac
