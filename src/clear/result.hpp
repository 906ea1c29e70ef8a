// What a run has found and done so far: the pipeline fills it in, `report` reads it.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "clear/caveats.hpp"
#include "clear/plan.hpp"
#include "clear/prune.hpp"
#include "clear/run_build.hpp"
#include "clear/verify.hpp"
#include "docker/context.hpp"

namespace cac {

struct RunResult {
  std::optional<Request> request;    // nullopt: the command line was not understood
  std::optional<Endpoint> endpoint;  // nullopt: docker's files do not say which engine
  EngineChoice engine_choice;        // what the command line said about it
  std::optional<EngineIdentity> engine;
  std::optional<State> state;  // as first read: before the actions, if there are any
  std::optional<Plan> plan;
  std::vector<Outcome> outcomes;  // of the plan's actions, then of repeated prunes
  std::vector<Caveat> caveats;
  std::vector<std::string> build_command;     // its words; empty: none
  std::vector<Build> builds;                  // what it builds
  bool runs_build = false;                    // after a clean verdict
  std::optional<RecordedBuilds> last_builds;  // with verify_only
  std::optional<BuildRun> build_run;  // after the clearing: this alone, in a result of its own
  std::vector<std::string> build_warnings;  // docker's, when it was asked what it builds
  std::optional<Verification> verification;
  std::optional<PruneSummary> pruning;  // of a PruneRequest, instead of a verification
  std::optional<Failure> failure;       // what ended the run before its end
  int signal = 0;                       // ... if it was one
  std::optional<Failure> write_error;   // output was lost
  std::chrono::milliseconds took{};

  // nullptr if it is another request.
  const ClearRequest* clear_request() const;
  const PruneRequest* prune_request() const;
  bool is_dry_run() const;
};

// Returns the exit status that the run has earned: an ExitStatus, or 128+N after signal N.
int exit_code(const RunResult& result);

// What a dry run expects of the real run.
struct Expectation {
  Verification verification;  // of a pruning, only whether its records are known
  int status;
};
// Returns nullopt unless it is a dry run that has made its plan.
std::optional<Expectation> expect(const RunResult& result);

// Returns what went wrong first: what ended the run, else what kept it from a verdict, else the
// first action that failed (none of them if it turned out not to matter: the verdict is clean),
// else what could not be written.
std::optional<Failure> first_failure(const RunResult& result);

// Returns what else went wrong, each message once: worth a warning.
std::vector<Failure> other_failures(const RunResult& result);

// nullopt for a plan and for a pruning: they prove nothing.
std::optional<Verdict> final_verdict(const RunResult& result);

// Returns the sum of what the prunes reported; the engine reports no size for removed images.
Bytes total_reclaimed(const RunResult& result);

}  // namespace cac
