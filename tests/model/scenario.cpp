#include "scenario.hpp"

#include <algorithm>
#include <csignal>

namespace cac::model {

namespace {

void add_events(Random& random, Scenario& scenario) {
  // As often as they say something.
  static const std::vector<int> weights{10, 8, 14, 8, 4, 16, 4, 6, 4, 3, 3, 4, 2, 1, 2};
  for (int i = random.between(1, 5); i > 0; --i) {
    const int before = random.between(1, 16);
    const auto kind = static_cast<EventKind>(random.weighted(weights));
    scenario.events.push_back({before, kind, random.next(), random.percent(50)});
  }
}

// What runs ends, so that --wait has an end.
void end_builds(Random& random, Scenario& scenario) {
  for (int i = 0; i < 4; ++i) {
    scenario.events.push_back({random.between(3, 5), EventKind::build_ends, random.next()});
  }
  scenario.asked.timeout = 2;
}

void add_signal(Random& random, Scenario& scenario) {
  static const std::vector<int> signals{SIGTERM, SIGTERM, SIGINT, SIGHUP, SIGKILL};
  SignalPlan& plan = scenario.signal.emplace();
  plan.at_request = random.below(16);
  plan.at_prune = random.percent(40);
  plan.phase = static_cast<SignalPlan::Phase>(random.weighted({50, 25, 25}));
  plan.signal = random.pick(signals);
  plan.twice = random.percent(15);
}

void add_faults(Random& random, Scenario& scenario) {
  static const std::vector<Kind> kinds{Kind::disk_usage,
                                       Kind::disk_usage,
                                       Kind::disk_usage,
                                       Kind::list_images,
                                       Kind::list_images,
                                       Kind::list_images,
                                       Kind::inspect,
                                       Kind::remove,
                                       Kind::remove_dangling,
                                       Kind::prune_records,
                                       Kind::prune_records,
                                       Kind::list_dangling,
                                       Kind::tag,
                                       Kind::list_volumes,
                                       Kind::list_labeled,
                                       Kind::list_containers};
  static const std::vector<Kind> exec_kinds{Kind::create_exec, Kind::start_exec, Kind::start_exec,
                                            Kind::start_exec, Kind::inspect_exec};
  const bool has_builder = scenario.asked.all_builders && !scenario.world.state.builders.empty();
  switch (random.weighted({18, 12, 25, 13, 6, 26})) {
    case 0:
      break;
    case 1:
      scenario.only_harmless = true;
      scenario.fault_chance = 60;
      break;
    case 2:
      for (int i = random.between(1, 3); i > 0; --i) {
        scenario.faulty_requests.push_back(random.between(1, 16));
      }
      break;
    case 3:
      scenario.fault_chance = 15;
      break;
    case 4:
      scenario.fault_chance = 50;
      break;
    default:
      scenario.faulty_kind = random.pick(has_builder && random.percent(60) ? exec_kinds : kinds);
  }
}

}  // namespace

Fault Scenario::choose_fault(int number, Kind kind) const {
  Random random(seed * 1000003 + static_cast<std::uint64_t>(number));
  random.next();
  const bool may_be_of_kind = kind == faulty_kind && number > faulty_from;
  if (may_be_of_kind && same_spoil_seed) return {.spoil_seed = same_spoil_seed};
  const bool is_of_kind = may_be_of_kind && random.percent(50);
  const bool is_listed = std::count(faulty_requests.begin(), faulty_requests.end(), number) > 0;
  const bool is_faulty = random.percent(fault_chance) || is_of_kind || is_listed;
  Fault fault;
  if (is_faulty) {
    fault =
        only_harmless ? choose_harmless_fault(random) : model::choose_fault(random, kind, may_wait);
  }
  if (is_of_kind && random.percent(50)) fault = {.spoil_seed = random.next()};
  fault.seed = random.next();
  fault.is_stale = may_be_stale && kind == Kind::disk_usage && random.percent(60);
  return fault;
}

Scenario make_scenario(std::uint64_t seed) {
  Random random(seed);
  random.next();
  Scenario scenario{.seed = seed};
  const std::string project = choose_project(random);
  // Only the last answers are wrong: the run would be clean without them, or if they were believed.
  const bool ends_badly = random.percent(20);
  scenario.world = make_world(random, project, ends_badly && random.percent(70));
  scenario.asked = make_asked(random, scenario.world, project, ends_badly);
  scenario.is_on_tcp = random.percent(10);
  if (ends_badly) {
    scenario.faulty_kind = random.percent(50) ? Kind::disk_usage : Kind::list_images;
    scenario.faulty_from = 4;
    if (random.percent(40)) scenario.same_spoil_seed = random.next();
    scenario.may_be_stale = random.percent(20);
    if (scenario.asked.waits) end_builds(random, scenario);
    return scenario;
  }
  if (random.percent(55)) add_events(random, scenario);
  if (!scenario.asked.keep_as.empty() && random.percent(50)) {
    scenario.events.push_back({random.between(2, 8), EventKind::adds_tag, random.next()});
  }
  if (random.percent(15)) add_signal(random, scenario);
  add_faults(random, scenario);
  scenario.may_be_stale = random.percent(35);
  scenario.may_wait = random.percent(25);
  if (scenario.may_wait) scenario.asked.timeout = 1;
  if (scenario.asked.waits) end_builds(random, scenario);
  return scenario;
}

Scenario make_second_run(const Scenario& first, const World& left) {
  Scenario second{.seed = first.seed, .world = left, .asked = first.asked};
  second.world.is_down = false;
  if (!second.asked.waits) second.asked.timeout = 60;
  return second;
}

}  // namespace cac::model
