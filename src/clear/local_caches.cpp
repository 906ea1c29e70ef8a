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

// Links are none of these.
fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type();
}

// Whether there is no such thing, or a directory of nothing but what is named by its digest.
bool has_only_digests(const fs::path& directory) {
  const fs::file_type type = type_of(directory);
  if (type == fs::file_type::not_found) return true;
  return type == fs::file_type::directory && has_only(directory, is_digest);
}

// Whole, or what remove_local_cache has left. An index.json alone may be anybody's, and blobs alone
// may be an engine's own store.
bool is_layout(const fs::path& directory) {
  const fs::file_type blobs = type_of(directory / "blobs");
  const bool has_blobs = blobs != fs::file_type::not_found;
  const bool is_marked = type_of(directory / "oci-layout") == fs::file_type::regular ||
                         (has_blobs && type_of(directory / "index.json") == fs::file_type::regular);
  const auto is_part = [](const std::string& name) {
    return std::ranges::find(layout, name) != layout.end();
  };
  const auto is_algorithm = [](const std::string& name) { return name == "sha256"; };
  if (!is_marked || !has_only(directory, is_part)) return false;
  if (!has_only_digests(directory / "ingest")) return false;
  if (!has_blobs) return true;
  return blobs == fs::file_type::directory && has_only(directory / "blobs", is_algorithm) &&
         has_only_digests(directory / "blobs/sha256");
}

// Links on the way are followed, as a build does; the last name is not.
fs::path resolve(const fs::path& source, const fs::path& place) {
  const fs::path plain = without_slash(place / source);
  std::error_code error;
  const fs::path parent = fs::weakly_canonical(plain.parent_path(), error);
  return error ? plain : parent / plain.filename();
}

// An empty directory is nothing, too, and so is a link to nothing.
bool is_nothing(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = type_of(path);
  return type == fs::file_type::not_found ||
         (type == fs::file_type::symlink &&
          fs::status(path, error).type() == fs::file_type::not_found) ||
         (type == fs::file_type::directory && fs::is_empty(path, error) && !error);
}

bool is_cache(const fs::path& path, const std::string& home) {
  return type_of(path) == fs::file_type::directory && !is_same(path, "/") &&
         !has_home(path, home) && is_layout(path);
}

}  // namespace

std::vector<LocalCache> find_local_caches(const BuildSources& builds, const std::string& home) {
  std::error_code removed;  // as the current directory may be
  const fs::path here = fs::current_path(removed);
  std::vector<LocalCache> caches;
  for (const NamedCache& named : builds.directories) {
    const fs::path path = resolve(named.source, here);
    const auto same = std::ranges::find(caches, path.string(), &LocalCache::path);
    if (same != caches.end()) {
      same->services.insert(same->services.end(), named.services.begin(), named.services.end());
      continue;
    }
    LocalCache cache{.path = path, .services = named.services, .kind = LocalCacheKind::missing};
    if (is_nothing(path)) {
      if (!builds.runs_elsewhere || fs::path(named.source).is_absolute()) continue;
    } else if (is_cache(path, home)) {
      cache.kind = LocalCacheKind::cache;
      cache.size = size_on_disk(path);
    } else {
      cache.kind = LocalCacheKind::other;
    }
    caches.push_back(std::move(cache));
  }
  return caches;
}

bool remove_local_cache(const std::string& path) {
  const fs::path cache(path);
  const fs::path parent = cache.parent_path();
  for (const char* const name : {"index.json.lock", "ingest", "blobs", "index.json"}) {
    remove_inside(parent, cache / name);
  }
  return remove_inside(parent, cache);
}

}  // namespace cac
