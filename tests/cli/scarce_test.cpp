// Few descriptors, closed streams, a full disk: success, or a message that says what is missing.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "session.hpp"
#include "temporary_directory.hpp"

namespace fs = std::filesystem;
using cac::test::Containing;
using cac::test::Device;
using cac::test::Invocation;
using cac::test::Result;
using cac::test::Session;
using cac::test::TemporaryDirectory;
using cac::test::Texts;
using Json = nlohmann::json;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr unsigned fewest = 12;  // a sanitizer itself takes some for a moment
#else
constexpr unsigned fewest = 3;
#endif

// The application's directory with an artifact so deep.
void make_artifact(const fs::path& directory, int depth) {
  fs::path deep = directory / "frontend/.next";
  for (int i = 0; i < depth; ++i) deep /= "d";
  fs::create_directories(deep);
  std::ofstream(deep / "file") << "12345";
}

bool is_clean(const Session& session) {
  const auto scene = session.fake.scene();
  return scene.records.empty() && std::ranges::none_of(scene.images, [](const auto& image) {
           return std::ranges::any_of(image.tags, [](const std::string& tag) {
             return tag.starts_with("watchparty-") && tag.ends_with(":latest");
           });
         });
}

}  // namespace

TEST_CASE("however few descriptors there are, a run succeeds or says that they are too few") {
  const std::vector<Texts> lines = {
      {}, {"--json"}, {"--verbose"}, {"--dry-run"}, {"--verify-only"}, {"--prune-only"}};
  for (const Texts& words : lines) {
    for (unsigned descriptors = fewest; descriptors <= 16; ++descriptors) {
      const std::string line = cac::test::joined(words);
      CAPTURE(line);
      CAPTURE(descriptors);
      const TemporaryDirectory directory;
      make_artifact(directory.path, 2);
      Session session;
      Invocation invocation = session.invocation(words);
      const bool is_pruning = line.find("--prune-only") != std::string::npos;
      const bool is_reading = line.find("--verify-only") != std::string::npos;
      const bool is_plan = line.find("--dry-run") != std::string::npos;
      if (!is_pruning) {
        invocation.arguments.insert(invocation.arguments.end(), {"--app-dir", directory.path});
      }
      invocation.arguments.insert(invocation.arguments.end(), {"--timeout", "20s"});
      invocation.max_descriptors = descriptors;
      const Result result = cac::test::run(invocation);
      CAPTURE(result.out);
      CAPTURE(result.err);
      if (descriptors == 3 && result.status == 127) continue;  // it cannot load its libraries
      if (line.find("--json") != std::string::npos) {
        CHECK(cac::test::count_of("\n", result.out) == 1);
        CHECK(Json::parse(result.out)["exit_status"] == result.status);
      }
      if (is_reading && result.status == 3) continue;
      if (result.status != 0) {
        CHECK((result.status == 1 || result.status == 4));
        CHECK(result.err == Containing{"clear-app-cache: error: "});
        CHECK(result.err == Containing{"ulimit -n"});
        CHECK(result.out.find("clean:") == std::string::npos);
      } else if (!is_plan && !is_pruning) {
        CHECK(is_clean(session));
        CHECK_FALSE(fs::exists(directory.path / "frontend/.next"));
      }
      if (descriptors == 16) CHECK(result.status == (is_reading ? 3 : 0));
    }
  }
}

TEST_CASE("a directory that is deeper than there are descriptors is left, and it is said why") {
  const TemporaryDirectory directory;
  make_artifact(directory.path, 30);
  const Session session;
  Invocation invocation = session.invocation({"--app-dir", directory.path});
  invocation.max_descriptors = 16;
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 1);
  CHECK(result.out == Containing{"residue: 1 cache source"});
  CHECK(result.err == Containing{"frontend/.next: Too many open files\n  Raise the limit"});
}

TEST_CASE("whichever streams are closed, nothing is written into what took their place") {
  const Session usual;
  REQUIRE(usual.run({}).status == 0);
  for (const Texts& words : std::vector<Texts>{{}, {"--json"}, {"--verbose"}, {"--quiet"}}) {
    for (const bool in : {true, false}) {
      for (const Device out : {Device::pipe, Device::closed}) {
        for (const Device err : {Device::pipe, Device::closed}) {
          const std::string line = cac::test::joined(words);
          CAPTURE(line);
          CAPTURE(in);
          CAPTURE(out == Device::pipe);
          CAPTURE(err == Device::pipe);
          const TemporaryDirectory directory;
          Session session;
          Invocation invocation = session.invocation(words);
          if (!in) invocation.input = "";
          invocation.out = out;
          invocation.err = err;
          invocation.environment["GITHUB_ACTIONS"] = "true";
          invocation.environment["GITHUB_OUTPUT"] = directory.path / "output";
          invocation.environment["GITHUB_STEP_SUMMARY"] = directory.path / "summary";
          const Result result = cac::test::run(invocation);
          const bool is_silent = line == "--quiet\n";
          const bool is_written = out == Device::pipe || is_silent;
          CHECK(result.status == (is_written ? 0 : 1));
          CHECK(is_clean(session));
          CHECK(session.fake.requests() == usual.fake.requests());
          if (out == Device::pipe) CHECK(result.out.empty() == is_silent);
          if (err == Device::pipe && !is_written) {
            CHECK(result.err == Containing{"standard output could not be written"});
          }
          // Nothing but what belongs there.
          CHECK(directory.text_of("output").starts_with("verdict=clean\nreclaimed-bytes="));
          CHECK(directory.text_of("summary").starts_with(
              is_written ? "### clear-app-cache: clean\n" : "### clear-app-cache: failed\n"));
        }
      }
    }
  }
}

TEST_CASE("without standard input, a Compose file from there is refused, and nothing is sent") {
  const Session session;
  Invocation invocation = session.invocation({"--file", "-"});
  invocation.input = "";
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 2);
  CHECK(result.err == Containing{"clear-app-cache: error: "});
  CHECK(session.fake.requests().empty());
}

TEST_CASE("on GitHub outputs that do not fit on the disk are a failure, and it is said why") {
  const Session session;
  Invocation invocation = session.invocation({"--json"});
  invocation.environment["GITHUB_ACTIONS"] = "true";
  invocation.environment["GITHUB_OUTPUT"] = "/dev/full";
  const Result result = cac::test::run(invocation);
  CHECK(result.status == 1);
  CHECK(result.err == Containing{"GITHUB_OUTPUT (/dev/full) could not be written"});
  CHECK(Json::parse(result.out)["exit_status"] == 1);
}
