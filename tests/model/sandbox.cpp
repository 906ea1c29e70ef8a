#include "sandbox.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace cac::model {

namespace fs = std::filesystem;

namespace {

// What --app-dir clears, as its help has it, and what it leaves.
const std::vector<std::string> artifacts{
    "frontend/.next/cache/a",          "frontend/out/index.html", "frontend/node_modules/.cache/b",
    "frontend/src/.cache/c",           "backend/staticfiles/d",   "backend/app/__pycache__/m.pyc",
    "backend/.pytest_cache/README.md", "backend/app/old.pyo"};
const std::vector<std::string> sources{"frontend/src/out/index.html",
                                       "frontend/node_modules/x/package.json",
                                       "backend/app/main.py",
                                       "backend/app/staticfiles/kept",
                                       "backend/.cache/kept",
                                       "other/.next/kept",
                                       "compose.yaml"};

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

}  // namespace

Sandbox::Sandbox(const std::string& parent) {
  std::string pattern = parent + "/XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

void Sandbox::fill(const Asked& asked) {
  const fs::path root(path_);
  for (const char* const name : {"app", "bin", "caches", "github", "home", "run", "tmp", "work"}) {
    fs::remove_all(root / name);
  }
  for (const char* const name : {"home/.docker", "tmp", "run", "work"}) {
    fs::create_directories(root / name);
  }
  if (asked.has_app_dir) {
    for (const auto& file : artifacts) write(root / "app" / file, "artifact");
    for (const auto& file : sources) write(root / "app" / file, "source");
    fs::create_symlink(root / "home", root / "app/backend/home");
  }
  if (asked.on_github) fs::create_directories(root / "github");
  if (!asked.builder.empty()) {
    const char* const driver = asked.builder_is_elsewhere ? "kubernetes" : "docker-container";
    write(
        root / "bin/docker",
        fmt::format("#!/bin/sh\nprintf 'Name: {0}\\nDriver: {1}\\nNodes:\\nName: {0}0\\nEndpoint: "
                    "default\\n'\n",
                    asked.builder, driver));
    fs::permissions(root / "bin/docker", fs::perms::owner_all);
  }
  if (!asked.file) return;
  for (const LocalDirectory& directory : asked.file->directories) {
    const fs::path path = root / directory.name;
    using DirectoryKind = LocalDirectory::Kind;
    if (directory.kind == DirectoryKind::empty) fs::create_directories(path);
    if (directory.kind == DirectoryKind::cache || directory.kind == DirectoryKind::other) {
      write(path / "index.json", "{}");
      write(path / "oci-layout", "{}");
      write(path / "blobs/sha256" / std::string(64, 'a'), "layer");
    }
    if (directory.kind == DirectoryKind::other) write(path / "thesis.odt", "years of work");
  }
}

Sandbox::Contents Sandbox::list() const {
  Contents contents;
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    const std::string name = entry.path().lexically_relative(path_);
    if (entry.is_symlink()) {
      contents[name] = "-> " + fs::read_symlink(entry.path()).string();
    } else if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      contents[name] = {std::istreambuf_iterator<char>(file), {}};
    } else if (entry.is_socket()) {
      if (name != "engine.sock") contents[name] = "socket";
    } else {
      contents[name + "/"] = "";
    }
  }
  return contents;
}

bool is_file_source(const Asked& asked, const std::string& file) {
  if (asked.has_app_dir) {
    for (const std::string& artifact : artifacts) {
      const std::string service = artifact.substr(0, artifact.find('/'));
      if (!asked.covers(service)) continue;
      // A directory goes with all that is in it.
      const std::string name = "app/" + artifact;
      static const std::vector<std::string> trees{
          "/.next/", "/out/", "/.cache/", "/staticfiles/", "/__pycache__/", "/.pytest_cache/"};
      std::string root = name;
      for (const std::string& tree : trees) {
        const auto at = name.find(tree);
        if (at != std::string::npos) root = name.substr(0, at + tree.size());
      }
      if (file == name || file.starts_with(root)) return true;
    }
  }
  if (!asked.file) return false;
  for (const LocalDirectory& directory : asked.file->directories) {
    if (directory.kind != LocalDirectory::Kind::cache) continue;
    if (file.starts_with(directory.name + "/")) return true;
  }
  return false;
}

}  // namespace cac::model
