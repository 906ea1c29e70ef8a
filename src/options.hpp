// argv and environment become validated Options; the only user of cxxopts.
// Parsing only records; what the words mean together is checked after.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "endpoint.hpp"
#include "resources.hpp"
#include "target.hpp"

namespace cac {

enum class Mode { clear, verify_only, prune_only };

enum class ColorWhen { automatic, always, never };

// Asked for instead of a run.
enum class Information { none, short_help, long_help, version };

struct Options {
  Information information = Information::none;
  Mode mode = Mode::clear;
  bool dry_run = false;  // of clear or prune_only
  Target target = Target::all;
  std::string project;
  Endpoint endpoint;
  std::optional<ApiVersion> pinned_api;       // DOCKER_API_VERSION
  std::optional<std::string> buildx_builder;  // BUILDX_BUILDER: where builds go instead
  std::chrono::seconds timeout{};
  bool wait = false;
  bool keep_cache_mounts = false;
  std::optional<std::string> keep_as;
  std::optional<std::string> app_dir;
  std::optional<std::chrono::seconds> older_than;  // the bounds of prune_only
  std::optional<Bytes> keep_storage;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  ColorWhen color = ColorWhen::automatic;
};

// arguments: without the program's name. Throws UsageError, which says why. When information is
// asked for nothing else is looked at.
Options options_from(std::span<const char* const> arguments, const Environment& environment);

// How a usage error is to be told, where options_from gave no options: with --json, without colour.
Options manner_of(std::span<const char* const> arguments);

}  // namespace cac
