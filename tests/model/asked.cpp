#include "asked.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace cac::model {

namespace {

void add_target(Random& random, const World& world, Asked& asked) {
  if (asked.mode != Mode::verify_only && random.percent(15)) {
    asked.keep_as = random.percent(70) ? "before" : "v1";
    asked.words.push_back("--keep-as=" + asked.keep_as);
  }
  if (random.percent(25)) {
    asked.file = make_build_answer(random, world, asked);
    asked.words.insert(asked.words.end(), {"--file", "-"});
    if (random.percent(20)) {
      asked.allows_external = true;
      asked.words.emplace_back("--allow-external");
    }
    asked.words.insert(asked.words.end(), asked.targets.begin(), asked.targets.end());
    if (asked.clears_all() && random.percent(30)) asked.words.emplace_back("all");
    return;
  }
  // Engines leave out this part of a name.
  const std::string prefix = asked.project.find('/') == std::string::npos && random.percent(10)
                                 ? "docker.io/library/"
                                 : "";
  if (asked.project != "watchparty" || random.percent(20)) {
    if (random.percent(20)) {
      asked.environment["CLEAR_APP_CACHE_PROJECT"] = prefix + asked.project;
    } else {
      asked.words.insert(asked.words.end(), {"--project", prefix + asked.project});
    }
  }
  switch (random.below(4)) {
    case 0:
      asked.targets = {"backend"};
      break;
    case 1:
      asked.targets = {"frontend"};
      break;
    case 2:
      asked.words.emplace_back("all");
      break;
    default:
      break;
  }
  asked.words.insert(asked.words.end(), asked.targets.begin(), asked.targets.end());
  if (random.percent(8)) {
    asked.has_app_dir = true;
    asked.words.insert(asked.words.end(), {"--app-dir", "@DIR@/app"});
  }
}

void add_limits(Random& random, Asked& asked) {
  if (random.percent(40)) {
    asked.older_than = 86400;
    asked.words.push_back(random.percent(50) ? "--older-than=1d" : "--older-than=24h");
  }
  if (random.percent(40)) {
    const int megabytes = random.between(1, 2000);
    asked.keep_storage = megabytes * 1'000'000LL;
    asked.words.insert(asked.words.end(), {"--keep-storage", fmt::format("{}MB", megabytes)});
  }
  if (!asked.all_builders && random.percent(25)) {
    const int gigabytes = random.between(1, 90);
    asked.min_free_space = gigabytes * 1'000'000'000LL;
    asked.words.insert(asked.words.end(), {"--min-free-space", fmt::format("{}GB", gigabytes)});
  }
}

void add_behavior(Random& random, const World& world, Asked& asked) {
  if (random.percent(20)) {
    asked.keeps_mounts = true;
    asked.words.emplace_back("--keep-cache-mounts");
  }
  if (random.percent(8)) {
    asked.waits = true;
    asked.words.emplace_back("--wait");
  }
  if (random.percent(world.state.builders.empty() ? 5 : 50)) {
    asked.all_builders = true;
    asked.words.emplace_back("--all-builders");
  }
}

void add_output(Random& random, Asked& asked) {
  if (random.percent(75)) {
    asked.json = true;
    asked.words.emplace_back("--json");
  }
  if (random.percent(10)) {
    asked.quiet = true;
    asked.words.emplace_back("-q");
  } else if (random.percent(10)) {
    asked.words.emplace_back("--verbose");
  }
  if (random.percent(5)) {
    asked.has_color = true;
    asked.words.emplace_back("--color=always");
  }
  if (random.percent(6)) {
    asked.on_github = true;
    asked.environment["GITHUB_ACTIONS"] = "true";
    asked.environment["GITHUB_OUTPUT"] = "@DIR@/github/output";
    asked.environment["GITHUB_STEP_SUMMARY"] = "@DIR@/github/summary";
  }
  if (random.percent(10)) asked.environment["LC_ALL"] = "C";
}

void add_connection(Random& random, const World& world, Asked& asked) {
  if (random.percent(20)) {
    asked.words.insert(asked.words.end(), {"-H", "@HOST@"});
  } else {
    asked.environment["DOCKER_HOST"] = "@HOST@";
  }
  if (random.percent(8)) {
    asked.pinned_minor =
        random.percent(80) ? random.between(41, world.rules.newest_minor) : random.between(41, 56);
    asked.environment["DOCKER_API_VERSION"] = fmt::format("1.{}", *asked.pinned_minor);
  }
  if (random.percent(world.state.builders.empty() ? 4 : 30)) {
    asked.builder = random.percent(80) ? "held" : "far";
    asked.builder_is_elsewhere = asked.builder == "far";
    asked.environment["BUILDX_BUILDER"] = asked.builder;
  }
}

}  // namespace

bool Asked::covers(const std::string& service) const {
  return clears_all() || std::count(targets.begin(), targets.end(), service) > 0;
}

std::string choose_project(Random& random) {
  static const std::vector<std::string> projects{"watchparty", "watchparty",
                                                 "watchparty", "shop",
                                                 "acme/app",   "registry.example:5000/team/app"};
  return random.pick(projects);
}

Asked make_asked(Random& random, const World& world, const std::string& project, bool must_judge) {
  Asked asked;
  asked.project = project;
  asked.mode = must_judge ? static_cast<Mode>(random.weighted({85, 15}))
                          : static_cast<Mode>(random.weighted({60, 12, 10, 15, 3}));
  add_behavior(random, world, asked);
  switch (asked.mode) {
    case Mode::clear:
      break;
    case Mode::verify_only:
      asked.words.emplace_back("--verify-only");
      break;
    case Mode::dry_run:
      asked.words.emplace_back("--dry-run");
      break;
    case Mode::prune_only:
      asked.words.emplace_back("--prune-only");
      break;
    case Mode::prune_dry_run:
      asked.words.insert(asked.words.end(), {"--prune-only", "-n"});
      break;
  }
  if (asked.is_pruning()) {
    add_limits(random, asked);
  } else {
    add_target(random, world, asked);
  }
  add_output(random, asked);
  add_connection(random, world, asked);
  return asked;
}

}  // namespace cac::model
