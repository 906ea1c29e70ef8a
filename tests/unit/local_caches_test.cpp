#include "clear/local_caches.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using cac::find_local_caches;
using cac::LocalCache;
using cac::LocalCacheKind;
namespace fs = std::filesystem;

namespace {

// A directory with a cache as buildx writes it, and with what is none.
class Directories {
 public:
  Directories() : root(fs::temp_directory_path() / ("local_caches." + std::to_string(getpid()))) {
    fs::remove_all(root);
    const std::string blob = "blobs/sha256/" + std::string(64, 'a');
    for (const std::string& file :
         {std::string("cache/index.json"), std::string("cache/oci-layout"), "cache/" + blob,
          std::string("mixed/index.json"), "mixed/" + blob, std::string("mixed/precious"),
          std::string("source/main.js")}) {
      fs::create_directories((root / file).parent_path());
      std::ofstream(root / file) << "12345";
    }
    fs::create_directories(root / "cache/ingest");
    fs::create_directories(root / "empty");
    fs::create_directory_symlink(root / "cache", root / "link");
  }
  ~Directories() { fs::remove_all(root); }
  Directories(const Directories&) = delete;
  Directories& operator=(const Directories&) = delete;

  std::vector<LocalCache> find(const std::string& name, const std::string& home = "") const {
    return find_local_caches({.directories = {{.source = root / name, .services = {"web"}}}}, home);
  }

  fs::path root;
};

}  // namespace

TEST_CASE("a directory that is nothing but a cache can be cleared") {
  const Directories directories;
  for (const char* const name : {"cache", "cache/", "cache/.", "source/../cache"}) {
    CAPTURE(name);
    const auto found = directories.find(name);
    REQUIRE(found.size() == 1);
    CHECK(found.front().path == directories.root / "cache");
    CHECK(found.front().kind == LocalCacheKind::cache);
    CHECK(found.front().size.count == 15);
    CHECK(found.front().services == std::vector<std::string>{"web"});
  }
}

TEST_CASE("a name is relative to the working directory, as BuildKit's client reads it") {
  const Directories directories;
  const fs::path before = fs::current_path();
  fs::current_path(directories.root / "source");
  const auto found = find_local_caches({.directories = {{.source = "../cache"}}}, "");
  fs::current_path(before);
  REQUIRE(found.size() == 1);
  CHECK(found.front().path == directories.root / "cache");
}

TEST_CASE("what is more than a cache, or a link to one, is left alone") {
  const Directories directories;
  for (const char* const name : {"mixed", "source", "link", "link/", "cache/index.json"}) {
    CAPTURE(name);
    const auto found = directories.find(name);
    REQUIRE(found.size() == 1);
    CHECK(found.front().kind == LocalCacheKind::other);
  }
  CHECK(find_local_caches({.directories = {{.source = "/"}}}, "").front().kind ==
        LocalCacheKind::other);
  // A home directory that looks like a cache.
  CHECK(directories.find("cache", directories.root / "cache").front().kind ==
        LocalCacheKind::other);
  CHECK(directories.find("cache", directories.root / "cache/blobs").front().kind ==
        LocalCacheKind::other);
  CHECK(directories.find("cache", directories.root).front().kind == LocalCacheKind::cache);
}

TEST_CASE("one directory under several names is one cache, and links on the way are followed") {
  const Directories directories;
  fs::create_directory_symlink(directories.root, directories.root / "way");
  const auto found = find_local_caches(
      {.directories = {{.source = directories.root / "cache", .services = {"a"}},
                       {.source = directories.root / "way/cache/", .services = {"b"}}}},
      "");
  REQUIRE(found.size() == 1);
  CHECK(found.front().path == directories.root / "cache");
  CHECK(found.front().services == std::vector<std::string>{"a", "b"});
}

TEST_CASE("what a removal that was cut off has left can be cleared") {
  const Directories directories;
  for (const char* const name : {"ingest", "blobs", "index.json"}) {
    fs::remove_all(directories.root / "cache" / name);
    CHECK(directories.find("cache").front().kind == LocalCacheKind::cache);
  }
  fs::create_directories(directories.root / "cache/blobs");
  CHECK(directories.find("cache").front().kind == LocalCacheKind::cache);
  std::ofstream(directories.root / "cache/blobs/mine") << "1";
  CHECK(directories.find("cache").front().kind == LocalCacheKind::other);
}

