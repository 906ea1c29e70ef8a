#include "report/report.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "report/sentences.hpp"
#include "samples.hpp"
#include "texts.hpp"

using cac::ActionKind;
using cac::CaveatKind;
using cac::Failure;
using cac::FailureKind;
using cac::Outcome;
using cac::OutcomeStatus;
using cac::Reason;
using cac::ResidueKind;
using cac::RunResult;
using cac::TerminalStyle;
using cac::Verdict;
using cac::test::cleared_result;
using cac::test::Containing;
using cac::test::count_of;
using cac::test::request_of;
using cac::test::sample_prune;
using cac::test::sample_removal;
using cac::test::sample_result;
using cac::test::Texts;
using cac::test::Words;
using OrderedJson = nlohmann::ordered_json;

namespace {

constexpr TerminalStyle ascii{};
constexpr TerminalStyle utf8{.width = 0, .color = false, .utf8 = true};

OrderedJson parse_report(const RunResult& result) {
  const std::string line = cac::json_report(result);
  CHECK(line.find('\n') == std::string::npos);
  OrderedJson json = OrderedJson::parse(line, nullptr, false);
  REQUIRE(json.is_object());
  return json;
}

}  // namespace

// --- text ---

TEST_CASE("each outcome has a line of its own kind") {
  const Failure failure{FailureKind::request_failed,
                        "DELETE /images/x: the engine answers 500: no"};
  struct {
    Outcome outcome;
    std::string line;
  } const rows[] = {
      {{.action = sample_removal(), .status = OutcomeStatus::done, .count = 1},
       "+ removed  watchparty-backend:latest  up to 345 MB\n"},
      {{.action = sample_removal(), .status = OutcomeStatus::done, .untagged = true},
       "+ untagged  watchparty-backend:latest  345 MB  container wp (running) uses it and is not "
       "touched\n"},
      {{.action = sample_removal(), .status = OutcomeStatus::absent},
       "+ absent  watchparty-backend:latest    already removed\n"},
      {{.action = sample_removal(), .status = OutcomeStatus::retagged},
       "! left  watchparty-backend:latest    it was given to another image during the run\n"},
      {{.action = sample_removal(), .status = OutcomeStatus::failed, .failure = failure},
       "x failed  watchparty-backend:latest\n"},
      {{.action = sample_removal(), .status = OutcomeStatus::cancelled},
       "! interrupted  watchparty-backend:latest    it may be removed already\n"},
      {{.action = sample_prune(), .status = OutcomeStatus::cancelled},
       "! interrupted  build cache    the engine will finish this on its own\n"},
      {{.action = sample_prune(),
        .status = OutcomeStatus::done,
        .count = 34,
        .reclaimed = {812'000'000}},
       "+ pruned  build cache  34 records, 812 MB  shared by all applications on this engine\n"},
      {{.action = sample_prune(), .status = OutcomeStatus::done, .count = 1, .reclaimed = {5}},
       "+ pruned  build cache  1 record, 5 B  shared by all applications on this engine\n"},
  };
  for (const auto& row : rows) {
    CHECK(cac::text_report(cleared_result({row.outcome}), ascii) == Containing{"\n" + row.line});
  }
}

TEST_CASE("a removed image's line says who else uses it") {
  Outcome outcome{.action = sample_removal(), .status = OutcomeStatus::done};
  outcome.action.other_services = {"cron", "worker"};
  CHECK(cac::text_report(cleared_result({outcome}), ascii) ==
        Containing{"cron, worker use the same image\n"});
}

TEST_CASE(
    "a plan that is only shown says what would be done, and a plan interrupted what was not") {
  RunResult result = sample_result(Words{"--dry-run", "backend"});
  result.plan = {{sample_removal(), sample_prune()}};
  const std::string shown = cac::text_report(result, ascii);
  CHECK(shown == Containing{"Would clear the caches of watchparty-backend on Docker 28.5.2 (API "
                            "1.51, unix:///x.sock)\n"});
  CHECK(count_of("\n> ", shown) == 2);

  result.request = request_of(Words{"backend"});
  result.failure = Failure{FailureKind::timeout, "the time ran out"};
  const std::string cut_short = cac::text_report(result, ascii);
  CHECK(count_of("\n! not done", cut_short) == 2);
  CHECK(cut_short == Containing{"the run ended before"});
}

