#include "cli/options.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/option_rules.hpp"
#include "cli/option_table.hpp"
#include "connected.hpp"
#include "texts.hpp"

using cac::ClearRequest;
using cac::ColorWhen;
using cac::InfoRequest;
using cac::Options;
using cac::UsageError;
using cac::test::Containing;
using cac::test::environment_of;

namespace {

using Words = std::vector<const char*>;
using Variables = std::map<std::string, std::string>;
using cac::test::Texts;

Options read(const Words& words, const Variables& variables = {}) {
  return cac::parse_options(words, environment_of(variables));
}

ClearRequest read_clear(const Words& words, const Variables& variables = {}) {
  return std::get<ClearRequest>(read(words, variables).request);
}

// Why the words are refused.
std::string words_refusal(const Words& words, const Variables& variables = {}) {
  return cac::test::refusal([&] { read(words, variables); });
}

std::string line_of(const Words& words) {
  std::string line;
  for (const char* const word : words) line += (line.empty() ? "" : " ") + std::string(word);
  return line;
}

// One argument with a value that makes sense.
Words given(const cac::OptionSpec& spec) {
  static const std::map<std::string_view, Words> rows = {
      {"TARGET", {"backend"}},
      {"project", {"--project", "app"}},
      {"file", {"--file", "compose.yaml"}},
      {"no-build", {"--no-build"}},
      {"allow-external", {"--allow-external"}},
      {"app-dir", {"--app-dir", "/srv/app"}},
      {"dry-run", {"--dry-run"}},
      {"verify-only", {"--verify-only"}},
      {"wait", {"--wait"}},
      {"keep-cache-mounts", {"--keep-cache-mounts"}},
      {"keep-as", {"--keep-as", "before"}},
      {"all-builders", {"--all-builders"}},
      {"timeout", {"--timeout", "5m"}},
      {"prune-only", {"--prune-only"}},
      {"older-than", {"--older-than", "7d"}},
      {"keep-storage", {"--keep-storage", "5GB"}},
      {"min-free-space", {"--min-free-space", "20GB"}},
      {"host", {"--host", "tcp://localhost:2375"}},
      {"context", {"--context", "far"}},
      {"quiet", {"--quiet"}},
      {"verbose", {"--verbose"}},
      {"json", {"--json"}},
      {"color", {"--color", "never"}},
      {"help", {"--help"}},
      {"version", {"--version"}},
  };
  return rows.at(spec.name);
}

}  // namespace

TEST_CASE("no words at all clear everything of the usual project") {
  const Options options = read({});
  CHECK(options.info == InfoRequest::none);
  const auto& request = std::get<ClearRequest>(options.request);
  CHECK_FALSE(request.dry_run);
  CHECK_FALSE(request.verify_only);
  CHECK_FALSE(request.wait);
  CHECK_FALSE(request.keep_cache_mounts);
  CHECK_FALSE(request.keep_as);
  CHECK_FALSE(request.app_dir);
  CHECK_FALSE(request.all_builders);
  CHECK(request.application.is_all());
  CHECK_FALSE(request.allow_external);
  CHECK_FALSE(options.build);
  CHECK_FALSE(options.runs_build);
  CHECK(request.application.project == "watchparty");
  CHECK_FALSE(options.engine.host);
  CHECK(options.timeout == std::chrono::minutes(10));
  CHECK_FALSE(options.pinned_api);
  CHECK_FALSE(options.output.quiet);
  CHECK_FALSE(options.output.verbose);
  CHECK_FALSE(options.output.json);
  CHECK(options.output.color == ColorWhen::automatic);
}

