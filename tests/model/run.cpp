#include "run.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

#include "process.hpp"

namespace cac::model {

namespace {

using std::chrono::milliseconds;

// Far beyond what a busy machine adds: what ends later hangs.
constexpr milliseconds slack{20'000};
// For the end of what the tool has started.
constexpr milliseconds patience{10'000};

std::string replace(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

// The tool and the engine, and what is noticed while they talk.
class Stage {
 public:
  Stage(const std::string& program, Run& run, Sandbox& sandbox)
      : run_(run),
        engine_(run.scenario),
        server_(engine_, sandbox.path(), run.scenario.is_on_tcp,
                {[this](int number, Kind kind) { return see_request(number, kind); },
                 [this](int number) { see_answer(number); }}),
        process_(make_start(program, sandbox)) {}

  void play() {
    const auto start = Clock::now();
    const SignalPlan* const plan = run_.scenario.signal ? &*run_.scenario.signal : nullptr;
    if (plan != nullptr && plan->at_request == 0 && !plan->at_prune) send_signal(*plan);
    const milliseconds limit = std::chrono::seconds(run_.scenario.asked.timeout) + slack;
    while (!has_ended_ && !run_.outcome.has_hung) {
      poll_once(server_.max_wait());
      run_.outcome.has_hung = since(start) > limit;
    }
    if (run_.outcome.has_hung) {
      process_.send(SIGKILL);
      while (!has_ended_) poll_once(milliseconds(10));
    }
    run_.outcome.took_ms = since(start).count();
    read_streams_to_their_ends();
    see_what_is_left();
    run_.outcome.out = process_.out;
    run_.outcome.err = process_.err;
    run_.outcome.cancelled_prunes = server_.cancelled_prunes();
    run_.exchanges = engine_.exchanges();
    run_.states = engine_.states();
    run_.left = engine_.world();
  }

 private:
  Start make_start(const std::string& program, const Sandbox& sandbox) {
    const auto fill_in = [&](const std::string& text) {
      return replace(replace(text, "@DIR@", sandbox.path()), "@HOST@", server_.url());
    };
    const Asked& asked = run_.scenario.asked;
    Start start{.program = program};
    for (const std::string& word : asked.words) run_.words.push_back(fill_in(word));
    run_.words.push_back("--timeout=" + std::to_string(asked.timeout) + "s");
    start.words = run_.words;
    start.environment = {{"HOME", sandbox.path() + "/home"},
                         {"TMPDIR", sandbox.path() + "/tmp"},
                         {"XDG_RUNTIME_DIR", sandbox.path() + "/run"},
                         {"PATH", sandbox.path() + "/bin:/usr/bin:/bin"},
                         {"LC_ALL", "C.UTF-8"}};
    for (const auto& [name, value] : asked.environment) start.environment[name] = fill_in(value);
    start.directory = sandbox.path() + "/work";
    start.input = sandbox.path() + "/input";
    std::ofstream(start.input) << (asked.file ? fill_in(asked.file->json) : "");
    run_.outcome.files_before = sandbox.list();
    return start;
  }

  void send_signal(const SignalPlan& plan) {
    run_.outcome.signal_sent = plan.signal;
    for (int i = plan.twice ? 2 : 1; i > 0; --i) process_.send(plan.signal);
  }

  bool see_request(int number, Kind kind) {
    const std::size_t count = process_.count_descriptors();
    auto& fewest = run_.outcome.fewest_descriptors;
    if (count > 0) fewest = fewest == 0 ? count : std::min(fewest, count);
    run_.outcome.most_descriptors = std::max(run_.outcome.most_descriptors, count);
    auto& plan = run_.scenario.signal;
    if (plan && plan->at_prune && kind == Kind::prune_records) {
      plan->at_prune = false;
      plan->at_request = number;
    }
    if (!plan || plan->at_prune || plan->at_request != number) return true;
    if (plan->phase == SignalPlan::Phase::answered) return true;
    send_signal(*plan);
    run_.outcome.signal_was_unanswered = plan->phase == SignalPlan::Phase::unanswered;
    return !run_.outcome.signal_was_unanswered;
  }

  void see_answer(int number) {
    const auto& plan = run_.scenario.signal;
    if (!plan || plan->at_prune || plan->at_request != number) return;
    if (plan->phase == SignalPlan::Phase::answered) send_signal(*plan);
  }

  void poll_once(milliseconds wait) {
    std::vector<pollfd> polled;
    server_.add_polled(polled);
    if (!has_ended_) polled.push_back({process_.end_fd(), POLLIN, 0});
    for (const int fd : {process_.out_fd(), process_.err_fd()}) {
      if (fd >= 0) polled.push_back({fd, POLLIN, 0});
    }
    poll(polled.data(), polled.size(), static_cast<int>(wait.count()));
    server_.serve(polled);
    for (const pollfd& one : polled) {
      if (one.revents == 0) continue;
      if (one.fd == process_.out_fd()) process_.read_out();
      if (one.fd == process_.err_fd()) process_.read_err();
      if (one.fd == process_.end_fd() && !has_ended_) {
        run_.outcome.status = process_.wait(run_.outcome.was_killed);
        has_ended_ = true;
      }
    }
  }

  void read_streams_to_their_ends() {
    const auto start = Clock::now();
    while (process_.out_fd() >= 0 || process_.err_fd() >= 0) {
      process_.read_out();
      if (process_.err_fd() >= 0) process_.read_err();
      if (process_.out_fd() < 0 && process_.err_fd() < 0) return;
      if (since(start) > patience) {
        run_.outcome.has_kept_streams = true;
        return;
      }
      poll_once(milliseconds(1));
    }
  }

  // A process that lets the engine finish a prune may stay until the answer.
  void see_what_is_left() {
    const auto start = Clock::now();
    poll_once(milliseconds(0));
    while (has_children()) {
      run_.outcome.child_descriptors = list_child_descriptors();
      // One that has just been started closes them right now.
      if (run_.outcome.child_descriptors.empty() || since(start) > patience) break;
      poll_once(milliseconds(1));
    }
    poll_once(milliseconds(0));
    server_.answer_withheld();
    // One that was killed cannot say that it had not sent its prune yet: for a while, the process
    // that it has started waits for the answer.
    if (run_.outcome.was_killed) server_.close_all();
    while (has_children() || server_.open_connections() > 0) {
      if (since(start) > patience) break;
      poll_once(milliseconds(1));
    }
    run_.outcome.left_children = has_children();
    run_.outcome.left_connections = server_.open_connections() > 0;
    if (run_.outcome.left_children) kill_children();
  }

  Run& run_;
  Engine engine_;
  Server server_;
  Process process_;
  bool has_ended_ = false;
};

}  // namespace

Run run_tool(const std::string& program, const Scenario& scenario, Sandbox& sandbox,
             bool keeps_files) {
  Run run{.scenario = scenario, .keeps_files = keeps_files};
  if (!keeps_files) sandbox.fill(scenario.asked);
  Stage(program, run, sandbox).play();
  run.outcome.files_after = sandbox.list();
  return run;
}

}  // namespace cac::model