TEST_CASE("the verdict says what it means for the next build") {
  struct {
    Verdict verdict;
    std::string says;
  } const rows[] = {
      {Verdict::clean,
       "\nclean: no cache sources of watchparty-backend are left; the next BuildKit build of it "
       "alone on this engine starts from scratch. 0 B reclaimed in 1.4 s.\n"},
      {Verdict::unknown,
       "\nunknown: could not determine whether cache sources of watchparty-backend are left. 0 B "
       "reclaimed in 1.4 s.\n"},
      {Verdict::residue,
       "\nresidue: 1 cache source of watchparty-backend is left; the next build can reuse it. 0 B "
       "reclaimed in 1.4 s. Check what is building or tagging images on this engine, then run "
       "again.\n"},
  };
  for (const auto& row : rows) {
    RunResult result = cleared_result({}, row.verdict);
    if (row.verdict == Verdict::residue) {
      result.verification->residue = {
          {.kind = ResidueKind::image, .reason = Reason::still_tagged, .object = "x:latest"}};
    }
    CHECK(cac::text_report(result, ascii) == Containing{row.says});
  }
  CHECK(cac::text_report(sample_result(Words{"all"}), ascii).empty());
}

TEST_CASE("residue that a build holds is listed one by one, the rest as a sum") {
  RunResult result = cleared_result({}, Verdict::residue);
  for (int i = 0; i < 12; ++i) {
    result.verification->residue.push_back({.kind = ResidueKind::build_cache,
                                            .reason = Reason::running_build,
                                            .object = "held step " + std::to_string(i),
                                            .size = {1000}});
    result.verification->residue.push_back({.kind = ResidueKind::build_cache,
                                            .reason = Reason::survived_pruning,
                                            .object = "loose step",
                                            .size = {1'000'000}});
  }
  const std::string text = cac::text_report(result, ascii);
  CHECK(text == Containing{"held step 0"});
  CHECK(text.find("loose step") == std::string::npos);
  CHECK(text == Containing{"12 build cache records"});
  CHECK(text == Containing{"12.0 MB"});
  CHECK(text == Containing{"2 build cache records"});
  CHECK(text == Containing{"residue: 24 cache sources of watchparty-backend are left"});
  CHECK(text == Containing{"Run again when the running build has ended."});
}

TEST_CASE("marks are drawn where the terminal has them") {
  const RunResult result =
      cleared_result({{.action = sample_removal(), .status = OutcomeStatus::done, .count = 1}});
  CHECK(cac::text_report(result, utf8) == Containing{"\n\xe2\x9c\x93 removed"});
  CHECK(cac::text_report(result, ascii) == Containing{"\n+ removed"});
}

TEST_CASE("color changes nothing but the color") {
  RunResult result =
      cleared_result({{.action = sample_removal(), .status = OutcomeStatus::retagged},
                      {.action = sample_prune(), .status = OutcomeStatus::done, .count = 1}},
                     Verdict::residue);
  result.verification->residue = {{.reason = Reason::still_tagged, .object = "x"}};
  result.verification->records_known = false;
  for (const std::size_t width : {0U, 50U, 120U}) {
    CAPTURE(width);
    TerminalStyle style{.width = width, .color = true, .utf8 = true};
    std::string painted = cac::text_report(result, style);
    std::string bare;
    std::size_t escapes = 0;
    for (std::size_t i = 0; i < painted.size(); ++i) {
      if (painted[i] != '\x1b') {
        bare += painted[i];
        continue;
      }
      ++escapes;
      i = painted.find('m', i);
    }
    CHECK(escapes >= 6);
    style.color = false;
    CHECK(bare == cac::text_report(result, style));
  }
}

TEST_CASE("no line is wider than the terminal, and no word is lost") {
  RunResult result =
      cleared_result({{.action = sample_removal(), .status = OutcomeStatus::done, .untagged = true},
                      {.action = sample_prune(), .status = OutcomeStatus::done, .count = 34}},
                     Verdict::residue);
  result.verification->residue = {{.kind = ResidueKind::image,
                                   .reason = Reason::still_tagged,
                                   .object = "gr\xc3\xbc\xc3\x9f"
                                             "e:latest",
                                   .size = {1}}};
  result.caveats = {{.kind = cac::CaveatKind::other_tag, .object = "a-tag"}};
  for (std::size_t width = 30; width < 160; ++width) {
    CAPTURE(width);
    std::istringstream lines(
        cac::text_report(result, {.width = width, .color = false, .utf8 = true}));
    for (std::string line; std::getline(lines, line);) CHECK(cac::display_width(line) <= width);
  }
}

