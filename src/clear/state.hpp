// What the engine and the application's directory hold. read_state is the only place that reads,
// before and after the actions, in every mode.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "clear/artifacts.hpp"
#include "clear/builders.hpp"
#include "clear/local_caches.hpp"
#include "clear/request.hpp"
#include "docker/objects.hpp"

namespace cac {

class Progress;

struct State {
  ArtifactSearch artifacts = {};                         // with --app-dir only
  std::vector<LocalCache> local_caches = {};             // that a Compose file names
  std::optional<std::vector<CacheRecord>> records = {};  // nullopt: not read, or the engine did
                                                         // not say (not the same as none)
  std::vector<Container> containers = {};  // all of them: who holds what, and which builders exist
  std::optional<Failure> containers_failure = {};
  std::vector<std::string> builder_volumes = {};
  std::optional<Failure> volumes_failure = {};
  std::vector<BuilderCache> builder_caches = {};    // of the builders that run
  std::vector<Image> images = {};                   // every name of the project, whatever its tag
  std::optional<Failure> layers_failure = {};       // of these images
  std::vector<Image> others = {};                   // if there are none of these: all with a name
  std::string compose_file = {};                    // ... and in the current directory; "": none
  std::optional<std::vector<Image>> dangling = {};  // nullopt: not read, or reading failed
  std::optional<Failure> dangling_failure = {};
};

// The parts of the state to read: each costs a request, and some take an engine seconds.
struct StateScope {
  bool records = false;
  // Engines from 23 on answer concurrent requests for the records with one result, which can be
  // older than the request. The second of two answers cannot be older than the first request.
  bool fresh_records = false;
  bool containers = false;
  bool requires_containers = false;  // else a failure to read them is a value
  bool builder_caches = false;       // of the builders among the containers that were read
  bool dangling = false;
  bool layers = false;  // of the images, a request for each
  std::optional<Application> images_of = {};
  bool others_if_none = false;                   // by convention, if there are no such images
  std::optional<std::string> artifacts_in = {};  // the application's directory
  std::string home = {};
};

// Before the actions, a clearing needs neither records nor dangling images, unless they are to be
// shown or kept.
StateScope scope_before(const ClearRequest& request);
// Besides the records, which are read first, until no prune is to be repeated.
StateScope scope_after(const ClearRequest& request);

// Adds the parts in scope to the state. Throws EngineError. That dangling images, or containers
// that are not required, cannot be read is a value: no verdict depends on them.
State read_state(Engine& engine, Progress& progress, const StateScope& scope, State state = {});

// Which containers hold which image; each look-up is independent of the number of containers.
class ImageHolders {
 public:
  explicit ImageHolders(const std::vector<Container>& containers);
  // Empty if none does.
  const std::vector<Container>& find(std::string_view image_id) const;

 private:
  std::unordered_map<std::string, std::vector<Container>> holders_;
};

Bytes total_size(const std::vector<CacheRecord>& records);

}  // namespace cac
