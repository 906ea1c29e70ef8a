#include "clear/lookalikes.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <set>
#include <string_view>
#include <tuple>

namespace cac {

namespace {

constexpr std::string_view suffixes[] = {"-backend:latest", "-frontend:latest"};

// "watchparty" of "Watch-Party": what differs between two spellings is left out.
std::string plain_spelling(std::string_view name) {
  std::string plain;
  for (const char c : leave_out_path(name)) {
    if (c != '-' && c != '_' && c != '.') plain += c;
  }
  return plain;
}

// The prefix with which --project selects the name; "" if none does.
std::string find_prefix(std::string_view name) {
  for (const std::string_view suffix : suffixes) {
    if (name.ends_with(suffix)) return std::string(name.substr(0, name.size() - suffix.size()));
  }
  const auto dash = name.rfind('-');
  const bool is_selectable = dash != std::string_view::npos && name.ends_with(":latest") &&
                             name.find('/', dash) == std::string_view::npos;
  return is_selectable ? std::string(name.substr(0, dash)) : "";
}

// By likelihood, then project, then image.
using Candidates = std::set<std::tuple<std::ptrdiff_t, std::string, std::string>>;

Candidates find_of_other_prefixes(const ClearRequest& request, const std::vector<Image>& images) {
  const std::string& project = request.application.project;
  Candidates found;
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      const bool has_underscore = name.starts_with(project + "_");  // as Compose 1 wrote names
      const std::string prefix = has_underscore ? "" : find_prefix(name);
      const Application other{.project = prefix, .targets = request.application.targets};
      if (!prefix.empty() && !other.matches(name)) continue;
      const bool is_labeled = image.compose_project == leave_out_path(project);
      const bool is_compose_name = prefix == request.compose_project_name;
      const bool is_compose_label =
          request.compose_project_name && image.compose_project == *request.compose_project_name;
      const bool is_respelled = has_underscore || plain_spelling(prefix) == plain_spelling(project);
      const bool is_application =
          std::any_of(std::begin(suffixes), std::end(suffixes),
                      [&](std::string_view suffix) { return name.ends_with(suffix); });
      const std::array likely{is_labeled, is_compose_name, is_compose_label, is_respelled,
                              is_application};
      const auto rank = std::ranges::find(likely, true) - likely.begin();
      if (rank == std::ssize(likely)) continue;
      found.emplace(rank, other.is_neighbor(image, name) ? "" : prefix, name);
    }
  }
  return found;
}

}  // namespace

std::optional<LookalikeQuery> make_lookalike_query(const ClearRequest& request) {
  if (request.application.builds) return std::nullopt;
  LookalikeQuery query;
  // A star stands for anything but a slash.
  for (const std::string_view path : {"", "*/", "*/*/"}) {
    for (const std::string_view suffix : suffixes) {
      query.patterns.push_back(std::string(path).append("*").append(suffix));
    }
  }
  query.patterns.push_back(escape_pattern(request.application.project) + "_*");
  query.compose_projects = {std::string(leave_out_path(request.application.project))};
  const auto& name = request.compose_project_name;
  if (name && parse_project(*name)) {
    query.patterns.push_back(*name + "-*");
    query.compose_projects.push_back(*name);
  }
  return query;
}

std::vector<Lookalike> find_lookalikes(const ClearRequest& request,
                                       const std::vector<Image>& images) {
  constexpr std::size_t max_listed = 5;
  if (request.application.builds) return {};
  const Candidates found = find_of_other_prefixes(request, images);
  std::vector<Lookalike> lookalikes;
  for (const auto& [rank, prefix, name] : found) {
    const bool is_listed =
        std::any_of(lookalikes.begin(), lookalikes.end(),
                    [&, &listed = prefix](const Lookalike& one) { return one.project == listed; });
    if (!is_listed && lookalikes.size() < max_listed) lookalikes.push_back({prefix, name});
  }
  return lookalikes;
}

}  // namespace cac
