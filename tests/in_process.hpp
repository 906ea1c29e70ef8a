// The whole tool within the test's process: run_app on streams that are kept.
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "app.hpp"
#include "connected.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

namespace cac::test {

struct Printed {
  int status = 0;
  std::string out;
  std::string err;
};

inline Printed run_in_process(const std::vector<const char*>& arguments, Environment environment) {
  std::ostringstream out;
  std::ostringstream err;
  OutputLimit limit;
  const int status = run_app(arguments, {.environment = std::move(environment),
                                         .out = out,
                                         .err = err,
                                         .out_style = {},
                                         .err_style = {},
                                         .err_columns = nullptr,
                                         .signal_fd = -1,
                                         .output_limit = limit});
  return {status, out.str(), err.str()};
}

// Runs the tool with --json against a fake engine. Returns its report, one line that agrees with
// the exit status.
inline nlohmann::json run_for_report(const FakeEngine& fake,
                                     std::vector<const char*> arguments = {"backend"}) {
  const std::string url = fake.url();
  arguments.insert(arguments.end(), {"--json", "--host", url.c_str()});
  const Printed printed = run_in_process(arguments, environment_of());
  CHECK(count_of("\n", printed.out) == 1);
  auto report = nlohmann::json::parse(printed.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["exit_status"] == printed.status);
  return report;
}

inline const std::string prune_request = "POST /build/prune";
// A prune that does nothing and says that it did all.
inline const FakeReply lying_prune{.body =
                                       R"({"CachesDeleted":["rec1","rec2"],"SpaceReclaimed":812})"};

}  // namespace cac::test