TEST_CASE("a foreign text is one harmless line, a long one is cut") {
  RunResult result = cleared_result({}, Verdict::residue);
  result.verification->residue = {{.kind = ResidueKind::build_cache,
                                   .reason = Reason::running_build,
                                   .object = "RUN \x1b[2J\nrm " + std::string(200, 'x'),
                                   .size = {1}},
                                  {.kind = ResidueKind::build_cache,
                                   .reason = Reason::kept_cache_mount,
                                   .blocking_mount = "mount\r/x"}};
  const std::string text = cac::text_report(result, utf8);
  CHECK(text == Containing{"RUN \\x1b[2J rm xxx"});
  CHECK(text == Containing{"...  1 B"});
  CHECK(text == Containing{"that is kept: mount\\x0d/x"});
  CHECK(text.find('\x1b') == std::string::npos);
}

// --- what stays, and why ---

TEST_CASE("what stays of an image is said by names and containers, of which ten are listed") {
  cac::Action action = sample_removal();
  const auto effect = [&] {
    return parse_report(cleared_result({{.action = action}}))["actions"][0]["effect"]
        .get<std::string>();
  };
  CHECK(effect() == "container wp (running) uses it and is not touched");
  action.holders.push_back({"c2", "wp-old", "sha256:b", "exited"});
  action.holders.push_back({"c3", "wp-odd", "sha256:b", ""});
  action.other_names = {"watchparty-backend:v1", "watchparty-backend:v2"};
  CHECK(effect() ==
        "the image stays as watchparty-backend:v1, watchparty-backend:v2; containers wp (running), "
        "wp-old (exited) and wp-odd use it and are not touched");
  action.holders.assign(12, {"c", "c", "sha256:b", ""});
  action.other_names.assign(12, "v");
  CHECK(effect() ==
        "the image stays as v, v, v, v, v, v, v, v, v, v, 2 more; containers c, c, c, c, c, c, c, "
        "c, c, c and 2 more use it and are not touched");
}

TEST_CASE("what a prune leaves is said with the plan") {
  cac::Action prune = sample_prune();
  prune.held = 1;
  prune.kept = 2;
  const cac::Action dangling{.kind = ActionKind::prune_dangling_images,
                             .reason = Reason::leftover,
                             .count = 3,
                             .size = {50}};
  RunResult result = sample_result(Words{"--dry-run"});
  result.plan = {{dangling, prune}};
  const std::string text = cac::text_report(result, ascii);
  CHECK(text == Containing{"> prune  dangling images  3 images, up to 50 B  left over from earlier "
                           "builds\n"});
  CHECK(text == Containing{"> prune  build cache      34 records, 812 MB    shared by all "
                           "applications on this engine; 1 held by a running build stay; cache "
                           "mounts kept: 2\n"});
}

TEST_CASE("others' dangling images are counted, and said whose they are") {
  RunResult result = sample_result(Words{"--dry-run"});
  result.plan = {{sample_prune()}};
  result.caveats = {{.kind = cac::CaveatKind::others_images,
                     .others = {.projects = {"shop", "other", "shop"}, .pulled = 1, .unknown = 1}}};
  CHECK(
      cac::text_report(result, ascii) ==
      Containing{"- note   5 dangling images of others stay: 1 of the Compose project other, 2 of "
                 "the Compose project shop, 1 pulled by digest, 1 whose owner the engine did not "
                 "say\n"});
  result.caveats[0].others = {.pulled = 1};
  CHECK(cac::text_report(result, ascii) ==
        Containing{"1 dangling image of others stays: 1 pulled by digest\n"});
}

// --- messages ---

TEST_CASE("messages are warnings first, then what went wrong and what to do about it") {
  RunResult result = cleared_result(
      {{.action = sample_removal(),
        .status = OutcomeStatus::failed,
        .failure = Failure{FailureKind::request_failed, "the removal failed", "Look."}}},
      Verdict::unknown);
  result.build_warnings = {"TAG is not set."};
  result.verification->failure =
      Failure{FailureKind::connection_lost, "the engine was lost", "Run again."};
  CHECK(cac::messages(result, ascii) ==
        "clear-app-cache: warning: the build command: TAG is not set.\n"
        "clear-app-cache: warning: the removal failed\n"
        "  Look.\n"
        "clear-app-cache: error: the engine was lost\n"
        "  Run again.\n");
}

