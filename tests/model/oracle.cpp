#include "oracle.hpp"

#include <algorithm>

#include "world.hpp"

namespace cac::model {

namespace {

// PROJECT-SERVICE:latest; "": another name.
std::string find_service(const std::string& project, const std::string& name) {
  const std::string begin = project + "-";
  const std::string end = ":latest";
  if (name.size() <= begin.size() + end.size()) return "";
  if (!name.starts_with(begin) || !name.ends_with(end)) return "";
  const std::string service = name.substr(begin.size(), name.size() - begin.size() - end.size());
  return service.find('/') == std::string::npos ? service : "";
}

// Compose has labeled it as that of a project with a longer name: "shop-admin", of "shop".
bool is_of_longer_project(const std::string& project, const std::string& name,
                          const std::string& label) {
  const std::string prefix = leave_out_path(project);
  const std::string bare = leave_out_path(name);
  if (label.size() <= prefix.size() || !label.starts_with(prefix)) return false;
  if (bare == label + ":latest") {
    return label != prefix + "-backend" && label != prefix + "-frontend";
  }
  return bare.starts_with(label + "-") || bare.starts_with(label + "_") ||
         bare.starts_with(label + ".");
}

bool is_builder(const FakeContainer& container) {
  return container.name.starts_with("buildx_buildkit_");
}

bool is_chosen(const Asked& asked, const FakeContainer& container) {
  return !asked.builder.empty() && !asked.builder_is_elsewhere &&
         container.name == "buildx_buildkit_" + asked.builder + "0";
}

template <typename Image>
void add_sources(const Asked& asked, const Image& image, const std::vector<std::string>& names,
                 const std::string& project, std::vector<Source>& sources) {
  for (const std::string& name : names) {
    if (is_target(asked, name, project)) sources.push_back({name, image.id, false});
    if (is_foreign(asked, name, project)) sources.push_back({name, image.id, true});
  }
}

void sort(std::vector<Source>& sources) {
  std::sort(sources.begin(), sources.end(),
            [](const Source& a, const Source& b) { return a.name < b.name; });
}

}  // namespace

bool is_foreign(const Asked& asked, const std::string& name, const std::string& compose_project) {
  return asked.file && asked.file->cached.contains(name) && !compose_project.empty() &&
         compose_project != asked.project;
}

bool is_target(const Asked& asked, const std::string& name, const std::string& compose_project) {
  if (asked.file) {
    return asked.file->built.contains(name) ||
           (asked.file->cached.contains(name) && !is_foreign(asked, name, compose_project));
  }
  const std::string service = find_service(asked.project, name);
  return !service.empty() && asked.covers(service) &&
         !is_of_longer_project(asked.project, name, compose_project);
}

std::vector<Source> list_sources(const Asked& asked, const FakeScene& scene) {
  std::vector<Source> sources;
  for (const FakeImage& image : scene.images) {
    add_sources(asked, image, image.tags, image.compose_project, sources);
  }
  sort(sources);
  return sources;
}

std::vector<Source> list_sources(const Asked& asked, const std::vector<ListedImage>& images) {
  std::vector<Source> sources;
  for (const ListedImage& image : images) {
    add_sources(asked, image, image.names, image.project, sources);
  }
  sort(sources);
  return sources;
}

bool has_unclearable(const Asked& asked, const State& state) {
  if (asked.file) {
    const auto& directories = asked.file->directories;
    if (asked.file->has_external && !asked.allows_external) return true;
    if (std::any_of(directories.begin(), directories.end(), [](const LocalDirectory& one) {
          return one.kind == LocalDirectory::Kind::other;
        })) {
      return true;
    }
  }
  if (asked.builder.empty()) return false;
  const auto& containers = state.scene.containers;
  const auto chosen = std::find_if(containers.begin(), containers.end(),
                                   [&](const auto& one) { return is_chosen(asked, one); });
  if (chosen == containers.end()) return true;
  return !asked.all_builders || chosen->state != "running";
}

std::vector<std::string> list_cleared_builders(const Asked& asked, const State& state) {
  std::vector<std::string> names;
  if (!asked.all_builders) return names;
  for (const FakeContainer& container : state.scene.containers) {
    if (is_builder(container) && container.state == "running") names.push_back(container.name);
  }
  return names;
}

bool is_of_others(const Asked& asked, const FakeScene& before, const FakeImage& dangling) {
  if (!dangling.repo_digests.empty()) return true;  // pulled by it
  const std::string& project = dangling.compose_project;
  if (project.empty() || project == leave_out_path(asked.project)) return false;
  if (asked.file) return true;
  // Compose's project need not be the prefix of the images' names.
  return std::none_of(before.images.begin(), before.images.end(), [&](const FakeImage& image) {
    return image.compose_project == project &&
           std::any_of(image.tags.begin(), image.tags.end(),
                       [&](const std::string& name) { return is_target(asked, name, project); });
  });
}

std::string name_backup(const Asked& asked, const std::string& name) {
  return name.substr(0, name.rfind(':')) + ":" + asked.keep_as;
}

}  // namespace cac::model
