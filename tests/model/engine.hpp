// The engine of a run: answers request after request as the scenario has it, and writes down all
// that happens. Knows no sockets.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace cac::model {

// One request, and what became of it.
struct Exchange {
  int number = 0;  // from 1 on
  int connection = 0;
  test::FakeRequest request = {};
  std::string request_body = {};
  Kind kind = Kind::other;
  std::vector<std::string> events = {};  // right before it
  std::size_t before = 0;                // the state that it met, in Engine::states()
  std::size_t after = 0;                 // ... and that it left
  std::size_t shown = 0;                 // ... and that the answer shows, which may be older
  bool is_podman = false;
  std::string builder = {};  // of an exec: the container
  bool only_looks = false;   // ... whose command changes nothing
  int exit_code = 0;         // ... and how it ended
  int status = 0;
  std::string truth = {};  // the answer's body as it would have been
  std::string body = {};   // ... as it was sent
  Fault fault = {};
  std::string fault_words = {};
  bool is_whole = false;  // all of the answer has gone out
  Says says = Says::truth;

  // Whether a verdict may rest on it.
  bool is_evidence() const { return status == 200 && is_whole && says == Says::truth; }
  // Whether it may change something, whatever became of it.
  bool is_change() const { return is_write(kind) && !only_looks; }
};

class Engine {
 public:
  struct Reply {
    Wire wire = {};
    int dribbles = 0;
    bool is_silent = false;
  };

  explicit Engine(const Scenario& scenario);

  // Returns the number of the request that comes next.
  int next_number() const { return static_cast<int>(exchanges_.size()) + 1; }
  // What others do before the next request is sent.
  void advance();
  // ... and the rest of it, when the request has come in.
  void advance(const test::FakeRequest& request);
  // Answers a request. Before it, advance() was called.
  Reply answer(int connection, const test::FakeRequest& request, const std::string& body);
  // The bytes of an exchange's answer have all gone out.
  void set_sent(std::size_t exchange);

  const World& world() const { return world_; }
  const std::vector<Exchange>& exchanges() const { return exchanges_; }
  const std::vector<State>& states() const { return states_; }

 private:
  test::FakeReply work(const test::FakeRequest& request, const std::string& body, Kind kind,
                       Fault::Work work);
  test::FakeReply do_half(const test::FakeRequest& request);
  test::FakeReply answer_exec(const test::FakeRequest& request, const std::string& body, Kind kind,
                              Fault::Work work);
  std::string run_buildctl(const std::vector<std::string>& command,
                           std::vector<FakeRecord>& records, Fault::Work work) const;
  std::size_t choose_shown_state(const Fault& fault);
  std::size_t keep_state();
  void apply_events(bool only_early);

  struct Exec {
    std::string container;
    std::vector<std::string> command;
    int exit_code = 0;
  };

  const Scenario& scenario_;
  World world_;
  std::vector<Exchange> exchanges_;
  std::vector<State> states_;
  std::vector<std::string> happened_;
  std::set<const Event*> applied_;
  std::vector<Exec> execs_;
  std::optional<Exec> looked_at_;  // by the last request about one
  std::size_t oldest_shown_ = 0;   // no disk usage can show an older state
};

}  // namespace cac::model
