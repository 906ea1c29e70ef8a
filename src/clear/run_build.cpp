#include "clear/run_build.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <utility>

#include "base/cancellation.hpp"
#include "docker/build_history.hpp"

namespace cac {

namespace {

// Returns why the action, which asks the history, failed; else "".
std::string try_to_ask(const BuildsToFind& builds, int signal_fd,
                       const std::function<void(const BuildHistory&)>& action) {
  constexpr std::chrono::seconds patience{60};
  Interruption interruption(signal_fd, Interruption::Clock::now() + patience);
  try {
    action(BuildHistory(builds.docker, builds.builder, interruption));
    return "";
  } catch (const TimedOut&) {
    return "docker buildx history does not answer";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

bool BuildRun::has_residue() const {
  return !allows_imports &&
         std::ranges::any_of(recorded.builds, &RecordedBuild::took_imported_steps);
}

BuildRun run_build(const std::vector<std::string>& words, const EnvironmentChanges& changes,
                   const BuildsToFind& builds, int signal_fd) {
  std::vector<BuildRecord> earlier;
  BuildRun run;
  std::string problem =
      try_to_ask(builds, signal_fd, [&](const BuildHistory& history) { earlier = history.list(); });
  run.status = run_in_foreground(words, changes);
  if (run.status == 0 && problem.empty()) {
    problem = try_to_ask(builds, signal_fd, [&](const BuildHistory& history) {
      run.recorded = find_new_builds(history, builds.builds, builds.project, earlier);
    });
  }
  run.recorded.problem = std::move(problem);
  return run;
}

RecordedBuilds read_last_builds(const BuildsToFind& builds, int signal_fd) {
  RecordedBuilds recorded;
  recorded.problem = try_to_ask(builds, signal_fd, [&](const BuildHistory& history) {
    recorded = find_last_builds(history, builds.builds, builds.project);
  });
  return recorded;
}

}  // namespace cac