TEST_CASE("a directory with nothing but an index.json or an ingest is anybody's") {
  const Directories directories;
  for (const char* const name : {"blobs", "oci-layout", "ingest"}) {
    fs::remove_all(directories.root / "cache" / name);
  }
  CHECK(directories.find("cache").front().kind == LocalCacheKind::other);
  fs::create_directories(directories.root / "mine/ingest");
  CHECK(directories.find("mine").front().kind == LocalCacheKind::other);
}

TEST_CASE("what only looks like a cache is left alone") {
  const Directories directories;
  const fs::path cache = directories.root / "cache";
  for (const char* const file : {"blobs/sha256/precious.cpp", "ingest/key"}) {
    CAPTURE(file);
    std::ofstream(cache / file) << "1";
    CHECK(directories.find("cache").front().kind == LocalCacheKind::other);
    fs::remove(cache / file);
    CHECK(directories.find("cache").front().kind == LocalCacheKind::cache);
  }
  for (const char* const part : {"ingest", "blobs"}) {
    CAPTURE(part);
    fs::rename(cache / part, directories.root / "elsewhere");
    fs::create_directory_symlink(directories.root / "elsewhere", cache / part);
    CHECK(directories.find("cache").front().kind == LocalCacheKind::other);
    fs::remove(cache / part);
    fs::rename(directories.root / "elsewhere", cache / part);
  }
  // As containerd keeps the content of its images.
  fs::remove(cache / "index.json");
  fs::remove(cache / "oci-layout");
  CHECK(directories.find("cache").front().kind == LocalCacheKind::other);
}

TEST_CASE("what may not be looked at is not taken for absent") {
  const Directories directories;
  fs::create_directory_symlink("loop", directories.root / "loop");  // fails for root as well
  CHECK(directories.find("loop/cache").front().kind == LocalCacheKind::other);
}

TEST_CASE("a relative name that is not there is told where a build may run elsewhere") {
  const Directories directories;
  const auto find = [](const std::string& name, bool runs_elsewhere) {
    return find_local_caches({.directories = {{.source = name}}, .runs_elsewhere = runs_elsewhere},
                             "");
  };
  const auto found = find("no/such/cache", true);
  REQUIRE(found.size() == 1);
  CHECK(found.front().path == fs::current_path() / "no/such/cache");
  CHECK(found.front().kind == LocalCacheKind::missing);
  CHECK(find("no/such/cache", false).empty());
  CHECK(find("/no/such/cache", true).empty());
}

TEST_CASE("an empty directory proves nothing about where builds run") {
  const Directories directories;
  const fs::path before = fs::current_path();
  fs::current_path(directories.root);
  const auto found =
      find_local_caches({.directories = {{.source = "empty"}}, .runs_elsewhere = true}, "");
  fs::current_path(before);
  REQUIRE(found.size() == 1);
  CHECK(found.front().kind == LocalCacheKind::missing);
}

TEST_CASE("a link to a cache that was removed is nothing any more") {
  const Directories directories;
  fs::remove_all(directories.root / "cache");
  CHECK(directories.find("link").empty());
}

TEST_CASE("where the current directory was removed, the other names are looked up all the same") {
  const Directories directories;
  const fs::path before = fs::current_path();
  fs::create_directories(directories.root / "gone");
  fs::current_path(directories.root / "gone");
  fs::remove(directories.root / "gone");
  const auto absolute = directories.find("cache");
  const auto relative =
      find_local_caches({.directories = {{.source = "./cache"}}, .runs_elsewhere = true}, "");
  fs::current_path(before);
  REQUIRE(absolute.size() == 1);
  CHECK(absolute.front().kind == LocalCacheKind::cache);
  REQUIRE(relative.size() == 1);
  CHECK(relative.front().kind == LocalCacheKind::missing);
}

TEST_CASE("what is not there or empty is no cache") {
  const Directories directories;
  CHECK(directories.find("nowhere").empty());
  CHECK(directories.find("empty").empty());
}

TEST_CASE("a cache is removed, and nothing that a link in it points to") {
  const Directories directories;
  fs::create_directory_symlink(directories.root / "source", directories.root / "cache/blobs/link");
  const fs::path cache = directories.root / "cache";
  CHECK(cac::remove_local_cache(cache));
  CHECK_FALSE(fs::exists(cache));
  CHECK(fs::exists(directories.root / "source/main.js"));
  CHECK_FALSE(cac::remove_local_cache(cache));
}
