// One run of the real program against the model's engine.
#pragma once

#include <string>
#include <vector>

#include "sandbox.hpp"
#include "server.hpp"

namespace cac::model {

// What is left to be seen when the tool has ended.
struct Outcome {
  int status = -1;          // as a shell shows it: 128+N when signal N killed it
  bool was_killed = false;  // by a signal
  std::string out = {};
  std::string err = {};
  long long took_ms = 0;
  int signal_sent = 0;
  bool signal_was_unanswered = false;  // the tool could do nothing but end
  bool has_hung = false;               // it was killed, long after its timeout
  bool has_kept_streams = false;       // somebody has its standard output open after its end
  bool left_children = false;
  bool left_connections = false;
  std::vector<std::string> child_descriptors =
      {};  // of a process that stays, beyond the two it needs
  std::vector<int> cancelled_prunes = {};
  std::size_t fewest_descriptors = 0;  // open in the tool, at any request
  std::size_t most_descriptors = 0;
  Sandbox::Contents files_before = {};
  Sandbox::Contents files_after = {};
};

struct Run {
  Scenario scenario = {};
  std::vector<Exchange> exchanges = {};
  std::vector<State> states = {};
  World left = {};
  Outcome outcome = {};
  std::vector<std::string> words = {};  // as the tool got them
  bool keeps_files = false;             // of the run before
};

Run run_tool(const std::string& program, const Scenario& scenario, Sandbox& sandbox,
             bool keeps_files);

// All of it, request by request.
std::string transcript(const Run& run);

}  // namespace cac::model
