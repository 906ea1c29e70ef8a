#include "clear/recorded_builds.hpp"

#include <algorithm>
#include <filesystem>

#include "base/filesystem.hpp"

namespace cac {

namespace {

namespace fs = std::filesystem;

// Each is a question to docker. BuildKit keeps 50 records.
constexpr std::size_t max_inspected = 50;

bool is_same_place(const std::string& one, const std::string& other) {
  return one == other || (one.find("://") == std::string::npos && is_same(one, other));
}

// Compose's targets for bake have no dots in their names.
bool is_same_name(const std::string& target, const std::string& service) {
  return std::ranges::equal(target, service, [](char one, char other) {
    return one == other || (one == '_' && other == '.');
  });
}

bool is_of(const BuildOrigin& origin, const Build& build, const std::string& project) {
  if (!project.empty()) {
    return origin.project == project && is_same_name(build.name, origin.service);
  }
  const bool is_same_file =
      build.dockerfile.empty() || build.dockerfile == "-" ||
      fs::path(build.dockerfile).filename() == fs::path(origin.dockerfile).filename();
  return is_same_file && build.stage == origin.stage && !origin.context.empty() &&
         is_same_place(build.context, origin.context);
}

// Finds the records of builds, each of which is asked for one by one.
class Finder {
 public:
  Finder(const BuildHistory& history, const std::vector<Build>& builds, const std::string& project)
      : history_(history), builds_(builds), project_(project), missing_(builds) {}

  bool is_complete() const { return missing_.empty(); }

  void add(const BuildRecord& record) {
    if (inspected_ == max_inspected) return;
    ++inspected_;
    const BuildOrigin origin = history_.find_origin(record.id);
    const auto is_its = [&](const Build& build) { return is_of(origin, build, project_); };
    const auto known = std::ranges::find_if(builds_, is_its);
    if (known == builds_.end()) return;
    // Several targets can be built of the same files.
    const auto missing = std::ranges::find_if(missing_, is_its);
    const std::string& name = missing == missing_.end() ? known->name : missing->name;
    found_.builds.push_back({.name = name, .record = record});
    if (record.cached_steps > 0) {
      found_.builds.back().imports = history_.list_imports(record.id);
    }
    if (missing != missing_.end()) missing_.erase(missing);
  }

  RecordedBuilds result() && {
    std::ranges::sort(found_.builds, {}, &RecordedBuild::name);
    for (const Build& build : missing_) found_.unrecorded.push_back(build.name);
    return std::move(found_);
  }

 private:
  const BuildHistory& history_;
  const std::vector<Build>& builds_;
  const std::string& project_;
  std::vector<Build> missing_;
  RecordedBuilds found_;
  std::size_t inspected_ = 0;
};

}  // namespace

RecordedBuilds find_new_builds(const BuildHistory& history, const std::vector<Build>& builds,
                               const std::string& project,
                               const std::vector<BuildRecord>& earlier) {
  Finder finder(history, builds, project);
  for (const BuildRecord& record : history.list()) {
    const bool is_new = std::ranges::find(earlier, record.id, &BuildRecord::id) == earlier.end();
    if (is_new) finder.add(record);
  }
  return std::move(finder).result();
}

RecordedBuilds find_last_builds(const BuildHistory& history, const std::vector<Build>& builds,
                                const std::string& project) {
  Finder finder(history, builds, project);
  for (const BuildRecord& record : history.list()) {
    if (!finder.is_complete()) finder.add(record);
  }
  return std::move(finder).result();
}

}  // namespace cac
