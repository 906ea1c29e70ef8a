// What is there before anything is done: the least that the plan needs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "artefacts.hpp"
#include "options.hpp"
#include "resources.hpp"

namespace cac {

class Engine;

struct Inventory {
  ArtefactSearch artefacts;  // with --app-dir only
  std::vector<CacheRecord> records;
  bool records_known = false;         // false: the engine's answer did not tell
  std::vector<Container> containers;  // all of them: who holds what, and which builders there are
  std::vector<Image> nameless;        // for the target `all` only
  std::vector<Image> project_images;  // every name of the project, whatever its tag
};

Inventory take_inventory(Engine& engine, const Options& options);

// "container wp-backend (running)", or with several "containers a (running) and b (exited)"; empty
// when none holds the image.
std::string holders_of(const std::string& image_id, const std::vector<Container>& containers);

// The sum of the records' sizes: what pruning them all frees.
Bytes size_of(const std::vector<CacheRecord>& records);

}  // namespace cac
