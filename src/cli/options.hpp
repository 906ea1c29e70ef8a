// argv and environment become validated Options; the only user of cxxopts.
// Which arguments exclude or require others is data of the option table.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "clear/application.hpp"
#include "docker/endpoint.hpp"
#include "docker/objects.hpp"

namespace cac {

enum class Mode { clear, verify_only, prune_only };

enum class ColorWhen { automatic, always, never };

// Requested instead of a run.
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
  std::optional<std::chrono::seconds> older_than;  // the limits of prune_only
  std::optional<Bytes> keep_storage;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  ColorWhen color = ColorWhen::automatic;
};

// words: the arguments without the program's name. Throws UsageError with the reason. If help or
// the version is requested, nothing else is validated.
Options options_from(std::span<const char* const> words, const Environment& environment);

// Output options for reporting a usage error, found without parsing.
Options manner_of(std::span<const char* const> words);

}  // namespace cac
