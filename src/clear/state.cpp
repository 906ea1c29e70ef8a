#include "clear/state.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "docker/engine.hpp"

namespace cac {

Inventory take_inventory(Engine& engine, const Options& options) {
  Inventory inventory;
  auto records = engine.build_cache();
  inventory.records_known = records.has_value();
  if (records) inventory.records = *std::move(records);
  if (options.mode == Mode::prune_only) return inventory;
  if (options.app_dir) inventory.artifacts = find_artifacts(*options.app_dir, options.target);
  inventory.containers = engine.containers();
  if (options.target == Target::all) inventory.dangling = engine.dangling_images();
  // Last, so that the names are as fresh as can be when they are taken away.
  inventory.project_images = engine.images(reference_pattern(options.project));
  return inventory;
}

ImageHolders::ImageHolders(const std::vector<Container>& containers) {
  for (const Container& container : containers) {
    containers_[container.image_id].push_back(&container);
  }
}

std::size_t ImageHolders::count(std::string_view image_id) const {
  const auto found = containers_.find(image_id);
  return found == containers_.end() ? 0 : found->second.size();
}

std::string ImageHolders::text(std::string_view image_id) const {
  const auto found = containers_.find(image_id);
  if (found == containers_.end()) return "";
  std::vector<std::string> names;
  for (const Container* const container : found->second) {
    names.push_back(container->state.empty()
                        ? container->name
                        : fmt::format("{} ({})", container->name, container->state));
  }
  names = abridged(std::move(names));
  const std::string last = names.back();
  names.pop_back();
  if (names.empty()) return "container " + last;
  return fmt::format("containers {} and {}", fmt::join(names, ", "), last);
}

std::vector<std::string> abridged(std::vector<std::string> names) {
  constexpr std::size_t most = 10;
  if (names.size() <= most) return names;
  const std::size_t rest = names.size() - most;
  names.resize(most);
  names.push_back(fmt::format("{} more", rest));
  return names;
}

Bytes size_of(const std::vector<CacheRecord>& records) {
  Bytes sum;
  for (const CacheRecord& record : records) sum += record.size;
  return sum;
}

}  // namespace cac
