// A run in words, for a reader who looks for what went wrong.
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "run.hpp"

namespace cac::model {

namespace {

// One line, without control characters, and not too long.
std::string shorten(const std::string& text, std::size_t size) {
  std::string shown;
  for (const char c : text) {
    if (shown.size() >= size) return shown + fmt::format("... ({} bytes)", text.size());
    const auto code = static_cast<unsigned char>(c);
    shown += code < 32 || code > 126 ? fmt::format("\\x{:02x}", code) : std::string(1, c);
  }
  return shown;
}

std::set<std::string> list_things(const State& state) {
  std::set<std::string> things;
  for (const auto& image : state.scene.images) {
    things.insert("image " + image.id.substr(0, 15));
    for (const auto& tag : image.tags) {
      things.insert(fmt::format("{} naming {}", tag, image.id.substr(0, 15)));
    }
  }
  for (const auto& container : state.scene.containers) {
    things.insert(fmt::format("container {} ({})", container.name, container.state));
  }
  for (const auto& record : state.scene.records) things.insert("record " + record.id);
  for (const auto& volume : state.scene.volumes) things.insert("volume " + volume);
  for (const auto& [name, records] : state.builders) {
    for (const auto& record : records)
      things.insert(fmt::format("record {} of {}", record.id, name));
  }
  return things;
}

std::string describe_change(const State& before, const State& after) {
  const auto old_things = list_things(before);
  const auto new_things = list_things(after);
  std::vector<std::string> gone;
  std::vector<std::string> added;
  std::set_difference(old_things.begin(), old_things.end(), new_things.begin(), new_things.end(),
                      std::back_inserter(gone));
  std::set_difference(new_things.begin(), new_things.end(), old_things.begin(), old_things.end(),
                      std::back_inserter(added));
  std::string text;
  if (!gone.empty()) text += fmt::format("     gone: {}\n", fmt::join(gone, ", "));
  if (!added.empty()) text += fmt::format("     new: {}\n", fmt::join(added, ", "));
  return text;
}

std::string describe(const Exchange& exchange, const std::vector<State>& states) {
  std::string text;
  for (const std::string& event : exchange.events) text += "   * " + event + "\n";
  text += fmt::format("{:3}  {} {}\n", exchange.number, exchange.request.method,
                      shorten(test::decoded(exchange.request.target), 300));
  if (!exchange.request_body.empty()) {
    text += "     with " + shorten(exchange.request_body, 200) + "\n";
  }
  if (!exchange.fault_words.empty()) text += "     fault: " + exchange.fault_words + "\n";
  text += describe_change(states[exchange.before], states[exchange.after]);
  text += fmt::format(
      "     -> {} {}{}{}{}\n", exchange.status, shorten(exchange.body, 1000),
      exchange.is_whole ? "" : " [not whole]",
      exchange.says == Says::nothing ? " [says nothing]" : "",
      exchange.kind == Kind::disk_usage && exchange.shown != exchange.before ? " [older]" : "");
  return text;
}

}  // namespace

std::string transcript(const Run& run) {
  std::string text = fmt::format("seed {}{}: clear-app-cache {}\n", run.scenario.seed,
                                 run.keeps_files ? ", again" : "", fmt::join(run.words, " "));
  for (const auto& [name, value] : run.scenario.asked.environment) {
    text += fmt::format("  {}={}\n", name, value);
  }
  if (run.scenario.asked.file) text += "  reads " + run.scenario.asked.file->json + "\n";
  text += describe(run.scenario.world);
  for (const Exchange& exchange : run.exchanges) text += describe(exchange, run.states);
  const Outcome& outcome = run.outcome;
  if (const auto& plan = run.scenario.signal; plan && outcome.signal_sent != 0) {
    static const char* const phases[] = {"and no answer", "and the answer", "after the answer"};
    text += fmt::format("signal {}{} at request {}, {}\n", outcome.signal_sent,
                        plan->twice ? " twice" : "", plan->at_request,
                        phases[static_cast<int>(plan->phase)]);
  }
  text += fmt::format("exit status {} after {} ms\n", outcome.status, outcome.took_ms);
  text += "standard output:\n" + outcome.out + "standard error:\n" + outcome.err;
  return text;
}

}  // namespace cac::model
