// What a run has learned so far. The stations of the pipeline fill it in; `report` reads it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "clear/plan.hpp"
#include "clear/prune.hpp"
#include "clear/verify.hpp"
#include "cli/options.hpp"

namespace cac {

struct Run {
  Options options;
  std::optional<EngineIdentity> engine;
  std::optional<Inventory> inventory;
  std::optional<Plan> plan;
  std::vector<Outcome> outcomes;
  std::optional<Verification> verification;
  std::optional<CacheReading> reading;  // of --prune-only, instead of a verification
  std::optional<Failure> failure;       // what ended the run before its end
  int signal = 0;                       // ... if it was one
  std::optional<Failure> unwritten;     // what there was to say, and could not be written
  std::chrono::milliseconds took{};
};

// The exit status that the run has earned: an ExitStatus, or 128+N after signal N.
int exit_code(const Run& run);

// What went wrong first: what ended the run, else what kept it from a verdict, else the first
// action that failed; none of them where it turned out not to matter: the verdict is clean. Else
// what could not be written.
std::optional<Failure> first_failure(const Run& run);

// What else went wrong with actions or could not be written, each message once: worth a warning.
std::vector<Failure> other_failures(const Run& run);

// Those of the plan and of the verification, but for what first_failure says.
std::vector<std::string> warnings_of(const Run& run);
std::vector<std::string> notes_of(const Run& run);

// Nothing for a plan and for a pruning within bounds: they prove nothing.
std::optional<Verdict> verdict_of(const Run& run);

// The sum of what the prunes say they freed; images are in no answer.
Bytes reclaimed_by(const Run& run);

}  // namespace cac