TEST_CASE("every option says what it says, in each way to write it") {
  CHECK(read_clear({"backend"}).application.targets == Texts{"backend"});
  CHECK(read_clear({"--json", "all", "--verbose"}).application.is_all());
  for (const Words& words : {Words{"-p", "app"},
                             {"-papp"},
                             {"-p=app"},
                             {"-np", "app"},
                             {"-npapp"},
                             {"--project", "app"},
                             {"--project=app"}}) {
    CAPTURE(line_of(words));
    CHECK(read_clear(words).application.project == "app");
  }
  CHECK(read_clear({"-p", "docker.io/library/app"}).application.project == "app");
  CHECK(read_clear({"-pmy-app"}).application.project == "my-app");
  CHECK(read({"-Hunix:///x.sock"}).engine.host == "unix:///x.sock");
  CHECK(read({"-vHtcp://host:1"}).engine.host == "tcp://host:1");
  CHECK(read_clear({"-n"}).dry_run);
  CHECK(read_clear({"--dry-run"}).dry_run);
  CHECK(read_clear({"--verify-only"}).verify_only);
  CHECK(read_clear({"--wait"}).wait);
  CHECK(read_clear({"--keep-cache-mounts"}).keep_cache_mounts);
  CHECK(read_clear({"--keep-as", "old"}).keep_as == "old");
  CHECK(read_clear({"--app-dir", "/srv/app"}).app_dir == "/srv/app");
  CHECK(read_clear({"--all-builders"}).all_builders);
  CHECK(read_clear({"--allow-external"}).allow_external);
  CHECK(read({"--timeout", "90s"}).timeout == std::chrono::seconds(90));
  CHECK(read({"-H", "tcp://host"}).engine.host == "tcp://host");
  CHECK(read({"-c", "far"}).engine.context == "far");
  CHECK(read({"--context=far"}).engine.context == "far");
  CHECK(read({"--host=unix:///x"}).engine.host == "unix:///x");
  CHECK(read({"-c", "one", "--context=two"}).engine.context == "two");
  CHECK(read({"-q"}).output.quiet);
  CHECK(read({"--quiet"}).output.quiet);
  CHECK(read({"-v"}).output.verbose);
  CHECK(read({"--verbose"}).output.verbose);
  CHECK(read({"--json"}).output.json);
  CHECK(read({"--color", "always"}).output.color == ColorWhen::always);
  CHECK(read({"--color=never"}).output.color == ColorWhen::never);
  CHECK(read({"--color=auto"}).output.color == ColorWhen::automatic);
  const Options together = read({"-nv", "backend"});
  CHECK(std::get<ClearRequest>(together.request).dry_run);
  CHECK(together.output.verbose);
}

