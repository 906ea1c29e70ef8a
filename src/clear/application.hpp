// What belongs to a target: which image names a project's backend, frontend or all of it go by.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cac {

enum class Target { backend, frontend, all };

std::optional<Target> target_from(std::string_view text);
std::string_view text_of(Target target);

// The project as engines write it in image names ("docker.io/library/x" is "x" there).
// Nothing when PROJECT-backend would be no image name.
std::optional<std::string> project_from(std::string_view text);

// Whether an engine takes the text as an image's tag.
bool is_tag(std::string_view text);

// For the engine to select by: every image of the project, whatever its tag. It is wider than a
// target, so that one request also tells of the other names that keep an image.
std::string reference_pattern(std::string_view project);

// Whether an image name ("watchparty-backend:latest") belongs to the target: what `cache_from`
// names. `all` is every PROJECT-*:latest, where * stands for anything but a slash.
bool selects(Target target, std::string_view project, std::string_view image_name);

}  // namespace cac
