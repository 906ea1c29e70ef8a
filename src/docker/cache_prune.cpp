#include "docker/cache_prune.hpp"

#include <fmt/format.h>

namespace cac {

std::vector<std::pair<std::string, std::string>> parameters_of(const CachePrune& prune,
                                                               ApiVersion api) {
  std::vector<std::pair<std::string, std::string>> parameters{{"all", "1"}};
  std::string filters;
  const auto add_filter = [&](std::string_view key, std::string_view value) {
    filters += fmt::format(R"({}"{}":["{}"])", filters.empty() ? "" : ",", key, value);
  };
  if (!prune.type.empty()) add_filter("type", prune.type);
  if (prune.older_than) add_filter("until", fmt::format("{}s", prune.older_than->count()));
  if (!filters.empty()) parameters.emplace_back("filters", "{" + filters + "}");
  if (prune.keep_storage) {
    parameters.emplace_back(api >= ApiVersion{1, 48} ? "reserved-space" : "keep-storage",
                            std::to_string(prune.keep_storage->count));
  }
  return parameters;
}

std::string text_of(const CachePrune& prune, ApiVersion api) {
  std::string text = "POST /build/prune";
  char separator = '?';
  for (const auto& [key, value] : parameters_of(prune, api)) {
    text += fmt::format("{}{}={}", separator, key, value);
    separator = '&';
  }
  return text;
}

}  // namespace cac
