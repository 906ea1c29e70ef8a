// What is to be cleared: the image names that are cache sources for an application's builds.
// Knows no engine and no command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/objects.hpp"

namespace cac {

// An image that builds read or tag.
struct NamedImage {
  std::string name = {};                         // "shop-web:latest", as engines write it
  std::vector<std::string> services = {};        // or bake targets, whose builds can use it
  std::vector<std::string> other_services = {};  // others that are built, and name it
  bool is_built = false;                         // by any service; false: only cache_from names it
  bool in_cache_from = false;
};
// A cache that is no image on this engine.
struct NamedCache {
  std::string source = {};                 // the directory, or the entry as it is written
  std::vector<std::string> services = {};  // or bake targets
};
// The caches that a build command's builds read or write; see build_sources.hpp.
struct BuildSources {
  std::vector<std::string> targets = {};  // services or bake targets: all that is built
  std::vector<NamedImage> images = {};
  std::vector<NamedCache> directories = {};  // of type=local
  std::vector<NamedCache> external = {};     // outside this engine
  std::vector<NamedCache> invalid = {};      // in cache_from, and no image can be called so
  bool runs_elsewhere = false;  // builds may run in another directory than this process
  bool is_classic = false;      // the classic builder builds, not BuildKit
};

struct Application {
  std::string project = {};  // the images' prefix, or Compose's project; empty: a build without one
  std::vector<std::string> targets = {};    // services; empty: all of them
  std::optional<BuildSources> builds = {};  // nullopt: the names come by convention:
  // PROJECT-backend:latest, PROJECT-frontend:latest, or every PROJECT-*:latest, where * stands for
  // anything but a slash.

  bool is_all() const { return targets.empty(); }
  // Returns whether the service belongs to the target.
  bool covers(std::string_view service) const;

  // Returns whether an image name ("watchparty-backend:latest") is one of them.
  bool matches(std::string_view image_name) const;

  // Returns whether the image's name is one of them, but another application's, as its label of
  // Compose's says. By convention: the name is the label's project, which is longer than this one,
  // or goes on behind it ("shop-admin" and "shop-admin-backend", where the project is "shop"). But
  // PROJECT-backend and PROJECT-frontend may come from directories of these names, one each, and
  // another label proves nothing: Compose's project need not be the images' prefix (measured with
  // Compose 2.40).
  // Of a build command: only cache_from names the image, and the label's project is another one.
  bool is_neighbor(const Image& image, std::string_view name) const;

  bool selects(const Image& image, std::string_view name) const {
    return matches(name) && !is_neighbor(image, name);
  }

  // Returns whether none of the images, which the patterns below select, looks like one of this
  // application: by convention, of any service and tag.
  bool misses_all_of(const std::vector<Image>& images) const;

  // Returns what the build command says about the image; nullptr if nothing, or by convention.
  const NamedImage* find_image(std::string_view name) const;

  // The patterns by which an engine lists every image of the project, whatever its tag. They are
  // wider than the target, so that one request also yields the other names that keep an image.
  std::vector<std::string> reference_patterns() const;
};

// Returns the project as engines write it in image names ("docker.io/library/x" is "x" there), or
// nullopt if PROJECT-backend would not be a valid image name.
std::optional<std::string> parse_project(std::string_view text);

// Returns the name as engines write it, with its tag ("docker.io/library/x" is "x:latest" there),
// or nullopt if no image can be tagged so.
std::optional<std::string> parse_image_name(std::string_view text);

// Returns whether the name begins with a registry: with a host, as docker tells them apart.
bool has_registry(std::string_view image_name);

// "watchparty-backend" of "registry.example/team/watchparty-backend"
std::string_view leave_out_path(std::string_view image_name);

// As a part of a pattern for an engine: the brackets of an IPv6 address would be more than that.
std::string escape_pattern(std::string_view image_name);

// Returns whether an engine accepts the text as an image's tag.
bool is_tag(std::string_view text);

}  // namespace cac
