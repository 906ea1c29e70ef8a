// Commands in containers, and the buildx builders' caches that they show and prune.
#include <doctest/doctest.h>

#include "clear/builders.hpp"
#include "connected.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::Container;
using cac::EngineError;
using cac::test::Connected;
using cac::test::Containing;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::joined;

namespace {

const Container builder{"c1", "buildx_buildkit_multi0", "sha256:k", "running"};

std::string frame(char stream, const std::string& text) {
  std::string header{stream, 0, 0, 0};
  for (const int shift : {24, 16, 8, 0}) header += static_cast<char>(text.size() >> shift & 0xff);
  return header + text;
}

// Lets the fake answer one command in the container after the other.
struct Answer {
  std::string frames;
  int status = 0;
};
void answer(FakeEngine& fake, const std::vector<Answer>& answers) {
  FakeEngine::Replies created;
  FakeEngine::Replies started;
  FakeEngine::Replies ended;
  for (const Answer& one : answers) {
    created.push_back(FakeReply{.status = 201, .body = R"({"Id":"e1"})"});
    started.push_back(FakeReply{.status = 200, .body = one.frames});
    ended.push_back(FakeReply{
        .status = 200, .body = R"({"ID":"e1","ExitCode":)" + std::to_string(one.status) + "}"});
  }
  fake.reply("POST /containers/c1/exec", created);
  fake.reply("POST /exec/e1/start", started);
  fake.reply("GET /exec/e1/json", ended);
}

std::string failure(FakeEngine& fake) {
  Connected to(fake.url());
  try {
    to.engine.exec("c1", {"true"});
  } catch (const EngineError& error) {
    return error.what();
  }
  return "no failure";
}

constexpr const char* two_records =
    R"([{"id":"a","inUse":false,"size":7000000,"recordType":"regular","parents":null},)"
    R"({"id":"b","inUse":true,"size":3000000,"recordType":"exec.cachemount","parents":["a"]}])";

}  // namespace

TEST_CASE("the streams of a command are told apart, however they come in frames") {
  FakeEngine fake;
  const std::string large(70'000, 'x');
  answer(fake, {{frame(1, "one ") + frame(2, "error") + frame(1, "") + frame(1, large), 3}});
  Connected to(fake.url());
  const cac::ExecResult result = to.engine.exec("c1", {"sh", "-c", "true"});
  CHECK(result.status == 3);
  CHECK(result.output == "one " + large);
  CHECK(result.errors == "error");
}

TEST_CASE("an exec that the engine refuses or cuts off is a failure") {
  for (const std::string& frames : {frame(1, "abcdef").substr(0, 9), std::string("\1\0\0", 3)}) {
    FakeEngine fake;
    answer(fake, {{frames}});
    CHECK(failure(fake) == Containing{"its last frame is cut off"});
  }
  struct {
    const char* request;
    FakeReply reply;
    Containing says;
  } const rows[] = {
      {"POST /containers/c1/exec",
       {.status = 409, .body = R"({"message":"container c1 is not running"})"},
       Containing{"is not running"}},
      {"POST /exec/e1/start",
       {.status = 400, .body = R"({"message":"no such file"})"},
       Containing{"no such file"}},
      {"GET /exec/e1/json", {.body = R"({"ID":"e1","ExitCode":null})"}, Containing{"not ended"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request);
    FakeEngine fake;
    answer(fake, {{""}});
    fake.reply(row.request, {row.reply});
    CHECK(failure(fake) == row.says);
  }
}

TEST_CASE("a builder's records are read from buildctl du") {
  FakeEngine fake;
  Connected to(fake.url());
  answer(fake, {{frame(1, two_records)}});
  const auto cache = cac::read_builder_cache(to.engine, builder);
  REQUIRE(cache.records);
  REQUIRE(cache.records->size() == 2);
  CHECK((*cache.records)[0].size.count == 7'000'000);
  CHECK((*cache.records)[1].in_use);
  CHECK((*cache.records)[1].type == "exec.cachemount");
  answer(fake, {{frame(1, "null\n")}});
  CHECK(cac::read_builder_cache(to.engine, builder).records->empty());
  // Before BuildKit 0.11, a table.
  answer(fake, {{frame(1, "ID\tRECLAIMABLE\tSIZE\nTotal:\t0B\n")}});
  const auto table = cac::read_builder_cache(to.engine, builder);
  CHECK_FALSE(table.records);
  CHECK_FALSE(table.failure);
  answer(fake, {{frame(2, "exec: buildctl: not found"), 127}});
  const auto missing = cac::read_builder_cache(to.engine, builder);
  CHECK_FALSE(missing.records);
  REQUIRE(missing.failure);
  CHECK(missing.failure->message ==
        "buildctl du in container buildx_buildkit_multi0: exec: "
        "buildctl: not found");
}

TEST_CASE("a builder is pruned within the limits, and what it lost is counted") {
  FakeEngine fake;
  Connected to(fake.url());
  answer(fake, {{frame(1, two_records)},
                {frame(1, "")},
                {frame(1, "")},
                {frame(1, R"([{"id":"b","size":3000000}])")}});
  const auto pruned = cac::prune_builder(
      to.engine, builder,
      {{.older_than = std::chrono::hours(1)}, {.keep_storage = cac::Bytes{5'500'000}}}, true);
  CHECK(pruned.count == 1);
  CHECK(pruned.reclaimed.count == 7'000'000);
  CHECK(joined(fake.bodies()) ==
        Containing{R"(["buildctl","prune","--all","--filter","type!=exec.cachemount",)"
                   R"("--keep-duration","3600s"])"});
  CHECK(joined(fake.bodies()) == Containing{R"("--keep-storage","5.500000"])"});
}
