// What a run has to say besides its lines: warnings and errors, and notes.
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>

#include "clear/likely_mistake.hpp"
#include "report/pruning.hpp"
#include "report/recorded.hpp"
#include "report/sentences.hpp"

namespace cac {

namespace {

// Adds, for each other application, which of the matching names are its own.
void add_neighbors(const Application& application, const std::vector<Image>& images,
                   std::vector<std::string>& notes) {
  if (application.builds) return;  // what it names of another project's is residue
  std::map<std::string, std::vector<std::string>> names;  // by project
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (application.matches(name) && application.is_neighbor(image, name)) {
        names[image.compose_project].push_back(name);
      }
    }
  }
  for (auto& [project, own] : names) {
    std::sort(own.begin(), own.end());
    notes.push_back(fmt::format(
        "{} {} to the Compose project {}, and {} left alone", fmt::join(abridge(own), ", "),
        own.size() == 1 ? "belongs" : "belong", project, own.size() == 1 ? "is" : "are"));
  }
}

// images: of other tags, or of other projects.
std::string describe_absence(const Application& application, const std::vector<Image>& images) {
  if (application.builds) {
    std::vector<std::string> others;
    for (const Image& image : images) {
      others.insert(others.end(), image.tags.begin(), image.tags.end());
    }
    return "none of the images that the build command names is on this engine" +
           (others.empty() ? ""
                           : fmt::format(", but others of the same repositories: {}",
                                         fmt::join(abridge(others), ", ")));
  }
  return fmt::format("no image on this engine{} has a name that begins with '{}-'",
                     images.empty() ? "" : " but other projects'", application.project);
}

// Whether the run found nothing at all that a build may have left; false if it is not known.
bool found_nothing(const RunResult& result, const State& state) {
  const bool is_judged = result.verification && result.verification->verdict == Verdict::clean &&
                         result.verification->kept.empty();
  return (is_judged || (state.records && state.records->empty())) && state.images.empty() &&
         state.others.empty() && state.containers.empty() && !state.containers_failure &&
         (!state.dangling || state.dangling->empty()) &&
         std::ranges::all_of(result.outcomes, [](const Outcome& one) { return one.count == 0; });
}

// Adds that no image is the application's, and what else may be meant.
void add_absence(const RunResult& result, const Application& application, const State& state,
                 std::vector<std::string>& notes) {
  if (!application.misses_all_of(state.images)) return;
  notes.push_back(describe_absence(application, state.images));
  if (application.builds) return;
  if (const auto others = list_applications(state); !others.empty()) {
    notes.push_back(
        fmt::format("prefixes that have a backend or a frontend: {}", fmt::join(others, ", ")));
  }
  if (!state.compose_file.empty()) {
    notes.push_back(
        fmt::format("{} is here: clear-app-cache{} --no-build -- docker compose build "
                    "clears what it builds",
                    state.compose_file, name_engine_options(result.engine_choice)));
  }
  if (found_nothing(result, state)) {
    notes.emplace_back(
        "no image, container or build cache record was found: is this the engine that builds?");
  }
}

// "expected exit status: 3, because acme/web will be left"
std::string describe_expectation(const Expectation& expectation) {
  const Verification& expected = expectation.verification;
  std::vector<std::string> reasons;
  std::map<std::string, std::size_t> records;  // by reason
  for (const Residue& residue : expected.residue) {
    if (residue.kind == ResidueKind::build_cache) {
      ++records[explain(residue)];
    } else {
      reasons.push_back(residue.object + " will be left");
    }
  }
  for (const auto& [why, count] : records) {
    reasons.push_back(fmt::format("{} will be left: {}", count_noun(count, "record"), why));
  }
  if (!expected.records_known) {
    reasons.emplace_back("the engine does not say which build cache records there are");
  }
  if (!expected.names_known) reasons.emplace_back("it does not say which names its images have");
  if (expected.failure) reasons.push_back(expected.failure->message);
  return fmt::format("expected exit status: {}{}{}", expectation.status,
                     reasons.empty() ? "" : ", because ", fmt::join(abridge(reasons), "; "));
}

using Warn = std::function<void(const std::string& text, const std::string& advice)>;

// Docker's own settings allow both.
void warn_of_connection(const Endpoint& endpoint, const Warn& warn) {
  if (endpoint.host_port.empty()) return;
  if (!endpoint.tls) {
    if (!endpoint.is_remote()) return;
    warn(
        fmt::format("the connection to {} is neither encrypted nor authenticated", endpoint.text()),
        "Whoever reaches that port has root's power on the host: use ssh:// or TLS.");
  } else if (!endpoint.tls->verifies) {
    warn(fmt::format("the certificate of {} is not verified, because {} says so", endpoint.text(),
                     endpoint.context.empty() ? "DOCKER_TLS without DOCKER_TLS_VERIFY"
                                              : "the context " + endpoint.context),
         "Anyone could answer in the engine's place.");
  }
}

