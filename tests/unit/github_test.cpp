#include <doctest/doctest.h>

#include <string>

#include "report/report.hpp"
#include "samples.hpp"
#include "texts.hpp"

using cac::FailureKind;
using cac::OutcomeStatus;
using cac::Reason;
using cac::ResidueKind;
using cac::RunResult;
using cac::Verdict;
using cac::test::cleared_result;
using cac::test::Containing;
using cac::test::count_of;
using cac::test::sample_prune;
using cac::test::sample_removal;

namespace {

// One image removed, the cache pruned, and the verdict.
RunResult cleared(Verdict verdict) {
  return cleared_result(
      {{.action = sample_removal(), .status = OutcomeStatus::done, .count = 1},
       {.action = sample_prune(), .status = OutcomeStatus::done, .count = 3, .reclaimed = {2500}}},
      verdict);
}

}  // namespace

TEST_CASE("a clean run is a plan in a group and a notice") {
  const std::string text = workflow_commands(cleared(Verdict::clean), false);
  CHECK(text ==
        Containing{"::group::The plan of clear-app-cache\n"
                   "- watchparty-backend:latest: usable as a cache_from source; container wp "
                   "(running) uses it and is not touched\n"
                   "- build cache: shared by all applications on this engine\n"
                   "::endgroup::\n"});
  CHECK(text == Containing{"::notice title=clear-app-cache%3A clean::no cache sources of"});
  CHECK(count_of("::error", text) == 0);
}

TEST_CASE("residue and a failure are errors, warnings are warnings") {
  RunResult result = cleared(Verdict::residue);
  result.verification->residue = {{.kind = ResidueKind::build_cache, .object = "RUN x"}};
  result.build_warnings = {"TAG is not set."};
  CHECK(workflow_commands(result, false) ==
        Containing{"::error title=clear-app-cache%3A residue::"});
  CHECK(workflow_commands(result, false) ==
        Containing{"::warning title=clear-app-cache::the build command: TAG is not set."});
  CHECK(cac::job_summary(result) == Containing{"**the build command: TAG is not set."});

  RunResult failed;
  failed.failure = {FailureKind::unreachable, "nobody answers", "start it"};
  CHECK(workflow_commands(failed, false) ==
        "::error title=clear-app-cache failed::nobody answers%0Astart it\n");
}

TEST_CASE("a quiet run that went well leaves its warnings, without the plan and the notice") {
  RunResult result = cleared(Verdict::clean);
  CHECK(workflow_commands(result, true).empty());
  result.build_warnings = {"TAG is not set."};
  CHECK(workflow_commands(result, true).starts_with("::warning title=clear-app-cache::the build"));
  CHECK(count_of("::", workflow_commands(result, true)) == 2);
}

TEST_CASE("nothing that an engine says becomes a command or a line of its own") {
  RunResult result = cleared(Verdict::unknown);
  result.verification->failure = {FailureKind::request_failed, "100%\r\n::error::gotcha", ""};
  result.plan->at(0).other_names = {"\n::set-env name=PATH::x ##[add-mask]clean \x1b[31m"};
  const std::string text = workflow_commands(result, false);
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
  CHECK(step_outputs(cleared(Verdict::clean)) ==
        "verdict=clean\nreclaimed-bytes=2500\nremoved-images=watchparty-backend:latest\n");
  CHECK(cac::step_outputs(RunResult()) == "verdict=unknown\nreclaimed-bytes=0\nremoved-images=\n");
}

TEST_CASE("the summary has every failure, also those of writing") {
  RunResult result = cleared(Verdict::clean);
  result.outcomes[0].failure = {FailureKind::request_failed, "the removal failed", "look"};
  result.write_error = {FailureKind::filesystem, "the disk is full"};
  const std::string text = job_summary(result);
  CHECK(text == Containing{"### clear-app-cache: failed\n"});
  CHECK(text == Containing{"**the disk is full** \n"});
  CHECK(text == Containing{"**the removal failed** look\n"});
}

TEST_CASE("the summary is a table that no name breaks") {
  RunResult result = cleared(Verdict::residue);
  result.verification->residue = {
      {.kind = ResidueKind::image, .reason = Reason::still_tagged, .object = "a|b <img>\n`c`"}};
  const std::string text = job_summary(result);
  CHECK(text == Containing{"### clear-app-cache: residue\n"});
  CHECK(text == Containing{"| removed | watchparty-backend:latest | up to 345 MB |  |\n"});
  CHECK(text == Containing{"| left | a&#124;b &#60;img&#62; &#96;c&#96; | 0 B | still tagged |\n"});
}