TEST_CASE("what was probably meant is the command to type") {
  const cac::Failure mistake = cac::explain_mistake(
      {.host = "ssh://deploy@host"}, {.project = "shpo", .targets = {"backend"}}, {}, "shop");
  CHECK(
      mistake.message ==
      "no image on this engine has a name that begins with 'shpo-': did you mean --project shop?");
  CHECK(mistake.advice ==
        "Nothing was changed. Run clear-app-cache --host ssh://deploy@host --project shop backend, "
        "or give the build command.");
}

TEST_CASE("where nothing looks like the project, what else there is is a note") {
  RunResult result = cleared_result({});
  cac::State& state = result.state.emplace();
  state.others = {{.tags = {"demo-backend:latest"}}, {.tags = {"team/shop-frontend:latest"}}};
  state.compose_file = "compose.yaml";
  const std::string text = cac::text_report(result, ascii);
  CHECK(text == Containing{"prefixes that have a backend or a frontend: demo, team/shop\n"});
  CHECK(text == Containing{"compose.yaml is here: clear-app-cache --no-build -- docker compose "
                           "build clears what it builds\n"});
  CHECK(text.find("is this the engine that builds?") == std::string::npos);
  state = {};
  CHECK(cac::text_report(result, ascii) ==
        Containing{"no image, container or build cache record was found: is this the engine that "
                   "builds?\n"});
  result.verification->verdict = Verdict::unknown;
  CHECK(cac::text_report(result, ascii).find("is this the engine") == std::string::npos);
}

TEST_CASE("that none of the images is here is said, and which other tags there are") {
  RunResult result = cleared_result({});
  auto& application = std::get<cac::ClearRequest>(*result.request).application;
  application = {.project = "shop"};
  application.builds = {.images = {{.name = "shop-web:latest", .is_built = true}}};
  result.state.emplace().images = {{.tags = {"shop-web:v2"}}};
  CHECK(cac::text_report(result, ascii) ==
        Containing{"none of the images that the build command names is on this engine, but others "
                   "of the same repositories: shop-web:v2\n"});
}

TEST_CASE("a build command that is not run is said to be so, except after a clean verdict") {
  RunResult result = cleared_result({}, Verdict::residue);
  result.build_command = {"docker", "compose", "build"};
  CHECK(cac::messages(result, ascii).empty());
  result.runs_build = true;
  CHECK(cac::messages(result, ascii) ==
        Containing{"warning: the build command was not run: docker compose build\n"});
  result.verification->verdict = Verdict::clean;
  CHECK(cac::messages(result, ascii).empty());
}

TEST_CASE("a caveat that is likely to matter is a warning, and no note") {
  RunResult result = cleared_result({});
  result.state.emplace().images = {{.tags = {"watchparty-backend:latest"}}};
  result.caveats = {{.kind = CaveatKind::local_cache, .object = "/w/cache"}};
  CHECK(
      cac::messages(result, ascii) ==
      Containing{"warning: /w/cache does not exist; its path is relative, so a build in another "});
  const std::string text = cac::text_report(result, ascii);
  CHECK(text.find("- note") == std::string::npos);
  CHECK(text == Containing{"; not covered, see the warnings: directories elsewhere."});
}

