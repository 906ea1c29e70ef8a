#include "inventory.hpp"

#include <fmt/ranges.h>

#include "engine.hpp"

namespace cac {

Inventory take_inventory(Engine& engine, const Options& options) {
  Inventory inventory;
  auto records = engine.build_cache();
  inventory.records_known = records.has_value();
  if (records) inventory.records = *std::move(records);
  if (options.mode == Mode::prune_only) return inventory;
  if (options.app_dir) inventory.artefacts = find_artefacts(*options.app_dir, options.target);
  inventory.containers = engine.containers();
  if (options.target == Target::all) inventory.nameless = engine.nameless_images();
  // Last, so that the names are as fresh as can be when they are taken away.
  inventory.project_images = engine.images(reference_pattern(options.project));
  return inventory;
}

std::string holders_of(const std::string& image_id, const std::vector<Container>& containers) {
  std::vector<std::string> names;
  for (const Container& container : containers) {
    if (container.image_id != image_id) continue;
    names.push_back(container.state.empty()
                        ? container.name
                        : fmt::format("{} ({})", container.name, container.state));
  }
  if (names.empty()) return "";
  const std::string last = names.back();
  names.pop_back();
  if (names.empty()) return "container " + last;
  return fmt::format("containers {} and {}", fmt::join(names, ", "), last);
}

Bytes size_of(const std::vector<CacheRecord>& records) {
  Bytes sum;
  for (const CacheRecord& record : records) sum += record.size;
  return sum;
}

}  // namespace cac
