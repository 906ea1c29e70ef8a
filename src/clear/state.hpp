// What is there before anything is done: the least that the plan needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "clear/artifacts.hpp"
#include "cli/options.hpp"
#include "docker/objects.hpp"

namespace cac {

class Engine;

struct Inventory {
  ArtifactSearch artifacts;  // with --app-dir only
  std::vector<CacheRecord> records;
  bool records_known = false;         // false: the engine's answer did not tell
  std::vector<Container> containers;  // all of them: who holds what, and which builders there are
  std::vector<Image> dangling;        // for the target `all` only
  std::vector<Image> project_images;  // every name of the project, whatever its tag
};

Inventory take_inventory(Engine& engine, const Options& options);

// Which containers hold which image; each image is looked up without going through all of them.
class ImageHolders {
 public:
  // The containers must outlive this.
  explicit ImageHolders(const std::vector<Container>& containers);

  std::size_t count(std::string_view image_id) const;

  // "container wp-backend (running)", or with several "containers a (running) and b (exited)";
  // empty when none holds the image.
  std::string text(std::string_view image_id) const;

 private:
  std::unordered_map<std::string_view, std::vector<const Container*>> containers_;
};

// Of more than ten names the first ten and "7 more", so that a text stays readable.
std::vector<std::string> abridged(std::vector<std::string> names);

// The sum of the records' sizes: what pruning them all frees.
Bytes size_of(const std::vector<CacheRecord>& records);

}  // namespace cac
