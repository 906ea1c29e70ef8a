// The Compose file as the source of what is to be cleared: docker compose resolves it, this reads
// which images and caches the services' builds use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "clear/application.hpp"
#include "docker/context.hpp"

namespace cac {

struct ComposeRequest {
  std::vector<std::string> files = {};      // in Compose's order; "-": see ComposeConfig
  std::optional<std::string> project = {};  // Compose's -p
  std::vector<std::string> targets = {};    // services; empty or "all": all that the file builds
};

struct ComposeConfig {
  std::string json = {};                   // what `docker compose config --format json` prints
  std::string directory = {};              // of the first file, absolute; "" if it is not known
  bool is_compatible = false;              // default names have an underscore: PROJECT_SERVICE
  std::vector<std::string> warnings = {};  // of Compose's, such as variables that are not set
  std::vector<std::string> unnamed_files = {};  // that Compose reads where no file is named
};

inline constexpr const char* advise_stdin =
    "Without docker compose here, run it elsewhere: docker compose --profile '*' config "
    "--format json | clear-app-cache --file -";

// Runs docker compose, which asks no engine but is given the choice of one, or reads standard input
// if the file is "-". Throws UsageError with Compose's own words, and Interrupted or TimedOut.
ComposeConfig read_compose_config(const ComposeRequest& request, const EngineChoice& engine,
                                  const Environment& environment, Interruption& interruption);

// Returns the application of the targets, with what else a build of them builds. Throws UsageError
// for a JSON that is not Compose's, and for a target that the file does not build. Pure.
Application select_services(const ComposeConfig& config, const ComposeRequest& request);

// The name that an image without one gets with COMPOSE_COMPATIBILITY.
struct CompatibleName {
  std::string name = {};
  std::ptrdiff_t uses = 0;  // by other services, as their image
};
// Returns nullopt if the configuration has no such image, or is none. Pure.
std::optional<CompatibleName> find_compatible_name(const std::string& json);

}  // namespace cac
