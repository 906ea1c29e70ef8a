#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace cac::model {

namespace {

using Json = nlohmann::json;
using test::FakeReply;
using test::FakeRequest;
using Work = Fault::Work;

bool same_state(const State& a, const State& b) {
  const auto text = [](const State& state) {
    std::string all;
    const auto add_records = [&](const std::vector<FakeRecord>& records) {
      for (const auto& r : records) {
        all += fmt::format("{}/{}/{}/{};", r.id, r.in_use, r.released, r.used_at);
      }
    };
    for (const auto& image : state.scene.images) {
      all += image.id;
      for (const auto& tag : image.tags) all += "," + tag;
    }
    for (const auto& one : state.scene.containers) all += one.name + one.image_id + one.state;
    for (const auto& volume : state.scene.volumes) all += volume;
    add_records(state.scene.records);
    for (const auto& [name, records] : state.builders) {
      all += name;
      add_records(records);
    }
    return all;
  };
  return text(a) == text(b);
}

bool kind_is_exec(Kind kind) {
  return kind == Kind::create_exec || kind == Kind::start_exec || kind == Kind::inspect_exec;
}

}  // namespace

Engine::Engine(const Scenario& scenario)
    : scenario_(scenario), world_(scenario.world), states_{scenario.world.state} {}

std::size_t Engine::keep_state() {
  if (!same_state(states_.back(), world_.state)) states_.push_back(world_.state);
  return states_.size() - 1;
}

void Engine::advance() { apply_events(true); }

void Engine::advance(const FakeRequest& request) {
  if (find_kind(request) == Kind::remove) {
    world_.name_being_removed = request.path().substr(std::string_view("/images/").size());
  }
  apply_events(false);
  world_.name_being_removed.clear();
}

void Engine::apply_events(bool only_early) {
  for (const Event& event : scenario_.events) {
    if (event.before != next_number() || (only_early && !event.is_early)) continue;
    if (!applied_.insert(&event).second) continue;
    const std::string words = apply(event, world_);
    if (words.empty()) continue;
    happened_.push_back(words);
    keep_state();
  }
}

// Engines from 23 on answer concurrent requests with one result. Another client's request may have
// begun before this one: as early as the result before it was ready, which was after that request.
std::size_t Engine::choose_shown_state(const Fault& fault) {
  const std::size_t newest = states_.size() - 1;
  const std::size_t oldest = std::exchange(oldest_shown_, newest);
  if (!fault.is_stale || world_.rules.newest_minor < 42) return newest;
  Random random(fault.seed ^ 0x5a5a);
  return oldest + static_cast<std::size_t>(random.below(newest - oldest + 1));
}

// Does the first half of what a prune would do.
FakeReply Engine::do_half(const FakeRequest& request) {
  FakeScene whole = world_.state.scene;
  FakeReply reply = world_.rules.answer(whole, request);
  if (reply.status != 200) return reply;
  const Json answer = Json::parse(reply.body);
  std::vector<std::string> deleted;
  if (answer["CachesDeleted"].is_array()) {
    deleted = answer["CachesDeleted"].get<std::vector<std::string>>();
  }
  deleted.resize(deleted.size() / 2);
  const auto is_deleted = [&](const auto& one) {
    return std::count(deleted.begin(), deleted.end(), one.id) > 0;
  };
  std::erase_if(world_.state.scene.records, is_deleted);
  return reply;
}

FakeReply Engine::work(const FakeRequest& request, const std::string& body, Kind kind, Work work) {
  if (kind_is_exec(kind)) return answer_exec(request, body, kind, work);
  if (world_.is_podman && is_write(kind)) return {.status = 404, .body = "Not Found"};
  if (work == Work::whole) return world_.rules.answer(world_.state.scene, request);
  if (work == Work::half && kind == Kind::prune_records) return do_half(request);
  FakeScene copy = world_.state.scene;
  return world_.rules.answer(copy, request);
}

Engine::Reply Engine::answer(int connection, const FakeRequest& request, const std::string& body) {
  Exchange exchange{.number = next_number(), .connection = connection, .request = request};
  exchange.request_body = body;
  exchange.kind = find_kind(request);
  exchange.events = std::exchange(happened_, {});
  exchange.before = keep_state();
  exchange.is_podman = world_.is_podman;
  Fault fault = scenario_.choose_fault(exchange.number, exchange.kind);
  FakeReply reply;
  if (exchange.kind == Kind::disk_usage) {
    exchange.shown = choose_shown_state(fault);
    FakeScene scene = states_[exchange.shown].scene;
    reply = world_.rules.answer(scene, request);
  } else {
    exchange.shown = exchange.before;
    reply = work(request, body, exchange.kind, fault.work);
  }
  if (kind_is_exec(exchange.kind) && looked_at_) {
    exchange.builder = looked_at_->container;
    exchange.exit_code = looked_at_->exit_code;
    exchange.only_looks = looked_at_->command.size() > 1 && looked_at_->command[1] == "du";
  }
  mark_in_use(world_);
  exchange.after = keep_state();
  exchange.truth = reply.body;
  Head head{.status = reply.status, .type = "application/json"};
  head.newest_minor = world_.rules.newest_minor;
  head.server =
      world_.is_podman ? "Libpod/5.8.0 (linux)" : fmt::format("Docker/{} (linux)", world_.version);
  if (reply.headers.contains("Content-Type")) head.type = reply.headers["Content-Type"];
  std::string sent = reply.body;
  const auto say = [&](const std::string& text) {
    sent = text;
    const bool is_answer = reply.status < 300 && head.status == reply.status;
    exchange.says =
        is_answer ? compare(exchange.kind, request.minor(), reply.body, sent) : Says::truth;
    return exchange.says != Says::a_lie;
  };
  bool is_said = true;
  if (fault.spoil_seed) {
    // Most of what lies does so by leaving something out.
    is_said = false;
    for (std::uint64_t i = 0; i < 8 && !is_said; ++i)
      is_said = say(spoil(reply.body, *fault.spoil_seed + i));
  } else if (fault.replacement) {
    const Head true_head = head;
    head.status = fault.replacement->status;
    head.type = fault.replacement->type;
    is_said = say(fault.replacement->body);
    if (!is_said) head = true_head;
  }
  if (!is_said) {
    say(reply.body);
    fault.spoil_seed.reset();
    fault.replacement.reset();
  }
  // The streams of an exec have no length.
  if (exchange.kind == Kind::start_exec && head.status == 200) {
    fault.framing = Fault::Framing::until_close;
  }
  exchange.fault = fault;
  exchange.fault_words = fault.describe();
  exchange.status = head.status;
  exchange.body = sent;
  Reply result{.wire = make_wire(head, sent, fault), .dribbles = fault.dribbles};
  result.is_silent = fault.broken == Fault::Break::silent;
  exchanges_.push_back(std::move(exchange));
  return result;
}

void Engine::set_sent(std::size_t exchange) { exchanges_[exchange].is_whole = true; }

}  // namespace cac::model
