#include "clear/state.hpp"

#include <filesystem>
#include <utility>

#include "base/progress.hpp"
#include "docker/engine.hpp"

namespace cac {

// Returns the name that Compose would choose in the current directory; "" if there is none.
static std::string find_compose_file() {
  for (const char* const name :
       {"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}) {
    std::error_code error;
    if (std::filesystem::is_regular_file(name, error)) return name;
  }
  return "";
}

// Only one of several images can be built on another one.
static void read_layers(Engine& engine, State& state) {
  constexpr std::size_t max_images = 100;
  if (state.images.size() < 2 || state.images.size() > max_images) return;
  try {
    for (Image& image : state.images) {
      if (auto found = engine.image(image.id)) image.layers = std::move(found->layers);
    }
  } catch (const EngineError& error) {
    state.layers_failure = error.failure();
  }
}

StateScope scope_before(const ClearRequest& request) {
  return {.records = request.dry_run || request.keep_cache_mounts,
          .containers = true,
          .requires_containers = true,
          .dangling = request.dry_run && request.application.is_all(),
          .layers = true,
          .images_of = request.application,
          .others_if_none = !request.application.builds,
          .artifacts_in = request.app_dir,
          .home = request.home};
}

StateScope scope_after(const ClearRequest& request) {
  return {.containers = request.verify_only,
          .builder_caches = request.all_builders,
          .dangling = request.application.is_all(),
          .images_of = request.application,
          .others_if_none = request.verify_only && !request.application.builds,
          .artifacts_in = request.app_dir,
          .home = request.home};
}

State read_state(Engine& engine, Progress& progress, const StateScope& scope, State state) {
  if (scope.records || scope.fresh_records) {
    const Progress::Activity activity(progress, "reading the build cache");
    if (scope.fresh_records && engine.shares_build_cache_answers()) engine.build_cache();
    state.records = engine.build_cache();
  }
  if (scope.artifacts_in) {
    state.artifacts = find_artifacts(*scope.artifacts_in, *scope.images_of);
  }
  if (scope.images_of && scope.images_of->builds) {
    state.local_caches = find_local_caches(*scope.images_of->builds, scope.home);
  }
  if (scope.containers) {
    const Progress::Activity activity(progress, "reading the containers");
    try {
      state.containers = engine.containers();
    } catch (const EngineError& error) {
      if (scope.requires_containers) throw;
      state.containers_failure = error.failure();
    }
  }
  if (scope.containers) {
    try {
      state.builder_volumes = engine.volumes(builder_prefix);
    } catch (const EngineError& error) {
      state.volumes_failure = error.failure();
    }
  }
  if (scope.builder_caches) {
    const Progress::Activity activity(progress, "reading the builders' caches");
    for (const Container& container : state.containers) {
      if (!is_builder(container) || !is_running(container)) continue;
      state.builder_caches.push_back(read_builder_cache(engine, container));
    }
  }
  if (scope.images_of) {
    const Progress::Activity activity(progress, "reading the images");
    // After the records: a build that finishes in between has tagged its image before it let its
    // records go.
    state.images = engine.images(scope.images_of->reference_patterns());
    if (scope.layers) read_layers(engine, state);
    if (scope.others_if_none && scope.images_of->misses_all_of(state.images)) {
      // A star stands for anything but a slash.
      state.others = engine.images({"*", "*/*", "*/*/*", "*/*/*/*"});
      state.compose_file = find_compose_file();
    }
  }
  if (scope.dangling) {
    const Progress::Activity activity(progress, "reading the dangling images");
    try {
      state.dangling = engine.dangling_images();
    } catch (const EngineError& error) {
      state.dangling_failure = error.failure();
    }
  }
  return state;
}

ImageHolders::ImageHolders(const std::vector<Container>& containers) {
  for (const Container& container : containers) {
    holders_[container.image_id].push_back(container);
  }
}

const std::vector<Container>& ImageHolders::find(std::string_view image_id) const {
  static const std::vector<Container> none;
  const auto found = holders_.find(std::string(image_id));
  return found == holders_.end() ? none : found->second;
}

Bytes total_size(const std::vector<CacheRecord>& records) {
  Bytes sum;
  for (const CacheRecord& record : records) sum += record.size;
  return sum;
}

}  // namespace cac
