// The pipeline as a whole: exceptions that nobody foresaw, and what it asks of the system.
#include <doctest/doctest.h>
#include <pwd.h>
#include <unistd.h>

#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "connected.hpp"
#include "in_process.hpp"
#include "texts.hpp"

using cac::test::Containing;
using cac::test::Printed;
using Json = nlohmann::json;

namespace {

// How often the user was looked up, and what was found.
int look_ups = 0;
const char* found_home = nullptr;

// Throws when it is asked for a variable.
template <typename Exception>
cac::Environment throwing_at(std::string_view variable, const Exception& exception) {
  return [=](std::string_view name) -> std::optional<std::string> {
    if (name == variable) throw exception;
    return std::nullopt;
  };
}

}  // namespace

// Stands in for the C library's, which reads the next line of /etc/passwd.
extern "C" passwd* fgetpwent(FILE*) {
  ++look_ups;
  static passwd user{};
  if (found_home == nullptr) return nullptr;
  user.pw_uid = getuid();
  user.pw_dir = const_cast<char*>(found_home);
  return &user;
}

TEST_CASE("an unforeseen exception is an internal error, in JSON too, wherever it comes from") {
  // The options are read with the one variable, the stations begin with the other.
  for (const char* const variable : {"DOCKER_API_VERSION", "HOME"}) {
    CAPTURE(variable);
    const std::vector<const char*> words{"--json", "--app-dir", "/nowhere"};
    const Printed printed =
        cac::test::run_in_process(words, throwing_at(variable, std::logic_error("nobody knew")));
    CHECK(printed.status == 1);
    const Json report = Json::parse(printed.out, nullptr, false);
    REQUIRE(report.is_object());
    CHECK(report["error"]["kind"] == "internal");
    CHECK(report["error"]["message"] == "internal error: nobody knew");
    CHECK(report["exit_status"] == 1);
    CHECK(report["verdict"] == "unknown");

    const Printed no_memory =
        cac::test::run_in_process(words, throwing_at(variable, std::bad_alloc()));
    CHECK(no_memory.status == 1);
    CHECK(Json::parse(no_memory.out)["error"]["message"] == "out of memory");
    CHECK(no_memory.err == Containing{"clear-app-cache: error: out of memory\n"});
  }
}

TEST_CASE("the user is looked up for a home directory only where HOME is not set") {
  const std::string known = "unix:///nowhere/x.sock";
  look_ups = 0;
  cac::test::run_in_process(
      {"--app-dir", "/nowhere"},
      cac::test::environment_of({{"HOME", "/home/me"}, {"DOCKER_HOST", known}}));
  CHECK(look_ups == 0);

  found_home = "/usr";
  const Printed refused = cac::test::run_in_process(
      {"--app-dir", "/usr"}, cac::test::environment_of({{"DOCKER_HOST", known}}));
  CHECK(look_ups == 1);
  CHECK(refused.status == 2);
  CHECK(refused.err == Containing{"is the home directory"});

  found_home = nullptr;
  CHECK(cac::test::run_in_process({"--app-dir", "/usr"},
                                  cac::test::environment_of({{"DOCKER_HOST", known}}))
            .status == 4);
}
