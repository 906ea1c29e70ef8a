// Which engine: the one that docker itself would reach with the same options, environment and
// files. Reads docker's files, and nothing else.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

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

// Follows docker's order: the choice, DOCKER_HOST, DOCKER_CONTEXT, the current context of
// config.json, the default context, which is DOCKER_HOST again, else the default socket. TLS is
// taken from the context's files, or, for the default context, from DOCKER_TLS_VERIFY, DOCKER_TLS
// and DOCKER_CERT_PATH. Throws UsageError for an address, a name or a file that cannot be used,
// also where docker itself would only warn and take another engine. Source: docker/cli 28, measured
// by tests/engines/contexts_test.sh.
Endpoint choose_endpoint(const EngineChoice& choice, const Environment& environment,
                         const std::string& home);

}  // namespace cac
