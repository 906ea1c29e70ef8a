#include "clear/application.hpp"

#include <fmt/format.h>
#include <regex.h>

namespace cac {

namespace {

// Of a repository name, the domain included.
constexpr std::size_t max_name_size = 255;
constexpr std::string_view max_suffix = "-frontend";

// The grammar of github.com/distribution/reference, without tag and digest.
constexpr const char* repository_name =
    "^((localhost|[a-zA-Z0-9-]+(\\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9.-]+:[0-9]+)/)?"
    "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$";
constexpr const char* tag = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$";

// Uses the system's regular expressions: std::regex costs each start milliseconds.
bool matches(const std::string& text, const char* expression) {
  regex_t compiled;
  if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool matched = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return matched;
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  for (const Target target : {Target::backend, Target::frontend, Target::all}) {
    if (text == to_string(target)) return target;
  }
  return std::nullopt;
}

std::optional<std::string> parse_project(std::string_view text) {
  if (text.size() + max_suffix.size() > max_name_size) return std::nullopt;
  std::string project(text);
  if (!matches(project, repository_name)) return std::nullopt;
  for (const std::string_view prefix : {"index.docker.io/", "docker.io/", "library/"}) {
    // Engines leave out library/ only in front of a single word.
    if (prefix == "library/" && project.find('/', prefix.size()) != std::string::npos) continue;
    if (project.starts_with(prefix)) project.erase(0, prefix.size());
  }
  return project;
}

bool is_tag(std::string_view text) { return matches(std::string(text), tag); }

std::string Application::reference_pattern() const { return project + "-*"; }

bool Application::matches(std::string_view image_name) const {
  if (target != Target::all) {
    return image_name == fmt::format("{}-{}:latest", project, to_string(target));
  }
  constexpr std::string_view suffix = ":latest";
  if (!image_name.starts_with(project + "-") || !image_name.ends_with(suffix)) return false;
  image_name.remove_prefix(project.size() + 1);
  image_name.remove_suffix(suffix.size());
  return !image_name.empty() && image_name.find('/') == std::string_view::npos;
}

bool Application::is_neighbor(const Image& image, std::string_view name) const {
  const auto leave_out_path = [](std::string_view text) {
    return text.substr(text.rfind('/') + 1);  // npos + 1 is 0
  };
  const std::string_view prefix = leave_out_path(project);
  const std::string_view owner = image.compose_project;
  name = leave_out_path(name);
  // Compose 1 wrote an underscore.
  return owner.size() > prefix.size() && owner.starts_with(prefix) && name.starts_with(owner) &&
         name.size() > owner.size() && (name[owner.size()] == '-' || name[owner.size()] == '_');
}

}  // namespace cac
