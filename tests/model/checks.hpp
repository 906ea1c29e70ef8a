// What must be true of every run, whatever went wrong in it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "run.hpp"

namespace cac::model {

using Failures = std::vector<std::string>;

// The process: its end, its time, what it leaves behind.
void check_process(const Run& run, Failures& failures);
// Nothing but the target was changed, and nothing at all where it was only to read.
void check_harm(const Run& run, Failures& failures);
// Exit 0 was earned; where nothing stood in the way, the status is the one to expect.
void check_verdict(const Run& run, Failures& failures);
// Of --json; part of check_output().
void check_report(const Run& run, Failures& failures);
// ... and of its actions; throws Json::exception where a value is of another type.
void check_actions(const Run& run, const nlohmann::json& report, Failures& failures);
// What was printed agrees with the status and with what happened.
void check_output(const Run& run, Failures& failures);

inline Failures check(const Run& run) {
  Failures failures;
  check_process(run, failures);
  check_harm(run, failures);
  check_verdict(run, failures);
  check_output(run, failures);
  return failures;
}

// The last exchange of a kind; nullptr: there is none.
const Exchange* find_last(const Run& run, Kind kind);
// The last list of images that has every name of the target that there may be.
const Exchange* find_last_target_list(const Run& run);
// The first one that was answered, on which the plan rests.
const Exchange* find_plan_list(const Run& run);
// The names that the tool could plan to remove, as the engine truly had them, with their images'
// IDs.
std::map<std::string, std::string> list_planned(const Run& run);
// The number of the last request that changes the engine; 0: there is none.
int find_last_write(const Run& run);

}  // namespace cac::model
