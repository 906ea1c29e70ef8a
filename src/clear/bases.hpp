// Which images of an application are built on each other. Pure.
#pragma once

#include <string>
#include <vector>

#include "clear/application.hpp"
#include "docker/objects.hpp"

namespace cac {

// An image's layers are the first of another one's.
struct Base {
  std::string name = {};
  std::string derived = {};  // the image that is built on it
  bool stays = false;        // else it is removed, and a FROM that names it fails until it is built
};

// Returns for each image that builds of the application make, or that is removed, the base with the
// most layers, if either goes. images: looked up, since a list has no layers.
std::vector<Base> find_bases(const Application& application, const std::vector<Image>& images);

}  // namespace cac
