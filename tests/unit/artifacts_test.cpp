#include "clear/artifacts.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/filesystem.hpp"
#include "temporary_directory.hpp"
#include "texts.hpp"

namespace fs = std::filesystem;
using cac::Application;
using cac::UsageError;
using cac::test::Containing;
using cac::test::joined;
using cac::test::Texts;

namespace {

// An application's directory with artifacts, with what only looks like them, and with links that
// lead out of it.
struct AppDirectory {
  AppDirectory() {
    for (const char* const file :
         {"app/frontend/.next/server/page.js", "app/frontend/.turbo/log", "app/frontend/out/index",
          "app/frontend/node_modules/.cache/babel", "app/frontend/node_modules/dep/.cache/x",
          "app/frontend/src/out/kept.ts", "app/frontend/package.json",
          "app/backend/staticfiles/site.css", "app/backend/app/__pycache__/main.pyc",
          "app/backend/app/old.pyo", "app/backend/.pytest_cache/v/last",
          "app/backend/.mypy_cache/3.11/x.json", "app/backend/app/main.py",
          "app/backend/app/staticfiles/kept.css", "outside/precious"}) {
      write(file);
    }
    fs::create_directory_symlink(root / "outside", app / "backend/linked");
    fs::create_directory_symlink(root / "outside", app / "backend/app/.mypy_cache");
  }

  void write(const fs::path& file) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << "12345";
  }
  std::string found(const Application& target) const {
    Texts paths;
    for (const auto& artifact : cac::find_artifacts(app, target).found) {
      paths.push_back(artifact.path.lexically_relative(app));
    }
    return joined(paths);
  }

  cac::test::TemporaryDirectory directory;
  fs::path root = directory.path;
  fs::path app = root / "app";
};

constexpr const char* backend_artifacts =
    "backend/.mypy_cache\n"
    "backend/.pytest_cache\n"
    "backend/app/.mypy_cache\n"
    "backend/app/__pycache__\n"
    "backend/app/old.pyo\n"
    "backend/staticfiles\n";
constexpr const char* frontend_artifacts =
    "frontend/.next\n"
    "frontend/.turbo\n"
    "frontend/node_modules/.cache\n"
    "frontend/node_modules/dep/.cache\n"
    "frontend/out\n";

}  // namespace

TEST_CASE("the target chooses whose artifacts are found") {
  const AppDirectory directory;
  CHECK(directory.found(Application{.targets = {"backend"}}) == backend_artifacts);
  CHECK(directory.found(Application{.targets = {"frontend"}}) == frontend_artifacts);
  CHECK(directory.found(Application{}) == std::string(backend_artifacts) + frontend_artifacts);
}

TEST_CASE("an artifact's size is that of its files, and a link has none") {
  const AppDirectory directory;
  for (const auto& artifact : cac::find_artifacts(directory.app, Application{}).found) {
    CAPTURE(artifact.path.string());
    CHECK(artifact.size.count == (fs::is_symlink(artifact.path) ? 0 : 5));
  }
}

TEST_CASE("removing follows no link, and leaves everything else") {
  const AppDirectory directory;
  for (const auto& artifact : cac::find_artifacts(directory.app, Application{}).found) {
    CHECK(cac::remove_inside(directory.app, artifact.path));
    CHECK_FALSE(cac::remove_inside(directory.app, artifact.path));
  }
  CHECK(directory.found(Application{}).empty());
  for (const char* const kept : {"outside/precious", "app/backend/linked",
                                 "app/backend/app/main.py", "app/backend/app/staticfiles/kept.css",
                                 "app/frontend/src/out/kept.ts", "app/frontend/package.json"}) {
    CAPTURE(kept);
    CHECK(fs::exists(directory.root / kept));
  }
}

