// The likely mistake where no image has the project's prefix: which images look as if they were
// meant. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clear/request.hpp"
#include "docker/objects.hpp"

namespace cac {

// What to ask an engine for: images by a pattern of their name, and by Compose's label.
struct LookalikeQuery {
  std::vector<std::string> patterns = {};
  std::vector<std::string> compose_projects = {};
};

// An image that looks right.
struct Lookalike {
  std::string project = {};  // with which --project selects it; "": only a Compose file names it
  std::string image = {};
};

// Returns nullopt where a Compose file gives every image a name of its own.
std::optional<LookalikeQuery> make_lookalike_query(const ClearRequest& request);

// Returns at most five, each project once, the likeliest first: what Compose labelled with the
// project, then COMPOSE_PROJECT_NAME, then another spelling, then any other application.
std::vector<Lookalike> find_lookalikes(const ClearRequest& request,
                                       const std::vector<Image>& images);

}  // namespace cac
