// Which engine: the one that docker itself would reach with the same options, environment and
// files. docker is asked where a named context leads; of its files only config.json is read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/child_process.hpp"
#include "base/environment.hpp"
#include "docker/endpoint.hpp"

namespace cac {

// What the command line says about the engine: at most one of them.
struct EngineChoice {
  std::optional<std::string> host = {};
  std::optional<std::string> context = {};
};

// Returns DOCKER_CONFIG, else .docker in the home directory. Without one that is, as for docker, in
// the current directory.
std::filesystem::path find_docker_config(const Environment& environment, const std::string& home);

// Returns whether config.json has docker build use buildx's current builder, as docker buildx
// install arranges it. A file that cannot be read has no alias.
bool has_builder_alias(const std::filesystem::path& docker_config);

// Returns "docker" and the options that lead it to the chosen engine.
std::vector<std::string> make_docker_command(const EngineChoice& choice);

// Returns what the command prints. Throws std::runtime_error with docker's own words if it fails,
// prints more than 1 MB or cannot be run; Interrupted or TimedOut.
std::string ask_docker(const std::vector<std::string>& command, Interruption& interruption,
                       const EnvironmentChanges& changes = {});

// Follows docker's order: the choice, DOCKER_HOST, DOCKER_CONTEXT, the current context of
// config.json, the default context, which is DOCKER_HOST again, else the default socket. Runs
// docker context inspect if that leads to a context with another name than "default". For the
// default one, TLS is taken from DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH. Throws
// UsageError for an address or a file that cannot be used, and with docker's own words for a
// context that it refuses; Interrupted or TimedOut. Measured by tests/engines/contexts_test.sh.
Endpoint choose_endpoint(const EngineChoice& choice, const Environment& environment,
                         const std::string& home, Interruption& interruption);

}  // namespace cac
