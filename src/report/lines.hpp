// What a run has to say, line by line, in words: how it looks is up to text and Markdown. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "clear/result.hpp"

namespace cac {

enum class Mark { planned, done, kept, warning, failed };

struct Line {
  Mark mark;
  std::string verb;
  std::string object;
  std::string size = {};
  std::string reason = {};
  bool may_be_cut = false;  // the object is a record's description: a whole RUN instruction
  std::size_t times = 1;    // repeated actions with this result; the reason says so

  // A note: a sentence of its own instead of columns.
  bool is_text() const { return size.empty() && reason.empty(); }
};

// "Clearing the caches of watchparty on Docker 28.5.2 (…)". The engine must be known.
std::string heading_of(const Run& run);

// Outcomes, or the plan as far as it was not carried out; residue; what was kept; notes.
std::vector<Line> lines_of(const Run& run);

// The end of a report: a word, and what it means.
struct Closing {
  Mark mark;         // done: good; failed: bad; warning: not known
  std::string word;  // "clean"
  std::string sentences;
};

// What the verification or the reading found, what it cost, what to do next. Nothing when the run
// did not get that far, or was a dry run of a clearing.
std::optional<Closing> closing_of(const Run& run);

}  // namespace cac
