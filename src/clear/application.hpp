// What is to be cleared: the image names that are cache sources for an application's builds.
// Knows no engine and no command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "docker/objects.hpp"

namespace cac {

enum class Target { backend, frontend, all };

inline constexpr std::string_view target_words[] = {"backend", "frontend", "all"};
constexpr std::string_view to_string(Target target) {
  return target_words[static_cast<std::size_t>(target)];
}
std::optional<Target> parse_target(std::string_view text);

// The names come by convention: PROJECT-backend:latest, PROJECT-frontend:latest, or every
// PROJECT-*:latest, where * stands for anything but a slash.
struct Application {
  std::string project = {};
  Target target = Target::all;

  // Returns whether an image name ("watchparty-backend:latest") is one of them.
  bool matches(std::string_view image_name) const;

  // Returns whether the image's name is one of them, but another application's: Compose labelled
  // the image with a project whose longer name the image's name begins with ("shop-admin" and
  // "shop-admin-backend", where the project is "shop"). Another label proves nothing: Compose's
  // project need not be the images' prefix (measured with Compose 2.40).
  bool is_neighbor(const Image& image, std::string_view name) const;

  bool selects(const Image& image, std::string_view name) const {
    return matches(name) && !is_neighbor(image, name);
  }

  // The pattern by which an engine lists every image of the project, whatever its tag. It is wider
  // than the target, so that one request also yields the other names that keep an image.
  std::string reference_pattern() const;
};

// Returns the project as engines write it in image names ("docker.io/library/x" is "x" there), or
// nullopt if PROJECT-backend would not be a valid image name.
std::optional<std::string> parse_project(std::string_view text);

// Returns whether an engine accepts the text as an image's tag.
bool is_tag(std::string_view text);

}  // namespace cac
