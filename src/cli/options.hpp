// argv and environment become validated Options; the only user of cxxopts.
// Which arguments exclude or require others is data of the option table.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "clear/build_command.hpp"
#include "clear/request.hpp"
#include "docker/api_version.hpp"
#include "docker/context.hpp"

namespace cac {

enum class ColorWhen { automatic, always, never };

struct OutputOptions {
  bool quiet = false;
  bool verbose = false;
  bool json = false;
  ColorWhen color = ColorWhen::automatic;
};

// Printed instead of a run.
enum class InfoRequest { none, short_help, long_help, version };

struct Options {
  InfoRequest info = InfoRequest::none;
  Request request = {};
  std::optional<BuildCommand> build = {};  // from which the request gets its application
  bool runs_build = false;                 // after a clean verdict
  EngineChoice engine = {};
  std::optional<ApiVersion> pinned_api = {};  // DOCKER_API_VERSION
  std::chrono::seconds timeout = {};          // for the whole run
  OutputOptions output = {};
};

// words: the arguments without the program's name. Throws UsageError with the reason. If help or
// the version is requested, no value is validated.
Options parse_options(std::span<const char* const> words, const Environment& environment);

// Returns the output options for reporting a usage error, found without parsing.
OutputOptions find_output_options(std::span<const char* const> words);

}  // namespace cac
