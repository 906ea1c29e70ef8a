#include "clear/likely_mistake.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "base/edit_distance.hpp"

namespace cac {

namespace {

// "watchparty" of "Watch-Party": what differs between two spellings is left out.
std::string plain_spelling(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != '.') plain += static_cast<char>(std::tolower(c));
  }
  return plain;
}

std::size_t count_allowed_slips(std::string_view project) {
  const std::size_t letters = plain_spelling(leave_out_path(project)).size();
  return letters >= 8 ? 2 : letters >= 3 ? 1 : 0;
}

bool has_prefix(const Image& image, const std::string& project) {
  return std::ranges::any_of(
      image.tags, [&](const std::string& name) { return name.starts_with(project + "-"); });
}

bool is_container_of(const Container& container, std::string_view project) {
  if (!container.compose_project.empty()) return container.compose_project == project;
  return container.name.starts_with(std::string(project) + "-") ||
         container.name.starts_with(std::string(project) + "_");
}

}  // namespace

std::string find_meant_project(const ClearRequest& request, const State& state) {
  const std::string& project = request.application.project;
  const std::string spelling = plain_spelling(project);
  std::set<std::pair<std::size_t, std::string>> likely;  // by distance
  for (const Image& image : state.others) {
    for (const std::string& name : image.tags) {
      for (auto end = name.find('-'); end != name.npos; end = name.find('-', end + 1)) {
        const Application other{.project = name.substr(0, end)};
        if (other.project == project || !other.selects(image, name)) continue;
        const std::size_t slips = edit_distance(spelling, plain_spelling(other.project));
        if (slips <= count_allowed_slips(project)) likely.emplace(slips, other.project);
      }
    }
  }
  if (likely.empty()) return "";
  const std::string& meant = likely.begin()->second;
  const bool has_containers = std::ranges::any_of(state.containers, [&](const Container& one) {
    const auto image = std::ranges::find(state.others, one.image_id, &Image::id);
    const bool is_of_meant = image != state.others.end() && has_prefix(*image, meant);
    return is_container_of(one, leave_out_path(project)) && !is_of_meant;
  });
  return has_containers ? "" : meant;
}

std::vector<std::string> list_applications(const State& state) {
  constexpr std::size_t max_listed = 5;
  std::set<std::string> projects;
  for (const Image& image : state.others) {
    for (const std::string& name : image.tags) {
      for (const std::string_view suffix : {"-backend:latest", "-frontend:latest"}) {
        if (!name.ends_with(suffix) || name.size() == suffix.size()) continue;
        projects.insert(name.substr(0, name.size() - suffix.size()));
      }
    }
  }
  std::vector<std::string> listed(projects.begin(), projects.end());
  if (listed.size() > max_listed) listed.resize(max_listed);
  return listed;
}

}  // namespace cac
