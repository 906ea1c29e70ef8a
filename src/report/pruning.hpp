// What a periodic pruning did and left, in plain English. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/lines.hpp"

namespace cac {

// "2 prunes; 52.4 MB more were deleted, but images share them", or "".
std::string describe_repetition(const Outcome& outcome);

// Adds what is in use or outside a limit, and why. The result must have a pruning.
void add_pruning_notes(const RunResult& result, std::vector<std::string>& notes);

// The end of the report of a pruning or of its dry run; nullopt if the run did not get that far.
std::optional<Summary> make_pruning_summary(const RunResult& result);

}  // namespace cac