bool is_on_another_machine(const RunResult& result) {
  return result.endpoint && (result.endpoint->ssh || result.endpoint->is_remote());
}

}  // namespace

Failure explain_mistake(const EngineChoice& engine, const Application& application,
                        const std::vector<Image>& images, const std::string& meant) {
  std::string command =
      fmt::format("clear-app-cache{} --project {}", name_engine_options(engine), meant);
  for (const std::string& target : application.targets) command += " " + target;
  return {
      FailureKind::usage,
      fmt::format("{}: did you mean --project {}?", describe_absence(application, images), meant),
      fmt::format("Nothing was changed. Run {}, or give the build command.", command)};
}

std::vector<Message> list_messages(const RunResult& result) {
  std::vector<Message> messages;
  const auto warn = [&](const std::string& text, const std::string& advice = "") {
    messages.push_back({false, text, advice});
  };
  if (result.endpoint) warn_of_connection(*result.endpoint, warn);
  for (const std::string& warning : result.build_warnings) warn("the build command: " + warning);
  const auto first = first_failure(result);
  const ClearRequest* const request = result.clear_request();
  if (request != nullptr && request->application.builds) {
    for (const NamedCache& cache : request->application.builds->invalid) {
      warn(fmt::format("{} in cache_from is not a valid image name, so a build ignores it ({})",
                       cache.source, name_services(cache.services)));
    }
  }
  if (request != nullptr && request->app_dir && is_on_another_machine(result)) {
    warn(fmt::format("--app-dir {} is on this machine, and the engine is on another one",
                     *request->app_dir),
         "If the builds' directory is over there, run this there, or clear it there.");
  }
  if (result.state && request != nullptr) {
    const ArtifactSearch& search = result.state->artifacts;
    for (const Failure& failure : search.unreadable) {
      if (first && first->message == failure.message) continue;
      warn("a directory could not be searched for build artifacts: " + failure.message);
    }
    for (const Caveat& caveat : result.caveats) {
      if (!is_warning(caveat.kind)) continue;
      const bool is_elsewhere = caveat.kind == CaveatKind::local_cache;
      warn(explain(caveat), is_elsewhere ? "Run this in the directory where you build." : "");
    }
  }
  for (const Failure& other : other_failures(result)) warn(other.message, other.advice);
  if (result.runs_build && exit_code(result) != 0) {
    warn(fmt::format("the build command was not run: {}", fmt::join(result.build_command, " ")));
  }
  if (first) messages.push_back({true, first->message, first->advice});
  return messages;
}

std::vector<std::string> list_notes(const RunResult& result) {
  std::vector<std::string> notes;
  if (result.state && result.clear_request() != nullptr) {
    add_neighbors(result.clear_request()->application, result.state->images, notes);
  }
  const auto expectation = expect(result);
  if (expectation) {
    for (const Residue& residue : expectation->verification.residue) {
      if (residue.kind == ResidueKind::build_cache) continue;  // the plan's line says it
      notes.push_back(fmt::format("{} will be left: {}", residue.object, explain(residue)));
    }
  }
  if (result.state && !result.state->local_caches.empty() && is_on_another_machine(result)) {
    notes.emplace_back("the engine is on another machine; type=local directories are this one's");
  }
  if (result.state) {
    for (const auto& directory : result.state->artifacts.absent) {
      notes.push_back(fmt::format("no directory {}: no artifacts there", directory.string()));
    }
  }
  if (result.verification && !result.verification->records_known) {
    notes.emplace_back("the engine did not say which build cache records there are");
  }
  if (result.verification && !result.verification->names_known) {
    notes.emplace_back("the engine did not say which names its images have");
  }
  if (const ClearRequest* const request = result.clear_request();
      request != nullptr && result.state) {
    add_absence(result, request->application, *result.state, notes);
  }
  if (result.pruning) add_pruning_notes(result, notes);
  if (result.last_builds) {
    const auto sentences =
        describe_last_builds(*result.last_builds, std::chrono::system_clock::now());
    notes.insert(notes.end(), sentences.begin(), sentences.end());
  }
  if (expectation) notes.push_back(describe_expectation(*expectation));
  return notes;
}

}  // namespace cac
