#include "report/recorded.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "report/sentences.hpp"

namespace cac {

namespace {

constexpr const char* verdict_stands = "The verdict from before the build stands: clean.";

// "backend 12 steps, frontend 8"
std::string list_steps(const std::vector<RecordedBuild>& builds) {
  std::vector<std::string> counts;
  counts.reserve(builds.size());
  for (const RecordedBuild& build : builds) {
    counts.push_back(counts.empty()
                         ? fmt::format("{} {}", build.name, count_noun(build.record.steps, "step"))
                         : fmt::format("{} {}", build.name, build.record.steps));
  }
  return fmt::format("{}", fmt::join(abridge(std::move(counts)), ", "));
}

std::size_t count_cached(const std::vector<RecordedBuild>& builds) {
  std::size_t count = 0;
  for (const RecordedBuild& build : builds) count += build.record.cached_steps;
  return count;
}

std::string count_of(const RecordedBuild& build) {
  return fmt::format("{} of {}", build.record.cached_steps, count_noun(build.record.steps, "step"));
}

// "backend took 3 of 12 steps, frontend 1 of 8 steps"
std::string list_imported(const std::vector<RecordedBuild>& builds) {
  std::vector<std::string> counts;
  for (const RecordedBuild& build : builds) {
    if (!build.took_imported_steps()) continue;
    counts.push_back(
        fmt::format("{}{} {}", build.name, counts.empty() ? " took" : "", count_of(build)));
  }
  return fmt::format("{}", fmt::join(abridge(std::move(counts)), ", "));
}

// In the largest unit of which there are two.
std::chrono::seconds round_age(std::chrono::system_clock::duration age) {
  using std::chrono::floor, std::chrono::seconds, std::chrono::minutes, std::chrono::hours,
      std::chrono::days;
  if (age >= days(2)) return floor<days>(age);
  if (age >= hours(2)) return floor<hours>(age);
  return age >= minutes(2) ? floor<minutes>(age) : floor<seconds>(age);
}

std::string name_imports(const RecordedBuild& build) {
  return fmt::format("{}", fmt::join(abridge(build.imports), ", "));
}

}  // namespace

std::vector<Line> make_build_lines(const BuildRun& run) {
  std::vector<Line> lines;
  for (const RecordedBuild& build : run.recorded.builds) {
    if (!build.took_imported_steps()) continue;
    lines.push_back({run.allows_imports ? LineStatus::kept : LineStatus::failed, "imported",
                     build.name, count_of(build),
                     fmt::format("from {}; docker buildx history logs {}", name_imports(build),
                                 build.record.id)});
  }
  if (!run.recorded.builds.empty() && !run.recorded.unrecorded.empty()) {
    lines.push_back({LineStatus::kept, "note",
                     fmt::format("there is no record of {}",
                                 fmt::join(abridge(run.recorded.unrecorded), ", "))});
  }
  return lines;
}

std::optional<Summary> make_build_summary(const BuildRun& run) {
  const RecordedBuilds& recorded = run.recorded;
  constexpr int first_signal = 129;
  if (run.status >= first_signal) return std::nullopt;
  if (run.status != 0) {
    return Summary{LineStatus::failed, "build failed",
                   fmt::format("the build command ended with status {}.", run.status)};
  }
  if (!recorded.problem.empty() || recorded.builds.empty()) {
    return Summary{LineStatus::warning, "built",
                   fmt::format("whether from scratch, nobody could be asked: {}. {}",
                               recorded.problem.empty() ? "there is no record of these builds"
                                                        : recorded.problem,
                               verdict_stands)};
  }
  if (run.has_residue()) {
    return Summary{
        LineStatus::failed, "not from scratch",
        fmt::format("{} from a cache that the build imported. Find what tagged or pushed "
                    "it during the run, then run again.",
                    list_imported(recorded.builds))};
  }
  const std::string steps = list_steps(recorded.builds);
  const std::size_t cached = count_cached(recorded.builds);
  const bool has_imports =
      std::ranges::any_of(recorded.builds, &RecordedBuild::took_imported_steps);
  if (has_imports) {
    return Summary{
        LineStatus::done, "built",
        fmt::format("{}, {} cached or imported, which --allow-external accepts.", steps, cached)};
  }
  return Summary{LineStatus::done, "built from scratch",
                 cached == 0
                     ? fmt::format("{}, none cached.", steps)
                     : fmt::format("{}, {} shared with builds since the clearing.", steps, cached)};
}

std::vector<std::string> describe_last_builds(const RecordedBuilds& recorded,
                                              std::chrono::system_clock::time_point now) {
  std::vector<std::string> sentences;
  if (!recorded.problem.empty()) {
    sentences.push_back("how the last builds went, nobody could be asked: " + recorded.problem);
    return sentences;
  }
  for (const RecordedBuild& build : recorded.builds) {
    std::string age;
    const auto started = parse_time(build.record.started);
    if (started && *started <= now) {
      age = fmt::format(", {} ago", to_string(round_age(now - *started)));
    }
    const std::string source =
        build.took_imported_steps() ? fmt::format(" (it imported {})", name_imports(build)) : "";
    sentences.push_back(fmt::format("the last build of {}{}: {} were cached{}", build.name, age,
                                    count_of(build), source));
  }
  if (!recorded.unrecorded.empty()) {
    sentences.push_back(fmt::format("there is no record of a build of {}",
                                    fmt::join(abridge(recorded.unrecorded), ", ")));
  }
  return sentences;
}

}  // namespace cac
