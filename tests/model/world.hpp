// A random engine with what it holds, and what others do to it meanwhile. What a request changes is
// decided by the fake engine's rules, which the contract cases hold against real engines.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fake_engine/scene.hpp"
#include "random.hpp"

namespace cac::model {

using test::FakeContainer;
using test::FakeImage;
using test::FakeRecord;
using test::FakeRules;
using test::FakeScene;

// What requests can see and change.
struct State {
  FakeScene scene = {};
  std::map<std::string, std::vector<FakeRecord>> builders = {};  // by their containers' names
};

// A build that runs: it holds records, and their parents with them, until it ends.
struct Build {
  std::vector<std::string> holds;  // IDs
  std::string tags;                // the name that its image gets
  bool has_tagged = false;
};

struct World {
  State state = {};
  FakeRules rules = {};
  std::string version = {};  // of the engine
  std::vector<Build> builds = {};
  std::set<std::string> stuck = {};     // records in use until the engine is restarted
  std::vector<std::string> names = {};  // of images, that builds and other clients use
  std::string name_being_removed = {};  // by the tool's request that has come in
  bool is_podman = false;
  bool is_down = false;
  int restarts = 0;
  int made = 0;  // images and records during the run, for their IDs
};

// registry.example/team/web is web.
inline std::string leave_out_path(const std::string& name) {
  return name.substr(name.rfind('/') + 1);
}

// is_calm: no build runs, and there is no builder but the engine's own.
World make_world(Random& random, const std::string& project, bool is_calm);

// Writes down which records are in use: those that a build holds, and what they are based on.
void mark_in_use(World& world);

// What others do before a request of the tool is answered.
enum class EventKind {
  build_starts,
  build_tags,
  build_ends,
  prunes_records,
  prunes_images,
  moves_tag,
  adds_tag,
  untags,
  starts_container,
  stops_container,
  removes_container,
  restarts,
  goes_down,
  is_upgraded,
  becomes_podman,
};
struct Event {
  int before = 0;  // the number of the request
  EventKind kind{};
  std::uint64_t seed = 0;
  bool is_early = false;  // before the request is sent, else when it has come in
};

// Changes the world. Returns what happened in words; empty: nothing could.
std::string apply(const Event& event, World& world);

// A line for each thing that it has.
std::string describe(const World& world);

}  // namespace cac::model
