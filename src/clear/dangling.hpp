// Tells whose a dangling image is: target `all` removes the application's own, and those that
// nobody has labeled. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "clear/application.hpp"
#include "docker/objects.hpp"

namespace cac {

// The dangling images that are none of the application's, and stay.
struct OthersImages {
  std::vector<std::string> projects = {};  // Compose's, of each image that has its label
  std::size_t pulled = 0;                  // by their digest
  std::size_t unknown = 0;                 // the engine did not say whose they are

  std::size_t count() const { return projects.size() + pulled + unknown; }
};

struct DanglingImages {
  std::vector<Image> own = {};
  OthersImages others = {};
};

// Returns the Compose projects whose dangling images are the application's own; "" is among them,
// for images without a label. By convention those of the images that the application selects count
// as well: Compose's project need not be the prefix of the images' names.
// images: as they were before the clearing.
std::vector<std::string> list_own_projects(const Application& application,
                                           const std::vector<Image>& images);

DanglingImages tell_apart(const std::vector<Image>& dangling,
                          const std::vector<std::string>& own_projects);

}  // namespace cac
