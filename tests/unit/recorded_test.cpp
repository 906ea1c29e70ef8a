#include "report/recorded.hpp"

#include <doctest/doctest.h>

#include "texts.hpp"

using cac::BuildRun;
using cac::RecordedBuild;
using cac::test::joined;
using cac::test::Texts;

namespace {

RecordedBuild built(const std::string& name, std::size_t cached = 0, const Texts& imports = {}) {
  return {.name = name,
          .record = {.id = "id-" + name,
                     .steps = 8,
                     .cached_steps = cached,
                     .started = "2026-11-30T10:00:00.5Z"},
          .imports = imports};
}

std::string summary(const BuildRun& run) {
  const auto made = make_build_summary(run);
  return made ? made->word + ": " + made->sentences : "";
}

}  // namespace

TEST_CASE("the record of a build in a sentence") {
  CHECK(summary({.recorded = {.builds = {built("web")}}}) ==
        "built from scratch: web 8 steps, none cached.");
  CHECK(summary({.recorded = {.builds = {built("api", 1), built("web", 1)}}}) ==
        "built from scratch: api 8 steps, web 8, 2 shared with builds since the clearing.");
  // It has imported a cache, and taken nothing from it.
  CHECK(summary({.recorded = {.builds = {built("web", 0, {"web:1"})}}}) ==
        "built from scratch: web 8 steps, none cached.");
  BuildRun imported{.recorded = {.builds = {built("api", 1), built("web", 3, {"web:1", "web:2"}),
                                            built("worker", 8, {"w"})}}};
  CHECK(summary(imported) ==
        "not from scratch: web took 3 of 8 steps, worker 8 of 8 steps from a cache that the build "
        "imported. Find what tagged or pushed it during the run, then run again.");
  const auto lines = make_build_lines(imported);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == cac::Line{.status = cac::LineStatus::failed,
                              .verb = "imported",
                              .object = "web",
                              .size = "3 of 8 steps",
                              .reason = "from web:1, web:2; docker buildx history logs id-web"});
  imported.allows_imports = true;
  CHECK(summary(imported) ==
        "built: api 8 steps, web 8, worker 8, 12 cached or imported, which --allow-external "
        "accepts.");
  CHECK(make_build_lines(imported)[0].status == cac::LineStatus::kept);
}

TEST_CASE("what has no record is said") {
  const std::string stands = " The verdict from before the build stands: clean.";
  CHECK(summary({.recorded = {.problem = "no buildx"}}) ==
        "built: whether from scratch, nobody could be asked: no buildx." + stands);
  CHECK(summary({.recorded = {.unrecorded = {"web"}}}) ==
        "built: whether from scratch, nobody could be asked: there is no record of these builds." +
            stands);
  const BuildRun partly{.recorded = {.builds = {built("web")}, .unrecorded = {"api", "cron"}}};
  CHECK(make_build_lines(partly).at(0).object == "there is no record of api, cron");
  CHECK(summary({.status = 17}) == "build failed: the build command ended with status 17.");
  CHECK(summary({.status = 130}).empty());
}

TEST_CASE("the last builds, with their age") {
  const auto now = *cac::parse_time("2026-11-30T13:17:01Z");
  CHECK(joined(cac::describe_last_builds(
            {.builds = {built("api"), built("web", 3, {"web:1"})}, .unrecorded = {"cron"}}, now)) ==
        "the last build of api, 3 h ago: 0 of 8 steps were cached\n"
        "the last build of web, 3 h ago: 3 of 8 steps were cached (it imported web:1)\n"
        "there is no record of a build of cron\n");
  CHECK(joined(cac::describe_last_builds({.problem = "no buildx"}, now)) ==
        "how the last builds went, nobody could be asked: no buildx\n");
}
