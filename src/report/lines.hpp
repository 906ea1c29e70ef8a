// A run line by line, in words: how that looks is up to text and Markdown. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clear/result.hpp"

namespace cac {

enum class LineStatus { planned, done, kept, warning, failed };

struct Line {
  LineStatus status;
  std::string verb;
  std::string object;
  std::string size = {};
  std::string reason = {};
  bool may_be_cut = false;  // the object is a record's description: a whole RUN instruction

  bool operator==(const Line&) const = default;
  // A note: a sentence of its own instead of columns.
  bool is_text() const { return size.empty() && reason.empty(); }
};

// "Clearing the caches of watchparty on Docker 28.5.2 (…)". The request and the engine must be
// known.
std::string make_heading(const RunResult& result);

// Outcomes, or the plan as far as it was not carried out; residue; what was kept; caveats; notes.
std::vector<Line> make_lines(const RunResult& result);

// The end of a report: a word, and what it means.
struct Summary {
  LineStatus status;  // done: good; failed: bad; warning: not known
  std::string word;   // "clean"
  std::string sentences;
};

// " 812 MB reclaimed in 1.4 s."
std::string describe_cost(const RunResult& result);

// What was found, what it cost and what to do next. nullopt if the run did not get that far, or was
// the dry run of a clearing.
std::optional<Summary> make_summary(const RunResult& result);

}  // namespace cac
