#include "clear/artifacts.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "texts.hpp"

namespace fs = std::filesystem;
using cac::Target;
using cac::UsageError;
using cac::test::Containing;
using cac::test::joined;
using cac::test::Texts;

namespace {

// An application's folder with artifacts, with what only looks like them, and with links that lead
// out of it.
struct AppFolder {
  AppFolder() {
    std::string pattern = "/tmp/artifacts-test.XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    app = root / "app";
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
  ~AppFolder() { fs::remove_all(root); }
  AppFolder(const AppFolder&) = delete;
  AppFolder& operator=(const AppFolder&) = delete;

  void write(const fs::path& file) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << "12345";
  }
  std::string found(Target target) const {
    Texts paths;
    for (const auto& artifact : cac::find_artifacts(app, target).found) {
      paths.push_back(artifact.path.lexically_relative(app));
    }
    return joined(paths);
  }

  fs::path root;
  fs::path app;
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
  const AppFolder folder;
  CHECK(folder.found(Target::backend) == backend_artifacts);
  CHECK(folder.found(Target::frontend) == frontend_artifacts);
  CHECK(folder.found(Target::all) == std::string(backend_artifacts) + frontend_artifacts);
}

TEST_CASE("an artifact's size is that of its files, and a link has none") {
  const AppFolder folder;
  for (const auto& artifact : cac::find_artifacts(folder.app, Target::all).found) {
    CAPTURE(artifact.path.string());
    CHECK(artifact.size.count == (fs::is_symlink(artifact.path) ? 0 : 5));
  }
}

TEST_CASE("removing follows no link, and leaves everything else") {
  const AppFolder folder;
  for (const auto& artifact : cac::find_artifacts(folder.app, Target::all).found) {
    CHECK(cac::remove_artifact(folder.app, artifact.path));
    CHECK_FALSE(cac::remove_artifact(folder.app, artifact.path));
  }
  CHECK(folder.found(Target::all).empty());
  for (const char* const kept : {"outside/precious", "app/backend/linked",
                                 "app/backend/app/main.py", "app/backend/app/staticfiles/kept.css",
                                 "app/frontend/src/out/kept.ts", "app/frontend/package.json"}) {
    CAPTURE(kept);
    CHECK(fs::exists(folder.root / kept));
  }
}

TEST_CASE("a folder that was exchanged for a link since it was found is not followed") {
  for (const char* const exchanged : {"app/frontend/node_modules", "app/frontend"}) {
    CAPTURE(exchanged);
    const AppFolder folder;
    folder.write("outside/node_modules/.cache/precious");
    folder.write("outside/.cache/precious");
    const auto found = cac::find_artifacts(folder.app, Target::frontend).found;
    fs::rename(folder.root / exchanged, folder.root / "moved");
    fs::create_directory_symlink(folder.root / "outside", folder.root / exchanged);
    std::size_t refused = 0;
    for (const auto& artifact : found) {
      try {
        cac::remove_artifact(folder.app, artifact.path);
      } catch (const fs::filesystem_error& error) {
        ++refused;
        CHECK(error.path1() == artifact.path);
      }
    }
    CHECK(refused > 0);
    CHECK(fs::exists(folder.root / "outside/node_modules/.cache/precious"));
    CHECK(fs::exists(folder.root / "outside/.cache/precious"));
  }
}

TEST_CASE("the folder's name may be written in any way that is no link") {
  const AppFolder folder;
  const std::string path = folder.app;
  for (const std::string& name :
       Texts{path + "/", path + "/.", path + "//", path + "/backend/.."}) {
    CAPTURE(name);
    folder.write("app/backend/__pycache__/main.pyc");
    CHECK_NOTHROW(cac::check_app_dir(name, Target::all, ""));
    for (const auto& artifact : cac::find_artifacts(name, Target::backend).found) {
      CHECK(cac::remove_artifact(name, artifact.path));
    }
    CHECK(folder.found(Target::backend).empty());
  }
}

TEST_CASE("a file that is called nothing but the ending is one, too") {
  const AppFolder folder;
  folder.write("app/backend/app/.pyc");
  CHECK(folder.found(Target::backend) == Containing{"backend/app/.pyc\n"});
}

TEST_CASE("a service folder that is not there is told, and is no error") {
  const AppFolder folder;
  fs::remove_all(folder.app / "frontend");
  const auto search = cac::find_artifacts(folder.app, Target::all);
  REQUIRE(search.absent.size() == 1);
  CHECK(search.absent[0] == folder.app / "frontend");
  CHECK(cac::find_artifacts(folder.root / "nowhere", Target::all).absent.size() == 2);
}

TEST_CASE("folders that must not be cleared are refused") {
  const AppFolder folder;
  const fs::path app = folder.app;
  fs::create_directory_symlink(app, folder.root / "link");
  std::ofstream(folder.root / "file") << "x";
  const auto home = folder.root / "outside";
  fs::create_directory_symlink(home, folder.root / "way-home");
  for (const fs::path& path :
       {fs::path(), fs::path("/"), fs::path("//"), fs::path("/tmp/.."), home, home / ".",
        folder.root / "link", folder.root / "link/", folder.root / "link/.",
        folder.root / "link/backend/..", folder.root / "file"}) {
    CAPTURE(path.string());
    CHECK_THROWS_AS(cac::check_app_dir(path, Target::all, home), UsageError);
  }
  CHECK_NOTHROW(cac::check_app_dir(app, Target::all, home));
  // The home folder in a service's, by any name.
  CHECK_THROWS_AS(cac::check_app_dir(app, Target::all, app / "backend"), UsageError);
  CHECK_THROWS_AS(cac::check_app_dir(app, Target::all, app / "backend/app"), UsageError);
  CHECK_NOTHROW(cac::check_app_dir(app, Target::frontend, app / "backend/app"));
  CHECK_THROWS_AS(cac::check_app_dir(home, Target::all, folder.root / "way-home"), UsageError);
  CHECK_NOTHROW(cac::check_app_dir(folder.root / "nowhere", Target::all, ""));
}

TEST_CASE("a service folder that is a link or a file is refused, unless the target leaves it out") {
  const AppFolder folder;
  fs::remove_all(folder.app / "frontend");
  SUBCASE("a link") {
    fs::create_directory_symlink(folder.root / "outside", folder.app / "frontend");
  }
  SUBCASE("a file") { folder.write("app/frontend"); }
  CHECK_THROWS_AS(cac::check_app_dir(folder.app, Target::all, ""), UsageError);
  CHECK_THROWS_AS(cac::check_app_dir(folder.app, Target::frontend, ""), UsageError);
  CHECK_NOTHROW(cac::check_app_dir(folder.app, Target::backend, ""));
}
