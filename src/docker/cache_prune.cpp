#include "docker/cache_prune.hpp"

#include <fmt/format.h>

#include <limits>

namespace cac {

std::string prune_target(const CachePrune& prune, ApiVersion api,
                         std::string (*encode)(std::string_view)) {
  std::string target = "/build/prune?all=1";
  std::string filters;
  const auto add_filter = [&](std::string_view key, std::string_view value) {
    filters += fmt::format(R"({}"{}":["{}"])", filters.empty() ? "" : ",", key, value);
  };
  if (!prune.type.empty()) add_filter("type", prune.type);
  if (prune.older_than) add_filter("until", fmt::format("{}s", prune.older_than->count()));
  if (!filters.empty()) target += "&filters=" + encode("{" + filters + "}");
  if (prune.min_free_space) {
    // Without a maximum, an engine that has enough free space deletes a record all the same
    // (measured on 28.5). With both it prunes until both hold.
    constexpr Bytes no_maximum{std::numeric_limits<std::int64_t>::max()};
    target +=
        fmt::format("&max-used-space={}&min-free-space={}",
                    prune.keep_storage.value_or(no_maximum).count, prune.min_free_space->count);
  } else if (prune.keep_storage) {
    target += fmt::format("&{}={}", api.size_limit_parameter(), prune.keep_storage->count);
  }
  return target;
}

std::string to_string(const CachePrune& prune, ApiVersion api) {
  return "POST " +
         prune_target(prune, api, [](std::string_view text) { return std::string(text); });
}

}  // namespace cac