TEST_CASE("the advice about residue names what to type") {
  RunResult result = cleared_result({}, Verdict::residue);
  auto& request = std::get<cac::ClearRequest>(*result.request);
  const auto advice = [&](cac::Residue residue) {
    result.verification->residue = {std::move(residue)};
    return cac::text_report(result, ascii);
  };
  const cac::Residue here{.kind = cac::ResidueKind::builder,
                          .reason = Reason::builder_in_use,
                          .object = "buildx_buildkit_held0"};
  cac::Residue elsewhere = here;
  elsewhere.object = "held";
  cac::Residue stopped = here;
  stopped.reason = Reason::builder_stopped;
  request.builder = cac::BuildxBuilder{.name = "held"};
  CHECK(advice(elsewhere) == Containing{"buildx does not know this builder here"});
  request.builder->is_known = true;
  CHECK(advice(here) == Containing{"--all-builders clears the builders that run on this engine; "
                                   "docker buildx use default leads builds back"});
  CHECK(advice(elsewhere) == Containing{"docker buildx prune --builder held --all clears it where "
                                        "it runs; docker buildx use default leads"});
  CHECK(advice(stopped) == Containing{"docker buildx inspect --bootstrap held"});
  result.engine_choice = {.host = "tcp://h:2375"};
  CHECK(advice(here) == Containing{"docker --host tcp://h:2375 buildx use default leads"});
  result.engine->context = "far";
  result.engine_choice = {};
  CHECK(advice(here) == Containing{"docker --context far buildx use far leads"});
  result.endpoint = cac::parse_endpoint("unix:///far.sock");
  request.builder->by_address = true;
  CHECK(advice(here) == Containing{"docker --host unix:///far.sock buildx use default leads"});
  request.builder->named_by = "BUILDX_BUILDER";
  CHECK(advice(here) == Containing{"unset BUILDX_BUILDER leads"});
  request.builder->named_by = "--builder";
  CHECK(advice(here) == Containing{"a build without --builder leads"});
  elsewhere.cause = "its driver is remote";
  CHECK(advice(elsewhere) == Containing{"which has a cache of its own: its driver is remote\n"});
  CHECK(advice({.kind = cac::ResidueKind::builder,
                .reason = Reason::builder_unknown,
                .object = "buildx",
                .cause = "docker cannot be run"}) ==
        Containing{"it is not known which builder builds go to: docker cannot be run\n"});
  CHECK(advice({.kind = cac::ResidueKind::local_cache, .reason = Reason::not_a_cache}) ==
        Containing{"If builds run in another directory, run this there. A build can do without"});
  const std::string left =
      advice({.kind = cac::ResidueKind::local_cache, .reason = Reason::cache_from});
  CHECK(left.find("Check what is building") == std::string::npos);
}

TEST_CASE("a failure that did not matter in the end is a warning") {
  const RunResult result =
      cleared_result({{.action = sample_prune(),
                       .status = OutcomeStatus::failed,
                       .failure = Failure{FailureKind::request_failed, "the prune failed"}}});
  CHECK(cac::messages(result, ascii) == "clear-app-cache: warning: the prune failed\n");
}

TEST_CASE("the same failure, repeated, is reported once") {
  const Outcome failed{.action = sample_prune(),
                       .status = OutcomeStatus::failed,
                       .failure = Failure{FailureKind::request_failed, "the prune failed"}};
  CHECK(cac::messages(cleared_result({failed, failed, failed}, Verdict::residue), ascii) ==
        "clear-app-cache: error: the prune failed\n");
  CHECK(cac::messages(cleared_result({failed, failed, failed}, Verdict::clean), ascii) ==
        "clear-app-cache: warning: the prune failed\n");
}

TEST_CASE("the same advice twice in a row is given once, below the last message") {
  RunResult result = cleared_result(
      {{.action = sample_removal(),
        .status = OutcomeStatus::failed,
        .failure = Failure{FailureKind::request_failed, "the removal failed", "Look."}},
       {.action = sample_prune(),
        .status = OutcomeStatus::failed,
        .failure = Failure{FailureKind::connection_lost, "the prune failed", "Look."}}});
  result.verification->verdict = Verdict::unknown;
  result.verification->failure =
      Failure{FailureKind::connection_lost, "the engine was lost", "Run again."};
  CHECK(cac::messages(result, ascii) ==
        "clear-app-cache: warning: the removal failed\n"
        "clear-app-cache: warning: the prune failed\n"
        "  Look.\n"
        "clear-app-cache: error: the engine was lost\n"
        "  Run again.\n");
}

TEST_CASE("a clean verdict ends with what it does not cover, each kind once") {
  RunResult result = cleared_result({});
  result.caveats = {{.kind = CaveatKind::builder, .object = "a"},
                    {.kind = CaveatKind::builder, .object = "b"},
                    {.kind = CaveatKind::missing_image,
                     .object = "worker",
                     .tags = {"shop-worker:latest"},
                     .holders = {{.name = "worker"}}},
                    {.kind = CaveatKind::classic_builder, .object = "sha256:a"},
                    {.kind = CaveatKind::other_tag, .object = "x", .tags = {"v1"}},
                    {.kind = CaveatKind::registry_copy, .object = "x"}};
  CHECK(cac::text_report(result, ascii) ==
        Containing{"starts from scratch; not covered, see the notes: copies in a registry, other "
                   "tags, buildx builders, the classic builder. 0 B"});
  CHECK(cac::text_report(result, ascii) ==
        Containing{"until the build no container can be created from shop-worker:latest, which "
                   "container worker uses; to bring it back: docker tag $(docker inspect -f "
                   "'{{.Image}}' worker) shop-worker:latest"});
  result.caveats = {result.caveats[2]};
  CHECK(cac::text_report(result, ascii) == Containing{"starts from scratch. 0 B"});
}

