// What is a cache source for the run's target, by the project's contract and not by the tool's
// code.
#pragma once

#include <string>
#include <vector>

#include "answers.hpp"
#include "asked.hpp"

namespace cac::model {

// Whether the image, by this name, is a cache source of the target that the tool may remove.
bool is_target(const Asked& asked, const std::string& name, const std::string& compose_project);
// Whether only cache_from names it, and another Compose project has made it: it is not removed, and
// yet a cache source.
bool is_foreign(const Asked& asked, const std::string& name, const std::string& compose_project);

// The names of cache sources among images; with which ID.
struct Source {
  std::string name;
  std::string id;
  bool is_foreign = false;
};
std::vector<Source> list_sources(const Asked& asked, const FakeScene& scene);
std::vector<Source> list_sources(const Asked& asked, const std::vector<ListedImage>& images);

// Records that --keep-cache-mounts keeps; the others are cache sources.
template <typename Record>
bool is_kept(const Asked& asked, const Record& record, const std::vector<Record>& all) {
  if (!asked.keeps_mounts) return false;
  if (record.type == "exec.cachemount") return true;
  // The directory that BuildKit made for a mount: no step of any Dockerfile.
  if (record.description != "[internal] setting cache mount permissions" &&
      record.description != "[internal] settings cache mount permissions") {
    return false;
  }
  for (const Record& other : all) {
    if (other.type != "exec.cachemount") continue;
    for (const std::string& parent : other.parents) {
      if (parent == record.id) return true;
    }
  }
  return false;
}
template <typename Record>
std::vector<std::string> list_left(const Asked& asked, const std::vector<Record>& records) {
  std::vector<std::string> left;
  for (const Record& record : records) {
    if (!is_kept(asked, record, records)) left.push_back(record.id);
  }
  return left;
}

// Whether no engine could be brought to be clean: a cache elsewhere, or a builder elsewhere.
bool has_unclearable(const Asked& asked, const State& state);
// The builders' containers whose caches must be empty for the verdict "clean".
std::vector<std::string> list_cleared_builders(const Asked& asked, const State& state);

// Whether a dangling image is another application's, by what the engine had before the clearing.
bool is_of_others(const Asked& asked, const FakeScene& before, const FakeImage& dangling);

// "shop-web:before" of "shop-web:latest".
std::string name_backup(const Asked& asked, const std::string& name);

}  // namespace cac::model