TEST_CASE("a directory that was exchanged for a link since it was found is not followed") {
  for (const char* const exchanged : {"app/frontend/node_modules", "app/frontend"}) {
    CAPTURE(exchanged);
    const AppDirectory directory;
    directory.write("outside/node_modules/.cache/precious");
    directory.write("outside/.cache/precious");
    const auto found =
        cac::find_artifacts(directory.app, Application{.targets = {"frontend"}}).found;
    fs::rename(directory.root / exchanged, directory.root / "moved");
    fs::create_directory_symlink(directory.root / "outside", directory.root / exchanged);
    std::size_t refused = 0;
    for (const auto& artifact : found) {
      try {
        cac::remove_inside(directory.app, artifact.path);
      } catch (const fs::filesystem_error& error) {
        ++refused;
        CHECK(error.path1() == artifact.path);
      }
    }
    CHECK(refused > 0);
    CHECK(fs::exists(directory.root / "outside/node_modules/.cache/precious"));
    CHECK(fs::exists(directory.root / "outside/.cache/precious"));
  }
}

TEST_CASE("the directory's name may be written in any way that is no link") {
  const AppDirectory directory;
  const std::string path = directory.app;
  for (const std::string& name :
       Texts{path + "/", path + "/.", path + "//", path + "/backend/.."}) {
    CAPTURE(name);
    directory.write("app/backend/__pycache__/main.pyc");
    CHECK_NOTHROW(cac::check_app_dir(name, Application{}, ""));
    for (const auto& artifact :
         cac::find_artifacts(name, Application{.targets = {"backend"}}).found) {
      CHECK(cac::remove_inside(name, artifact.path));
    }
    CHECK(directory.found(Application{.targets = {"backend"}}).empty());
  }
}

TEST_CASE("a file that is called nothing but the ending is also one") {
  const AppDirectory directory;
  directory.write("app/backend/app/.pyc");
  CHECK(directory.found(Application{.targets = {"backend"}}) == Containing{"backend/app/.pyc\n"});
}

TEST_CASE("a service directory that is not there is noted, and is no error") {
  const AppDirectory directory;
  fs::remove_all(directory.app / "frontend");
  const auto search = cac::find_artifacts(directory.app, Application{});
  REQUIRE(search.absent.size() == 1);
  CHECK(search.absent[0] == directory.app / "frontend");
  CHECK(cac::find_artifacts(directory.root / "nowhere", Application{}).absent.size() == 2);
}

TEST_CASE("directories that must not be cleared are refused") {
  const AppDirectory directory;
  const fs::path app = directory.app;
  fs::create_directory_symlink(app, directory.root / "link");
  std::ofstream(directory.root / "file") << "x";
  const auto home = directory.root / "outside";
  fs::create_directory_symlink(home, directory.root / "way-home");
  for (const fs::path& path :
       {fs::path(), fs::path("/"), fs::path("//"), fs::path("/tmp/.."), home, home / ".",
        directory.root / "link", directory.root / "link/", directory.root / "link/.",
        directory.root / "link/backend/..", directory.root / "file"}) {
    CAPTURE(path.string());
    CHECK_THROWS_AS(cac::check_app_dir(path, Application{}, home), UsageError);
  }
  CHECK_NOTHROW(cac::check_app_dir(app, Application{}, home));
  // The home directory in a service's, by any name.
  CHECK_THROWS_AS(cac::check_app_dir(app, Application{}, app / "backend"), UsageError);
  CHECK_THROWS_AS(cac::check_app_dir(app, Application{}, app / "backend/app"), UsageError);
  CHECK_NOTHROW(cac::check_app_dir(app, Application{.targets = {"frontend"}}, app / "backend/app"));
  CHECK_THROWS_AS(cac::check_app_dir(home, Application{}, directory.root / "way-home"), UsageError);
  CHECK_THROWS_AS(cac::check_app_dir(directory.root / "nowhere", Application{}, ""), UsageError);
}

TEST_CASE(
    "a service directory that is a link or a file is refused, unless the target leaves it out") {
  const AppDirectory directory;
  fs::remove_all(directory.app / "frontend");
  SUBCASE("a link") {
    fs::create_directory_symlink(directory.root / "outside", directory.app / "frontend");
  }
  SUBCASE("a file") { directory.write("app/frontend"); }
  CHECK_THROWS_AS(cac::check_app_dir(directory.app, Application{}, ""), UsageError);
  CHECK_THROWS_AS(cac::check_app_dir(directory.app, Application{.targets = {"frontend"}}, ""),
                  UsageError);
  CHECK_NOTHROW(cac::check_app_dir(directory.app, Application{.targets = {"backend"}}, ""));
}