TEST_CASE("what will hurt later is a warning, also before") {
  RunResult result = cleared_result({});
  result.state.emplace();
  result.caveats = {{.kind = CaveatKind::base, .object = "shop-web:latest", .base = "shop-base:1"},
                    {.kind = CaveatKind::base_stays, .object = "shop-web:latest", .base = "base:1"},
                    {.kind = CaveatKind::other_image, .object = "shop-web-deps:latest"},
                    {.kind = CaveatKind::other_image, .unknown = "no answer"}};
  CHECK(
      cac::messages(result, ascii) ==
      "clear-app-cache: warning: shop-web:latest is built on shop-base:1, which is removed: where "
      "a FROM names it, build shop-base:1 first\n"
      "clear-app-cache: warning: shop-web:latest is built on base:1, which stays: the steps of "
      "base:1 are not built again, a build takes them as they are\n");
  const std::string text = cac::text_report(result, ascii);
  CHECK(text == Containing{"shop-web-deps:latest stays: if it is a stage that cache_from names, "
                           "--file or a build command clears it\n"});
  CHECK(text == Containing{"it is not known which images are built on others: no answer\n"});
  CHECK(text == Containing{"starts from scratch. 0 B"});
}

TEST_CASE("an image that stays is listed with its other names, also when a container holds it") {
  Outcome outcome{.action = sample_removal(),
                  .status = OutcomeStatus::done,
                  .untagged = true,
                  .other_names = {"elsewhere/backup:1"}};
  CHECK(cac::text_report(cleared_result({outcome}), ascii) ==
        Containing{"the image stays as elsewhere/backup:1; container wp (running) uses it"});
}

TEST_CASE("a warning that the error repeats is left out") {
  RunResult result = cleared_result({}, Verdict::unknown);
  result.state = {.artifacts = {.unreadable = {{FailureKind::filesystem, "/x: Permission denied"},
                                               {FailureKind::filesystem, "/y: I/O error"}}},
                  .images = {{}}};
  result.verification->failure = Failure{FailureKind::filesystem, "/x: Permission denied"};
  CHECK(cac::messages(result, ascii) ==
        "clear-app-cache: warning: a directory could not be searched for build artifacts: /y: I/O "
        "error\n"
        "clear-app-cache: error: /x: Permission denied\n");
  CHECK(parse_report(result)["warnings"] ==
        OrderedJson{"a directory could not be searched for build artifacts: /y: I/O error"});
}

TEST_CASE("what could not be written is the error, or a warning beside another") {
  RunResult result = cleared_result({});
  result.write_error = Failure{FailureKind::filesystem, "the disk is full"};
  CHECK(cac::messages(result, ascii) == "clear-app-cache: error: the disk is full\n");
  result.failure = Failure{FailureKind::timeout, "the time ran out"};
  CHECK(cac::messages(result, ascii) ==
        "clear-app-cache: warning: the disk is full\n"
        "clear-app-cache: error: the time ran out\n");
}

TEST_CASE("what the verification lists is not repeated with the action") {
  cac::Action held = sample_prune();
  held.held = 2;
  RunResult result =
      cleared_result({{.action = sample_removal(), .status = OutcomeStatus::retagged},
                      {.action = held, .status = OutcomeStatus::done, .count = 1}},
                     Verdict::residue);
  CHECK(cac::text_report(result, ascii) == Containing{"given to another image"});
  result.verification->residue = {
      {.reason = Reason::retagged, .object = "watchparty-backend:latest"}};
  CHECK(cac::text_report(result, ascii).find("given to another image") == std::string::npos);
  CHECK(cac::text_report(result, ascii).find("held by a running build") == std::string::npos);
  // Where it lists nothing, the action's is all there is.
  result.verification->failure = Failure{FailureKind::connection_lost, "gone"};
  CHECK(cac::text_report(result, ascii) == Containing{"2 held by a running build stay"});
}

