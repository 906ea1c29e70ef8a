#include "clear/builders.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/child_process.hpp"
#include "clear/state.hpp"
#include "docker/buildx.hpp"
#include "docker/decode.hpp"

namespace cac {

namespace {

constexpr std::string_view volume_suffix = "_state";

std::string run_buildctl(Engine& engine, const Container& builder,
                         const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"buildctl"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  ExecResult result = engine.exec(builder.id, command);
  if (result.status == 0) return std::move(result.output);
  const std::string& words = result.errors.empty() ? result.output : result.errors;
  throw EngineError({FailureKind::request_failed,
                     fmt::format("buildctl {} in container {}: {}", arguments.front(), builder.name,
                                 describe_end(result.status, words)),
                     "Clear this builder with docker buildx prune --builder NAME --all."});
}

std::optional<std::vector<CacheRecord>> list_records(Engine& engine, const Container& builder) {
  return decode_builder_cache(run_buildctl(engine, builder, {"du", "--format", "{{json .}}"}));
}

}  // namespace

bool is_builder(const Container& container) { return container.name.starts_with(builder_prefix); }

bool is_running(const Container& container) { return container.state == "running"; }

BuilderUse::BuilderUse(const std::optional<BuildxBuilder>& builder,
                       const std::vector<Container>& containers) {
  if (!builder) return;
  for (const Container& container : containers) {
    if (!is_builder(container)) continue;
    // If buildx does not know it, the container's name tells: the builder's, and the node's number.
    const std::string_view node = std::string_view(container.name).substr(builder_prefix.size());
    const bool is_node =
        builder->is_known
            ? std::ranges::find(builder->containers, container.name) != builder->containers.end()
            : !builder->name.empty() && node.starts_with(builder->name) &&
                  node.find_first_not_of("0123456789", builder->name.size()) ==
                      std::string_view::npos;
    if (is_node) current_.push_back(container);
  }
  // A node that is not here: builds may go there.
  const bool is_whole = !current_.empty() && !builder->has_other_nodes &&
                        current_.size() >= builder->containers.size();
  if (!is_whole && (builder->is_known || current_.empty())) {
    elsewhere_ = builder->name.empty() ? "buildx" : builder->name;
  }
}

bool BuilderUse::is_current(const std::string& container) const {
  return std::ranges::find(current_, container, &Container::name) != current_.end();
}

std::vector<std::string> BuilderUse::uncleared(bool running_are_cleared) const {
  std::vector<std::string> names;
  if (!elsewhere_.empty()) names.push_back(elsewhere_);
  for (const Container& container : current_) {
    if (!running_are_cleared || !is_running(container)) names.push_back(container.name);
  }
  return names;
}

std::vector<std::string> find_orphans(const std::vector<Container>& containers,
                                      const std::vector<std::string>& volumes) {
  std::vector<std::string> orphans;
  for (const std::string& volume : volumes) {
    if (!volume.starts_with(builder_prefix) || !volume.ends_with(volume_suffix)) continue;
    const auto name = volume.substr(0, volume.size() - volume_suffix.size());
    if (std::ranges::find(containers, name, &Container::name) == containers.end()) {
      orphans.push_back(volume);
    }
  }
  std::ranges::sort(orphans);
  return orphans;
}

BuilderCache read_builder_cache(Engine& engine, const Container& builder) {
  BuilderCache cache{.container = builder.name};
  try {
    cache.records = list_records(engine, builder);
  } catch (const EngineError& error) {
    cache.failure = error.failure();
  }
  return cache;
}

Pruned prune_builder(Engine& engine, const Container& builder,
                     const std::vector<CachePrune>& prunes, bool keep_cache_mounts) {
  const auto before = read_builder_cache(engine, builder).records;
  for (const CachePrune& prune : prunes) {
    std::vector<std::string> arguments{"prune", "--all"};
    const auto add = [&](std::string_view option, const std::string& value) {
      arguments.insert(arguments.end(), {std::string(option), value});
    };
    if (keep_cache_mounts) add("--filter", "type!=exec.cachemount");
    if (prune.older_than) add("--keep-duration", fmt::format("{}s", prune.older_than->count()));
    if (prune.keep_storage) {
      // In MB, with a fraction.
      add("--keep-storage",
          fmt::format("{:.6f}", static_cast<double>(prune.keep_storage->count) / 1e6));
    }
    run_buildctl(engine, builder, arguments);
  }
  const auto after = read_builder_cache(engine, builder).records;
  if (!before || !after || after->size() > before->size()) return {};
  const auto freed = total_size(*before).count - total_size(*after).count;
  return {before->size() - after->size(), {std::max<std::int64_t>(freed, 0)}};
}

}  // namespace cac
