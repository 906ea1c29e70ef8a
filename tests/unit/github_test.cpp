#include "report/github.hpp"

#include <doctest/doctest.h>

#include <string>

#include "connected.hpp"
#include "texts.hpp"

using cac::ActionKind;
using cac::FailureKind;
using cac::OutcomeStatus;
using cac::ResidueKind;
using cac::Run;
using cac::Verdict;
using cac::test::Containing;
using cac::test::count_of;
using cac::test::options_of;

namespace {

// One image removed, the cache pruned, and the verdict.
Run run_with(Verdict verdict) {
  Run run;
  run.options = options_of({"backend"});
  run.engine = {"Docker", "28.5.2", {1, 51}, "unix:///x.sock"};
  run.plan.emplace();
  run.plan->actions = {
      {.kind = ActionKind::remove_image, .object = "watchparty-backend:latest", .reason = "named"},
      {.kind = ActionKind::prune_build_cache, .object = "build cache", .reason = "all of it"}};
  run.outcomes = {{.action = run.plan->actions[0], .status = OutcomeStatus::done, .count = 1},
                  {.action = run.plan->actions[1],
                   .status = OutcomeStatus::done,
                   .count = 3,
                   .reclaimed = {2500}}};
  run.verification.emplace();
  run.verification->verdict = verdict;
  return run;
}

}  // namespace

TEST_CASE("a clean run is a plan in a group and a notice") {
  const std::string text = workflow_commands(run_with(Verdict::clean));
  CHECK(text == Containing{"::group::The plan of clear-app-cache\n"
                           "- watchparty-backend:latest: named\n"
                           "- build cache: all of it\n"
                           "::endgroup::\n"});
  CHECK(text == Containing{"::notice title=clear-app-cache%3A clean::no cache sources of"});
  CHECK(count_of("::error", text) == 0);
}

TEST_CASE("residue and a failure are errors, warnings are warnings") {
  Run run = run_with(Verdict::residue);
  run.verification->residue = {{.kind = ResidueKind::build_cache, .object = "RUN x"}};
  run.plan->warnings = {"look here"};
  CHECK(workflow_commands(run) == Containing{"::error title=clear-app-cache%3A residue::"});
  CHECK(workflow_commands(run) == Containing{"::warning title=clear-app-cache::look here\n"});

  Run failed;
  failed.failure = {FailureKind::unreachable, "nobody answers", "start it"};
  CHECK(workflow_commands(failed) ==
        "::error title=clear-app-cache failed::nobody answers%0Astart it\n");
}

TEST_CASE("nothing that an engine says becomes a command or a line of its own") {
  Run run = run_with(Verdict::unknown);
  run.verification->failure = {FailureKind::refused, "100%\r\n::error::gotcha", ""};
  run.plan->actions[0].effect = "\n::set-env name=PATH::x ##[add-mask]clean \x1b[31m";
  const std::string text = workflow_commands(run);
  CHECK(text == Containing{"100%25\\x0d%0A::error::gotcha\n"});
  CHECK(count_of("\n::set-env", text) == 0);
  CHECK(count_of("\n::error::", text) == 0);
  CHECK(count_of("##[", text) == 0);
  CHECK(count_of("\x1b", text) == 0);
}

TEST_CASE("the older notation is replaced wherever it stands") {
  CHECK(cac::without_commands("").empty());
  CHECK(cac::without_commands("##[a]b##[##[c#[") == "#\\u0023[a]b#\\u0023[#\\u0023[c#[");
}

TEST_CASE("the outputs are what later steps ask for") {
  CHECK(step_outputs(run_with(Verdict::clean)) ==
        "verdict=clean\nreclaimed-bytes=2500\nremoved-images=watchparty-backend:latest\n");
  CHECK(cac::step_outputs(Run()) == "verdict=unknown\nreclaimed-bytes=0\nremoved-images=\n");
}

TEST_CASE("the summary tells every failure, and of what could not be written as well") {
  Run run = run_with(Verdict::clean);
  run.outcomes[0].failure = {FailureKind::refused, "the removal failed", "look"};
  run.unwritten = {FailureKind::filesystem, "the disk is full"};
  const std::string text = job_summary(run);
  CHECK(text == Containing{"### clear-app-cache: failed\n"});
  CHECK(text == Containing{"**the disk is full** \n"});
  CHECK(text == Containing{"**the removal failed** look\n"});
}

TEST_CASE("the summary is a table that no name breaks") {
  Run run = run_with(Verdict::residue);
  run.verification->residue = {
      {.kind = ResidueKind::image, .object = "a|b <img>\n`c`", .reason = "x"}};
  const std::string text = job_summary(run);
  CHECK(text == Containing{"### clear-app-cache: residue\n"});
  CHECK(text == Containing{"| removed | watchparty-backend:latest | up to 0 B |  |\n"});
  CHECK(text == Containing{"| left | a&#124;b &#60;img&#62; &#96;c&#96; | 0 B | x |\n"});
}