TEST_CASE("nothing went wrong, nothing is said") {
  CHECK(cac::messages(cleared_result({}), ascii).empty());
}

// --- JSON ---

TEST_CASE("the object has these keys, in this order, whatever happened") {
  const Texts keys{"schema",
                   "version",
                   "mode",
                   "dry_run",
                   "project",
                   "targets",
                   "build_command",
                   "engine",
                   "actions",
                   "residue",
                   "cache",
                   "kept",
                   "caveats",
                   "warnings",
                   "notes",
                   "verdict",
                   "reclaimed_bytes",
                   "duration_ms",
                   "exit_status",
                   "error",
                   "last_builds",
                   "expected_exit_status"};
  RunResult usage_error;
  usage_error.failure = Failure{FailureKind::usage, "no"};
  RunResult unreachable = sample_result(Words{});
  unreachable.engine.reset();
  unreachable.failure = Failure{FailureKind::unreachable, "no"};
  for (const RunResult& result : {usage_error, unreachable, cleared_result({})}) {
    Texts found;
    const OrderedJson json = parse_report(result);
    for (const auto& [key, value] : json.items()) found.push_back(key);
    // Keys are only ever added: those here stay, and stay first.
    CHECK(cac::test::joined(found) == cac::test::joined(keys));
  }
}

TEST_CASE("the report of a run has what programs look for") {
  RunResult result =
      cleared_result({{.action = sample_removal(), .status = OutcomeStatus::done, .untagged = true},
                      {.action = sample_prune(),
                       .status = OutcomeStatus::done,
                       .count = 33,
                       .reclaimed = {811'000'000}}},
                     Verdict::residue);
  result.verification->residue = {{.kind = ResidueKind::build_cache,
                                   .reason = Reason::running_build,
                                   .object = "RUN x",
                                   .id = "rec1",
                                   .record_type = "regular",
                                   .size = {1'000'000}}};
  const OrderedJson json = parse_report(result);
  CHECK(json["schema"] == 1);
  CHECK(json["mode"] == "clear");
  CHECK(json["project"] == "watchparty");
  CHECK(json["targets"].dump() == R"(["backend"])");
  CHECK(json["engine"]["version"] == "28.5.2");
  CHECK(json["engine"]["api"] == "1.51");
  CHECK(json["actions"][0]["action"] == "remove-image");
  CHECK(json["actions"][0]["object"] == "watchparty-backend:latest");
  CHECK(json["actions"][0]["image_id"] == "sha256:b");
  CHECK(json["actions"][0]["status"] == "done");
  CHECK(json["actions"][0]["image_stays"] == true);
  CHECK(json["actions"][0]["planned_bytes"] == 345'000'000);
  CHECK(json["actions"][1]["action"] == "prune-build-cache");
  CHECK(json["actions"][1]["planned_count"] == 34);
  CHECK(json["actions"][1]["count"] == 33);
  CHECK(json["actions"][1]["reclaimed_bytes"] == 811'000'000);
  CHECK(json["residue"][0]["kind"] == "build-cache");
  CHECK(json["residue"][0]["object"] == "RUN x");
  CHECK(json["residue"][0]["type"] == "regular");
  CHECK(json["residue"][0]["held"] == true);
  CHECK(json["verdict"] == "residue");
  CHECK(json["reclaimed_bytes"] == 811'000'000);
  CHECK(json["duration_ms"] == 1400);
  CHECK(json["exit_status"] == 3);
  CHECK(json["error"].is_null());
}

TEST_CASE("a plan has no verdict, and neither does a run that did not get to one") {
  RunResult plan = sample_result(Words{"--dry-run"});
  plan.plan = {{sample_removal()}};
  CHECK(parse_report(plan)["verdict"].is_null());
  CHECK(parse_report(plan)["dry_run"] == true);
  CHECK(parse_report(plan)["actions"][0]["status"] == "planned");

  plan.request = request_of(Words{});
  plan.failure = Failure{FailureKind::connection_lost, "gone"};
  CHECK(parse_report(plan)["verdict"] == "unknown");
  CHECK(parse_report(plan)["actions"][0]["status"] == "not-reached");
}

