#include "clear/dangling.hpp"

#include <algorithm>

namespace cac {

std::vector<std::string> list_own_projects(const Application& application,
                                           const std::vector<Image>& images) {
  std::vector<std::string> projects{"", std::string(leave_out_path(application.project))};
  if (application.builds) return projects;
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (application.selects(image, name)) projects.push_back(image.compose_project);
    }
  }
  return projects;
}

DanglingImages tell_apart(const std::vector<Image>& dangling,
                          const std::vector<std::string>& own_projects) {
  DanglingImages images;
  for (const Image& image : dangling) {
    if (!image.repo_digests.empty()) {
      ++images.others.pulled;
    } else if (std::ranges::find(own_projects, image.compose_project) == own_projects.end()) {
      images.others.projects.push_back(image.compose_project);
    } else if (!image.owner_known || !image.names_known || !image.tags.empty()) {
      ++images.others.unknown;
    } else {
      images.own.push_back(image);
    }
  }
  return images;
}

}  // namespace cac
