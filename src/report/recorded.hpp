// What BuildKit has recorded of builds, in words. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/lines.hpp"

namespace cac {

// A line for each build that took imported steps, and a note for what has no record.
std::vector<Line> make_build_lines(const BuildRun& run);

// "built from scratch: backend 12 steps, frontend 8, none cached." nullopt if the build command was
// ended by a signal: whoever sent it knows.
std::optional<Summary> make_build_summary(const BuildRun& run);

// A sentence for each last build. now: for its age.
std::vector<std::string> describe_last_builds(const RecordedBuilds& recorded,
                                              std::chrono::system_clock::time_point now);

}  // namespace cac