TEST_CASE("every kind of failure, action, outcome and residue has a word of its own") {
  std::set<std::string> words;
  constexpr int failures = static_cast<int>(FailureKind::internal) + 1;
  for (int i = 0; i < failures; ++i) {
    RunResult result = sample_result(Words{});
    result.failure = Failure{static_cast<FailureKind>(i), "message", "advice", i};
    const OrderedJson error = parse_report(result)["error"];
    CHECK(error["message"] == "message");
    CHECK(error["advice"] == "advice");
    CHECK(error["http_status"] == (i == 0 ? OrderedJson() : OrderedJson(i)));
    words.insert(error["kind"].get<std::string>());
  }
  CHECK(words.size() == failures);
  CHECK_FALSE(words.contains(""));

  words.clear();
  constexpr int statuses = static_cast<int>(OutcomeStatus::cancelled) + 1;
  constexpr int kinds = static_cast<int>(ActionKind::prune_build_cache) + 1;
  constexpr int residues = static_cast<int>(ResidueKind::build_cache) + 1;
  for (int i = 0; i < statuses; ++i) {
    words.insert(parse_report(
        cleared_result({{.action = sample_prune(),
                         .status = static_cast<OutcomeStatus>(i)}}))["actions"][0]["status"]);
  }
  for (int i = 0; i < kinds; ++i) {
    words.insert(parse_report(cleared_result(
        {{.action = {.kind = static_cast<ActionKind>(i)}}}))["actions"][0]["action"]);
  }
  for (int i = 0; i < residues; ++i) {
    RunResult result = cleared_result({}, Verdict::residue);
    result.verification->residue = {{.kind = static_cast<ResidueKind>(i)}};
    words.insert("residue " + parse_report(result)["residue"][0]["kind"].get<std::string>());
  }
  CHECK(words.size() == statuses + kinds + residues);
  CHECK_FALSE(words.contains(""));
  CHECK_FALSE(words.contains("residue "));

  words.clear();
  std::set<std::string> explanations;
  constexpr int reasons = static_cast<int>(Reason::survived_pruning) + 1;
  constexpr int caveats = static_cast<int>(cac::CaveatKind::classic_builder) + 1;
  RunResult result = cleared_result({}, Verdict::residue);
  for (int i = 0; i < reasons; ++i) {
    result.verification->residue.push_back({.reason = static_cast<Reason>(i)});
  }
  for (int i = 0; i < caveats; ++i) {
    result.caveats.push_back({.kind = static_cast<cac::CaveatKind>(i)});
  }
  const OrderedJson json = parse_report(result);
  for (const OrderedJson& residue : json["residue"]) {
    words.insert(residue["reason"].get<std::string>());
    explanations.insert(residue["explanation"].get<std::string>());
  }
  for (const OrderedJson& caveat : json["caveats"]) {
    words.insert(caveat["kind"].get<std::string>());
    explanations.insert(caveat["explanation"].get<std::string>());
  }
  CHECK(words.size() == reasons + caveats);
  CHECK(explanations.size() == reasons + caveats);
  CHECK_FALSE(words.contains(""));
  CHECK_FALSE(explanations.contains(""));
}

TEST_CASE("texts that are no UTF-8 or have quotes and line ends leave the JSON valid") {
  RunResult result = cleared_result({}, Verdict::residue);
  result.verification->residue = {{.object = "a\"\\\n\x01\xff\xc3"
                                             "b"}};
  CHECK(parse_report(result)["residue"][0]["object"] ==
        "a\"\\\n\x01\xef\xbf\xbd\xef\xbf\xbd"
        "b");
}

TEST_CASE("with an engine on another machine, what is this machine's is said to be") {
  cac::RunResult result;
  result.request = cac::ClearRequest{.app_dir = "/srv/app"};
  result.state = cac::State{};
  result.state->local_caches.push_back({});
  const std::string warning = "--app-dir /srv/app is on this machine";
  const std::string note = "type=local directories are this one's";
  for (const char* const address : {"ssh://box", "tcp://10.0.0.1:2376"}) {
    CAPTURE(address);
    result.endpoint = cac::parse_endpoint(address);
    CHECK(cac::messages(result, {}) == Containing{warning});
    CHECK(cac::json_report(result) == Containing{note});
  }
  for (const char* const address : {"unix:///var/run/docker.sock", "tcp://localhost:2376"}) {
    CAPTURE(address);
    result.endpoint = cac::parse_endpoint(address);
    CHECK(cac::messages(result, {}).find(warning) == std::string::npos);
    CHECK(cac::json_report(result).find(note) == std::string::npos);
  }
}
