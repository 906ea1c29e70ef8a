// All that a seed decides: the engine, the command line, and what goes wrong at which request.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "asked.hpp"
#include "faults.hpp"
#include "world.hpp"

namespace cac::model {

// A signal to the tool.
struct SignalPlan {
  int at_request = 0;     // 0: as soon as the tool was started
  bool at_prune = false;  // ... or at the first prune of the build cache
  enum class Phase {
    unanswered,  // the request is there, and gets no answer until the tool has ended
    meanwhile,   // the answer goes out at the same time
    answered,    // the answer has gone out
  } phase{};
  int signal = 0;
  bool twice = false;
};

struct Scenario {
  std::uint64_t seed = 0;
  World world = {};
  Asked asked = {};
  std::vector<Event> events = {};
  std::optional<SignalPlan> signal = {};
  int fault_chance = 0;  // percent, of each request
  bool only_harmless = false;
  bool may_wait = false;
  bool may_be_stale = false;              // what the engine says of its build cache
  std::vector<int> faulty_requests = {};  // these besides
  std::optional<Kind> faulty_kind = {};   // ... and half of this kind
  int faulty_from = 0;                    // ... that come after so many requests
  // ... or all of them, in the same way: an engine with a way of its own.
  std::optional<std::uint64_t> same_spoil_seed = {};
  bool is_on_tcp = false;

  bool is_undisturbed() const {
    return events.empty() && !signal && fault_chance == 0 && faulty_requests.empty() &&
           !faulty_kind;
  }
  // The fault of one request; independent of all others, so that a replay differs only where it
  // must.
  Fault choose_fault(int number, Kind kind) const;
};

Scenario make_scenario(std::uint64_t seed);
// The same run again, on what the first one left, and nothing goes wrong.
Scenario make_second_run(const Scenario& first, const World& left);

}  // namespace cac::model