TEST_CASE("--prune-only makes a request of its own, with its limits") {
  const auto request = [](const Words& words) {
    return std::get<cac::PruneRequest>(read(words).request);
  };
  CHECK_FALSE(request({"--prune-only"}).dry_run);
  CHECK_FALSE(request({"--prune-only"}).older_than);
  CHECK_FALSE(request({"--prune-only"}).keep_storage);
  CHECK_FALSE(request({"--prune-only"}).min_free_space);
  CHECK(request({"--prune-only", "--all-builders"}).all_builders);
  const auto limited =
      request({"--prune-only", "-n", "--wait", "--keep-cache-mounts", "--older-than", "7d",
               "--keep-storage", "5GB", "--min-free-space", "2GiB"});
  CHECK(limited.dry_run);
  CHECK(limited.wait);
  CHECK(limited.keep_cache_mounts);
  CHECK(limited.older_than == std::chrono::hours(7 * 24));
  CHECK(limited.keep_storage == cac::Bytes{5'000'000'000});
  CHECK(limited.min_free_space == cac::Bytes{2LL << 30});
}

TEST_CASE("an option comes before its environment variable, and that before the default") {
  const Variables variables{{"CLEAR_APP_CACHE_PROJECT", "from-env"}};
  CHECK(read_clear({}, variables).application.project == "from-env");
  CHECK(read_clear({"-p", "from-option"}, variables).application.project == "from-option");
}

TEST_CASE("the engine is chosen later: only a given option is told apart here") {
  const Variables variables{{"DOCKER_HOST", "unix:///env"}, {"DOCKER_CONTEXT", "env"}};
  CHECK_FALSE(read({}, variables).engine.host);
  CHECK_FALSE(read({}, variables).engine.context);
}

TEST_CASE("DOCKER_API_VERSION pins a version that is spoken here") {
  CHECK_FALSE(read({}).pinned_api);
  for (const std::string& version : Texts{"1.41", "1.48", "1.56"}) {
    CAPTURE(version);
    const auto pinned = read({}, {{"DOCKER_API_VERSION", version}}).pinned_api;
    REQUIRE(pinned);
    CHECK(to_string(*pinned) == version);
  }
  for (const std::string& version :
       Texts{"1.40", "1.57", "2.0", "1", "v1.44", "1.44.0", "latest", "1.-4"}) {
    CAPTURE(version);
    CHECK(words_refusal({}, {{"DOCKER_API_VERSION", version}}) ==
          Containing{"is not supported (expected 1.41 to 1.56)"});
  }
}

TEST_CASE("an invalid command line is refused with the reason") {
  const std::string long_name(300, 'x');
  const std::string long_path = "unix:///" + std::string(200, 's');
  struct {
    Words words;
    std::string says;
  } const rows[] = {
      {{"everything"},
       "invalid target 'everything' (expected backend, frontend or all; with --file or a build "
       "command any service)"},
      {{"Backend"}, "invalid target 'Backend' (did you mean backend?)"},
      {{""}, "invalid target '' (expected"},
      {{"backend", "frontend"},
       "only one TARGET is allowed without --file, got 'backend' and 'frontend'"},
      {{"all", "all"}, "got 'all' and 'all'"},
      {{"--", "frontend"}, "'frontend' is not a build command"},
      {{"--"}, "a build command is missing after --"},
      {{"-q", "docker", "compose", "up", "--build"},
       "a build command stands behind --, as in clear-app-cache -- docker ..."},
      {{"--TARGET", "backend"}, "unknown option --TARGET"},
      {{"--TARGET=backend"}, "unknown option --TARGET"},
      {{"--no-such-option"}, "unknown option --no-such-option"},
      {{"--no-such=option"}, "unknown option --no-such"},
      {{"-x"}, "unknown option -x"},
      {{"--dry"}, "unknown option --dry (did you mean --dry-run?)"},
      {{"--dry-run", "--verify-only"}, "cannot be combined: "},
      {{"--quiet", "--verbose"}, "cannot be combined: "},
      {{"--dry-run=false"}, "--dry-run takes no value"},
      {{"--dry-run="}, "--dry-run takes no value"},
      {{"--verify-only=true"}, "--verify-only takes no value"},
      {{"--json=1"}, "--json takes no value"},
      {{"--help=no"}, "--help takes no value"},
      {{"-n=false"}, "unknown option -n=false"},
      {{"-nx"}, "unknown option -nx"},
      {{"--project"}, "project"},
      {{"-p"}, "p"},
      {{"-p", ""}, "project ''"},
      {{"--project="}, "project ''"},
      {{"-p", "../x"}, "project '../x': '../x-backend' is not a valid image name"},
      {{"-p", "A B"}, "project 'A B': 'A B-backend' is not a valid image name"},
      {{"-p", long_name.c_str()}, "xxx...': 'NAME-backend' is not a valid image name"},
      {{"--timeout", "soon"}, "--timeout 'soon' is not a valid duration"},
      {{"--timeout", "10"}, "--timeout '10' is not a valid duration"},
      {{"--timeout", "0s"}, "--timeout '0s' is not a valid duration"},
      {{"--timeout", "-1s"}, "--timeout '-1s' is not a valid duration"},
      {{"--timeout="}, "--timeout '' is not a valid duration"},
      {{"--timeout", "1s,2s"}, "--timeout '1s,2s' is not a valid duration"},
      {{"--color", "sometimes"},
       "--color 'sometimes' is not valid (expected auto, always or never)"},
      {{"--color="}, "--color '' is not valid (expected auto, always or never)"},
      {{"-H", "ftp://x"}, "the scheme 'ftp' is not supported"},
      {{"-H", ""}, "names no scheme"},
      {{"-H", "unix:///x", "-c", "far"}, "--host and --context cannot be combined"},
      {{"-H", long_path.c_str()}, "107 at most"},
  };
  for (const auto& row : rows) {
    CAPTURE(line_of(row.words));
    const std::string said = words_refusal(row.words);
    CHECK(said != "accepted");
    CHECK(said == Containing{row.says});
  }
  CHECK(words_refusal({}, {{"CLEAR_APP_CACHE_PROJECT", "A B"}}) == Containing{"project 'A B'"});
  CHECK(words_refusal({"-H", "unix:///x", "--host", "unix:///x"}) ==
        Containing{"--host may be given only once"});
}

TEST_CASE("two arguments are refused together when the table says that one excludes the other") {
  std::vector<const cac::OptionSpec*> arguments = {&cac::target_argument};
  for (const cac::OptionSpec& spec : cac::option_table) {
    // After --help and --version nothing else is validated.
    if (spec.name != "help" && spec.name != "version") arguments.push_back(&spec);
  }
  const auto exclude = [](std::string_view one, std::string_view other) {
    return std::any_of(
        std::begin(cac::exclusions), std::end(cac::exclusions), [&](const auto& row) {
          return (row.one == one && row.other == other) || (row.one == other && row.other == one);
        });
  };
  const auto lacks = [](std::string_view one, std::string_view other) {
    return std::any_of(std::begin(cac::requirements), std::end(cac::requirements),
                       [&](const auto& row) { return row.option == one && row.required != other; });
  };
  for (const cac::OptionSpec* const one : arguments) {
    for (const cac::OptionSpec* const other : arguments) {
      if (one == other) continue;
      Words words = given(*one);
      for (const char* const word : given(*other)) words.push_back(word);
      CAPTURE(line_of(words));
      const bool excluded = exclude(one->name, other->name);
      const bool incomplete = lacks(one->name, other->name) || lacks(other->name, one->name);
      const std::string said = words_refusal(words);
      CHECK((said != "accepted") == (excluded || incomplete));
      CHECK((said == Containing{" cannot be combined: "}) == excluded);
    }
  }
}

TEST_CASE("these pairs of arguments are refused, with these reasons") {
  struct {
    Words words;
    std::string says;
  } const rows[] = {
      {{"-n", "--verify-only"},
       "--dry-run and --verify-only cannot be combined: one prints the plan, the other the "
       "verdict"},
      {{"--keep-as", "before", "--verify-only"},
       "--verify-only and --keep-as cannot be combined: --verify-only tags nothing"},
      {{"--prune-only", "--verify-only"},
       "--verify-only and --prune-only cannot be combined: --verify-only changes nothing"},
      {{"all", "--prune-only"},
       "--prune-only and TARGET cannot be combined: the build cache is shared by all services"},
      {{"--prune-only", "--app-dir", "/srv/app"},
       "--prune-only and --app-dir cannot be combined: --prune-only changes nothing but the build "
       "cache"},
      {{"--prune-only", "--keep-as", "before"},
       "--prune-only and --keep-as cannot be combined: --prune-only changes nothing but the build "
       "cache"},
      {{"-qv"},
       "--quiet and --verbose cannot be combined: --quiet prints only warnings on success"},
      {{"--older-than", "7d"},
       "--older-than requires --prune-only: clearing within limits would leave cache sources"},
      {{"--keep-storage", "5GB", "backend"},
       "--keep-storage requires --prune-only: clearing within limits would leave cache sources"},
      {{"--min-free-space", "5GB"},
       "--min-free-space requires --prune-only: clearing within limits would leave cache sources"},
  };
  for (const auto& row : rows) {
    CAPTURE(line_of(row.words));
    CHECK(words_refusal(row.words) == row.says);
  }
}

TEST_CASE("an unknown option or target suggests the nearest one, if one is near") {
  struct {
    Words words;
    std::string says;
  } const rows[] = {
      {{"--verfy-only"}, "unknown option --verfy-only (did you mean --verify-only?)"},
      {{"--verifyonly=x"}, "unknown option --verifyonly (did you mean --verify-only?)"},
      {{"--colour", "always"}, "unknown option --colour (did you mean --color?)"},
      {{"--keep-cache-mount"},
       "unknown option --keep-cache-mount (did you mean --keep-cache-mounts?)"},
      {{"--older", "7d"}, "unknown option --older (did you mean --older-than?)"},
      {{"-verify-only"}, "unknown option -verify-only (did you mean --verify-only?)"},
      {{"--no-cache"}, "unknown option --no-cache"},
      {{"--xyz"}, "unknown option --xyz"},
      {{"--d"}, "unknown option --d"},
      {{"--=x"}, "unknown option --"},
      {{"bakend"}, "invalid target 'bakend' (did you mean backend?)"},
      {{"frontent"}, "invalid target 'frontent' (did you mean frontend?)"},
      {{"al"},
       "invalid target 'al' (expected backend, frontend or all; with --file or a build command any "
       "service)"},
      {{"worker"},
       "invalid target 'worker' (expected backend, frontend or all; with --file or a build command "
       "any service)"},
  };
  for (const auto& row : rows) {
    CAPTURE(line_of(row.words));
    CHECK(words_refusal(row.words) == row.says);
  }
  // A value is no option, whatever it looks like.
  CHECK(words_refusal({"--project", "--verfy-only"}) == Containing{"project '--verfy-only'"});
  CHECK(words_refusal({"-np", "--json=1"}) == Containing{"project '--json=1'"});
  CHECK(words_refusal({"--", "--verfy-only"}) == Containing{"is not a build command"});
}

TEST_CASE("every switch of the table refuses a value, so that --dry-run=false never clears") {
  std::size_t switches = 0;
  for (const cac::OptionSpec& spec : cac::option_table) {
    if (!spec.placeholder.empty()) continue;
    ++switches;
    const std::string word = "--" + std::string(spec.name) + "=false";
    CAPTURE(word);
    CHECK(words_refusal({word.c_str()}) == Containing{"takes no value"});
  }
  CHECK(switches >= 7);
}

TEST_CASE("every option of the table is one that the parser knows") {
  for (const cac::OptionSpec& spec : cac::option_table) {
    const std::string name = "--" + std::string(spec.name);
    CAPTURE(name);
    // An option with a value complains of the value, or takes it; a switch is just taken.
    const std::string said = spec.placeholder.empty() ? words_refusal({name.c_str()})
                                                      : words_refusal({name.c_str(), "backend"});
    CHECK(said != Containing{"unknown option"});
  }
  CHECK(words_refusal({"--no-such-option"}) == Containing{"unknown option"});
}

TEST_CASE("who asks for help or the version gets it, whatever else is wrong") {
  CHECK(read({"-h"}).info == InfoRequest::short_help);
  CHECK(read({"--help"}).info == InfoRequest::long_help);
  CHECK(read({"-V"}).info == InfoRequest::version);
  CHECK(read({"--version"}).info == InfoRequest::version);
  CHECK(read({"--help", "everything", "-p", "A B"}).info == InfoRequest::long_help);
  CHECK(read({"-V", "--timeout", "soon"}).info == InfoRequest::version);
  CHECK(read({"--help"}, {{"DOCKER_HOST", "ssh://x"}}).info == InfoRequest::long_help);
}

TEST_CASE("a usage error is reported as JSON or without color when the options ask for that") {
  CHECK(cac::find_output_options(Words{"--no-such-option", "--color", "never"}).color ==
        ColorWhen::never);
  CHECK(cac::find_output_options(Words{"--color=never", "--no-such-option"}).color ==
        ColorWhen::never);
  CHECK(cac::find_output_options(Words{"never"}).color == ColorWhen::automatic);
  const auto asks = [](const Words& words) { return cac::find_output_options(words).json; };
  CHECK(asks({"everything", "--json"}));
  CHECK(asks({"--json", "--no-such-option"}));
  CHECK_FALSE(asks({"everything"}));
  CHECK_FALSE(asks({"--", "--json"}));
  CHECK_FALSE(asks({}));
}

TEST_CASE("a Compose file makes any words targets, and takes the project only from --project") {
  const auto build = [](const Words& words, const Variables& variables = {}) {
    const Options options = read(words, variables);
    CHECK_FALSE(options.runs_build);
    std::string line;
    for (const std::string& word : options.build.value().words) line += word + "|";
    return line;
  };
  CHECK(build({"-f", "a.yaml"}) == "docker|compose|--file|a.yaml|build|");
  CHECK(build({"-fa,b.yaml", "--file=c d.yaml", "--file", "e"}) ==
        "docker|compose|--file|a,b.yaml|--file|c d.yaml|--file|e|build|");
  CHECK(build({"web", "-f", "a", "worker", "web"}) == "docker|compose|--file|a|build|web|worker|");
  CHECK(build({"-f", "a", "all"}) == "docker|compose|--file|a|build|");
  CHECK(build({"-f", "a", "-p", "shop"}, {{"CLEAR_APP_CACHE_PROJECT", "other"}}) ==
        "docker|compose|--file|a|--project-name|shop|build|");
  CHECK(build({"-f", "a"}, {{"CLEAR_APP_CACHE_PROJECT", "shop"}}) ==
        "docker|compose|--file|a|build|");
  CHECK(read({"-f", "-"}).build.value().tool == cac::BuildTool::standard_input);
  CHECK(words_refusal({"-f", ""}) == Containing{"--file '' is empty"});
  CHECK(words_refusal({"-f", "-", "-f", "a"}) == Containing{"cannot be combined"});
  CHECK(words_refusal({"-f", "a", "web", "all"}) == Containing{"all cannot be combined"});
}

TEST_CASE("a build command is run after the clearing, unless nothing is to be built or changed") {
  const Options options = read({"-q", "--", "docker", "compose", "build", "--quiet", "web"});
  CHECK(options.runs_build);
  CHECK(options.output.quiet);
  CHECK(options.build.value().targets == Texts{"web"});
  for (const char* const option : {"--no-build", "--dry-run", "--verify-only"}) {
    CAPTURE(option);
    CHECK_FALSE(read({option, "--", "docker", "compose", "build"}).runs_build);
    CHECK_FALSE(read({"--json", option, "--", "docker", "compose", "build"}).runs_build);
  }
  CHECK(words_refusal({"--json", "--", "docker", "compose", "build"}) ==
        Containing{"--json requires --no-build"});
  // What stands behind the dashes is the command's.
  CHECK(words_refusal({"--", "docker", "compose", "build", "--help"}) ==
        Containing{"it builds nothing"});
  CHECK(read({"--help", "--", "docker", "compose", "build"}).info == InfoRequest::long_help);
}

TEST_CASE("a build command says by itself what and where it builds") {
  const auto refused_with = [](Words words) {
    words.insert(words.end(), {"--", "docker", "compose", "build"});
    return words_refusal(words);
  };
  CHECK(refused_with({"web"}) ==
        "a build command and TARGET cannot be combined: the command says what it builds");
  CHECK(refused_with({"-p", "shop"}) == Containing{"the command names its own project"});
  CHECK(refused_with({"-f", "a"}) == Containing{"the command names its own files"});
  CHECK(refused_with({"--prune-only"}) == Containing{"the build cache is shared by all builds"});
  CHECK(words_refusal({"--no-build"}) ==
        "--no-build requires a build command: without one, nothing is built anyway");
  CHECK(read({"--", "docker", "-H", "tcp://h:1", "build", "."}).engine.host == "tcp://h:1");
  CHECK(read({"--", "docker", "-c", "far", "build", "."}).engine.context == "far");
  CHECK(read({"-c", "far", "--", "docker", "build", "."}).engine.context == "far");
  CHECK(words_refusal({"-c", "far", "--", "docker", "-c", "far", "build", "."}) ==
        Containing{"name it once"});
  CHECK(words_refusal({"--", "docker", "-H", "ftp://x", "build", "."}) ==
        Containing{"the scheme 'ftp' is not supported"});
}

TEST_CASE("a file that can be read only once is refused where it would be read twice") {
  const std::string path = "/tmp/options_test." + std::to_string(getpid());
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK(words_refusal({"--", "docker", "compose", "-f", path.c_str(), "build"}) ==
        Containing{"can be read only once"});
  CHECK(words_refusal({"--no-build", "--", "docker", "compose", "-f", path.c_str(), "build"}) ==
        "accepted");
  unlink(path.c_str());
}
