// What a run is asked to do: the words of a random, valid command line, and what they mean. The
// meaning is known because the words are made from it; nothing here reads a command line.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "random.hpp"
#include "world.hpp"

namespace cac::model {

enum class Mode { clear, verify_only, dry_run, prune_only, prune_dry_run };

// A directory that type=local names, inside the run's own directory.
struct LocalDirectory {
  enum class Kind { cache, other, empty, absent } kind{};
  std::string name;  // below the run's directory
};

// What the answer about a build says about the target.
struct AskedFile {
  std::string json = {};
  std::set<std::string> built = {};   // images that the target's builds are tagged as, and of what
                                      // they name in cache_from, those that the file builds
  std::set<std::string> cached = {};  // ... and that only cache_from names
  bool has_external = false;          // a cache that nobody can clear from here
  std::vector<LocalDirectory> directories = {};
};

struct Asked {
  Mode mode{};
  std::string project = {};               // as engines write it
  std::vector<std::string> targets = {};  // services; empty: all
  std::optional<AskedFile> file = {};
  bool keeps_mounts = false;
  bool allows_external = false;
  bool waits = false;
  bool all_builders = false;
  std::string keep_as = {};
  std::optional<long long> older_than = {};      // seconds
  std::optional<long long> keep_storage = {};    // bytes
  std::optional<long long> min_free_space = {};  // bytes
  int timeout = 60;                              // seconds
  std::optional<int> pinned_minor = {};
  bool json = false;
  bool quiet = false;
  bool has_color = false;
  bool on_github = false;
  bool has_app_dir = false;
  std::string builder = {};           // that builds go to; empty: the engine's own
  bool builder_is_elsewhere = false;  // ... and it runs in no container at all

  // With @DIR@ for the run's own directory and @HOST@ for the engine's address.
  std::vector<std::string> words = {};
  std::map<std::string, std::string> environment = {};

  bool is_pruning() const { return mode == Mode::prune_only || mode == Mode::prune_dry_run; }
  bool only_reads() const {
    return mode == Mode::verify_only || mode == Mode::dry_run || mode == Mode::prune_dry_run;
  }
  bool clears_all() const { return targets.empty(); }
  bool covers(const std::string& service) const;
};

// As a user would choose it; not yet what the engine holds.
std::string choose_project(Random& random);

// must_judge: a run with a verdict.
Asked make_asked(Random& random, const World& world, const std::string& project, bool must_judge);

// An answer about a build whose images are some of the engine's; sets the target as well.
AskedFile make_build_answer(Random& random, const World& world, Asked& asked);

}  // namespace cac::model
