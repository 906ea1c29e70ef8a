// Every request that the tool sends, answered in every broken way: status, header, body,
// connection. A whole run each time, so that the exit status and the verdict are what is checked.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connected.hpp"
#include "fake_engine.hpp"
#include "in_process.hpp"
#include "texts.hpp"

using cac::test::count_of;
using cac::test::FakeEngine;
using cac::test::FakeReply;
using cac::test::FakeScene;
using cac::test::image_id;
using cac::test::joined;
using Fault = cac::test::FakeReply::Fault;
using Json = nlohmann::json;

namespace {

struct Ran {
  int status;
  Json report;

  std::string verdict() const {
    return report["verdict"].is_null() ? "" : report["verdict"].get<std::string>();
  }
  const Json& action(std::string_view kind) const {
    static const Json none;
    for (const Json& action : report["actions"]) {
      if (action["action"] == kind) return action;
    }
    return none;
  }
};

Ran run(const FakeEngine& fake, const std::vector<const char*>& arguments) {
  Json report = cac::test::run_for_report(fake, arguments);
  const int status = report["exit_status"];
  if (status == 0) CHECK(report["verdict"] == "clean");
  return {status, std::move(report)};
}

// A cache source that BuildKit could use for the target `all`.
bool has_cache_source(const FakeScene& scene) {
  bool named = false;
  for (const auto& image : scene.images) {
    for (const auto& tag : image.tags) {
      named = named || (tag.starts_with("watchparty-") && tag.ends_with(":latest"));
    }
  }
  return named || !scene.records.empty();
}

void check_that_others_are_unharmed(const FakeScene& scene) {
  std::string names;
  for (const auto& image : scene.images) names += joined(image.tags);
  CHECK(count_of("other-app:latest", names) == 1);
  CHECK(count_of("watchparty-backend:rollback", names) == 1);
  CHECK(scene.containers.size() == 2);
}

constexpr const char* page = "<!DOCTYPE html><html><body>Sign in</body></html>";

struct Broken {
  std::string name;
  FakeReply reply;
};

// Answers that are not what the request asked for.
std::vector<Broken> broken_answers() {
  std::vector<Broken> rows;
  for (const int status : {201, 204, 205, 301, 401, 404, 409, 500, 503}) {
    for (const auto& [type, body] : std::vector<std::pair<std::string, std::string>>{
             {"application/json", ""},
             {"application/json", "{}"},
             {"application/json", R"({"message":"no"})"},
             {"application/json", "[]"},
             {"text/html", page},
             {"text/plain", "Not Found\n"},
             {"text/plain", R"({"message":"no"})"}}) {
      // These statuses have no body.
      if ((status == 204 || status == 304) && !body.empty()) continue;
      rows.push_back({std::to_string(status) + " " + type + " " + body,
                      {.status = status, .body = body, .headers = {{"Content-Type", type}}}});
    }
  }
  for (const std::string& body :
       {std::string(), std::string(page), std::string("OK"), std::string("{"), std::string("[["),
        std::string("7"), std::string("\"x\""), std::string("[1]"), std::string("[null]"),
        std::string("{}"), std::string(R"({"BuildCache":{}})"),
        std::string(R"({"BuildCache":[{}]})"),
        std::string(R"({"CachesDeleted":1,"SpaceReclaimed":1})"),
        std::string(R"({"SpaceReclaimed":1.5})"), std::string(R"({"SpaceReclaimed":null})"),
        std::string(R"([{"Id":1}])"), std::string("\xff\xfe"), std::string(100'000, '[')}) {
    rows.push_back({"200 " + body.substr(0, 40), {.body = body}});
  }
  rows.push_back({"cut off", {.body = "[", .fault = Fault::cut_off}});
  rows.push_back({"hang-up", {.fault = Fault::hang_up}});
  rows.push_back({"no HTTP", {.body = "SSH-2.0-x\r\n", .fault = Fault::not_http}});
  rows.push_back({"no status", {.body = "HTTP/1.1\r\n\r\n", .fault = Fault::not_http}});
  rows.push_back({"half a status line", {.body = "HTTP/1.1 20", .fault = Fault::not_http}});
  rows.push_back({"half a header", {.body = "HTTP/1.1 200 OK\r\nConte", .fault = Fault::not_http}});
  rows.push_back({"a status of its own",
                  {.body = "HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", .fault = Fault::raw}});
  rows.push_back({"chunks that break off",
                  {.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{\"I",
                   .fault = Fault::not_http}});
  rows.push_back({"chunks that are none",
                  {.body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                   .fault = Fault::not_http}});
  rows.push_back({"Podman's answer", {.body = "[]", .headers = {{"Server", "Libpod/4.3.1"}}}});
  return rows;
}

}  // namespace

TEST_CASE("a broken answer to any request never makes a wrong clean, and harms nobody") {
  const std::string requests[] = {"GET /_ping",
                                  "GET /system/df",
                                  "GET /containers/json",
                                  "GET /images/json?filters=%7B%22dangling",
                                  "GET /images/json?filters=%7B%22reference",
                                  "GET /images/watchparty-backend:latest/json",
                                  "GET /images/watchparty-backend:old/json",
                                  "POST /images/sha256:",
                                  "DELETE /images/watchparty-backend:latest",
                                  "GET /images/sha256:",
                                  "DELETE /images/sha256:",
                                  "POST /build/prune"};
  for (const std::string& request : requests) {
    for (const Broken& broken : broken_answers()) {
      CAPTURE(request);
      CAPTURE(broken.name);
      FakeEngine fake;
      FakeScene scene = cac::test::sample_scene();
      scene.images.push_back({image_id('d'), {}});
      fake.set_scene(scene);
      fake.reply(request, {broken.reply});
      const Ran ran = run(fake, {"all", "--keep-as", "old"});
      CHECK(fake.sent(request));
      const FakeScene left = fake.scene();
      check_that_others_are_unharmed(left);
      if (ran.status == 0) CHECK_FALSE(has_cache_source(left));
      if (request == "GET /_ping") {
        CHECK(ran.status == 4);
        CHECK(joined(left.images[0].tags) == "watchparty-backend:latest\n");
        CHECK(left.records.size() == 5);
      } else if (request.ends_with(" /images/sha256:") && !request.starts_with("POST")) {
        // Dangling images are no cache source.
        CHECK(ran.status == 0);
      } else {
        CHECK((ran.status == 1 || ran.status == 3 || ran.status == 4 || ran.status == 0));
      }
      // No image is removed whose backup is not there.
      for (const auto& image : left.images) {
        if (image.id != image_id('b')) continue;
        const std::string names = joined(image.tags);
        CHECK((count_of("watchparty-backend:latest", names) == 1 ||
               count_of("watchparty-backend:old", names) == 1));
      }
      CHECK(count_of("sha256:" + std::string(64, 'b'), [&] {
              std::string ids;
              for (const auto& image : left.images) ids += image.id;
              return ids;
            }()) == 1);
    }
  }
}

TEST_CASE("an answer that is broken once is not believed, and the rest of the work is done") {
  struct {
    std::string request;
    int status;
    std::string verdict;
  } const rows[] = {
      // Reading fails: nothing was changed.
      {"GET /system/df", 1, "unknown"},
      {"GET /containers/json", 1, "unknown"},
      {"GET /images/json", 1, "unknown"},
      // An image that could not be looked at or removed is left, and said.
      {"GET /images/watchparty-backend:latest/json", 1, "residue"},
      {"DELETE /images/watchparty-backend:latest", 1, "residue"},
      // The verification sends it again.
      {"POST /build/prune", 0, "clean"},
      // Dangling images are no cache source.
      {"DELETE /images/sha256:", 0, "clean"},
  };
  for (const auto& row : rows) {
    for (const FakeReply& reply : {FakeReply{.status = 500, .body = R"({"message":"no"})"},
                                   FakeReply{.body = page}, FakeReply{.status = 205}}) {
      CAPTURE(row.request);
      CAPTURE(reply.status);
      FakeEngine fake;
      fake.set_scene(cac::test::sample_scene());
      fake.reply(row.request, {reply, std::nullopt});
      const Ran ran = run(fake, {"all"});
      CHECK(ran.status == row.status);
      CHECK(ran.verdict() == row.verdict);
    }
  }
}

TEST_CASE("each write whose answer is cut off at any byte is reported as what it did") {
  struct {
    std::string request;
    bool done;  // by the engine, although its answer is lost
  } const rows[] = {{"DELETE /images/watchparty-backend:latest", true},
                    {"DELETE /images/watchparty-backend:latest", false},
                    {"DELETE /images/sha256:", true},
                    {"DELETE /images/sha256:", false},
                    {"POST /build/prune", true},
                    {"POST /build/prune", false},
                    {"POST /images/sha256:", true},
                    {"POST /images/sha256:", false}};
  for (const auto& row : rows) {
    const bool tags = row.request.starts_with("POST /images/sha256:");
    for (std::size_t cut = 0, size = 1; cut < size; ++cut) {
      CAPTURE(row.request);
      CAPTURE(row.done);
      CAPTURE(cut);
      FakeEngine fake;
      fake.set_scene(cac::test::sample_scene());
      const FakeReply reply = row.done ? FakeReply{.by_scene = true, .cut_at = cut}
                                       : FakeReply{.status = tags ? 201 : 200,
                                                   .body = tags ? "" : R"({"SpaceReclaimed":0})",
                                                   .cut_at = cut};
      fake.reply(row.request, {reply, std::nullopt});
      std::vector<const char*> arguments{"all"};
      if (tags) arguments.insert(arguments.end(), {"--keep-as", "old"});
      const Ran ran = run(fake, arguments);
      size = fake.whole_size();
      const FakeScene left = fake.scene();
      check_that_others_are_unharmed(left);
      // The name of an image that got no backup stays.
      const bool kept_name = tags && !row.done;
      CHECK(ran.status == (kept_name ? 1 : 0));
      CHECK(ran.verdict() == (kept_name ? "residue" : "clean"));
      CHECK(has_cache_source(left) == kept_name);
      if (row.request.starts_with("DELETE /images/watchparty")) {
        CHECK(ran.action("remove-image")["status"] == "done");
        CHECK(count_of("DELETE /v1.51/images/watchparty-backend:latest", joined(fake.requests())) ==
              (row.done ? 1 : 2));
      }
      // A running container holds it.
      if (row.request == "DELETE /images/sha256:") CHECK(fake.sent(row.request) == 2);
      if (row.request == "POST /build/prune") {
        CHECK(ran.action("prune-build-cache")["status"] == "failed");
        CHECK(ran.report["warnings"].size() > 0);
      }
      if (tags) {
        CHECK(ran.action("remove-image")["status"] == (row.done ? "done" : "failed"));
      }
    }
  }
}

TEST_CASE("an empty answer about the build cache is asked for once more where it can be stale") {
  const FakeReply stale{.body = R"({"BuildCache":[]})"};
  FakeEngine fake;
  fake.set_scene({.records = {{.id = "held", .description = "RUN make", .in_use = true}}});
  SUBCASE("after a clearing") {
    fake.reply("GET /system/df", {stale, std::nullopt});
    const Ran ran = run(fake, {"backend"});
    CHECK(ran.status == 3);
    CHECK(ran.verdict() == "residue");
  }
  SUBCASE("when only verifying") {
    fake.reply("GET /system/df", {stale, std::nullopt});
    CHECK(run(fake, {"backend", "--verify-only"}).status == 3);
  }
  SUBCASE("and so is one with records, when only verifying") {
    fake.reply("GET /system/df", {std::nullopt, stale});
    CHECK(run(fake, {"backend", "--verify-only"}).status == 0);
  }
  SUBCASE("not of 20.10, which refuses a concurrent request instead of sharing its answer") {
    fake.set_api(41);
    fake.set_scene({});
    CHECK(run(fake, {"backend", "--verify-only"}).status == 0);
    CHECK(count_of("/system/df", joined(fake.requests())) == 1);
  }
}

TEST_CASE("what an answer leaves out or contradicts is unknown, exit 3") {
  struct {
    std::string request;
    std::string body;
  } const rows[] = {
      {"GET /images/json", R"([{"Id":"sha256:a"}])"},
      {"GET /images/json", R"([{"Id":"sha256:a","RepoTags":[]}])"},
      {"GET /system/df", R"({"BuildCacheUsage":{"TotalCount":3},"BuildCache":[]})"},
      {"GET /system/df", R"({"BuildCacheUsage":{"TotalSize":3,"Items":[]}})"},
      {"GET /system/df", R"({})"},
  };
  for (const auto& row : rows) {
    for (const bool verify_only : {false, true}) {
      CAPTURE(row.body);
      CAPTURE(verify_only);
      FakeEngine fake;
      fake.reply(row.request, {{{.body = row.body}}});
      std::vector<const char*> arguments{"backend"};
      if (verify_only) arguments.push_back("--verify-only");
      const Ran ran = run(fake, arguments);
      CHECK(ran.status == 3);
      CHECK(ran.verdict() == "unknown");
    }
  }
}

TEST_CASE("a backup that is deleted along with its image is an error, though all is clean") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  // Somebody takes the backup away just before the removal.
  fake.before("DELETE /images/watchparty-frontend:latest", [](FakeScene& scene) {
    for (auto& image : scene.images) std::erase(image.tags, "watchparty-frontend:old");
  });
  const Ran ran = run(fake, {"frontend", "--keep-as", "old"});
  CHECK(ran.status == 1);
  CHECK(ran.report["error"]["kind"] == "backup-lost");
}

TEST_CASE("with a backup wanted, an image that seems absent or moved is not removed") {
  for (const FakeReply& first : {FakeReply{.status = 404, .body = R"({"message":"no such image"})"},
                                 FakeReply{.body = R"({"Id":"sha256:other","RepoTags":[]})"}}) {
    FakeEngine fake;
    fake.set_scene(cac::test::sample_scene());
    fake.reply("GET /images/watchparty-backend:latest/json", {first, std::nullopt});
    const Ran ran = run(fake, {"backend", "--keep-as", "old"});
    CHECK(ran.status == 3);
    CHECK_FALSE(fake.sent("DELETE"));
  }
}

TEST_CASE("two names on one image: it is removed with the second, and nothing is said to stay") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('a'), {"watchparty-a:latest", "watchparty-b:latest"}}}});
  const Ran ran = run(fake, {"all"});
  CHECK(ran.status == 0);
  CHECK(ran.report["actions"][0]["effect"] == "");
}

TEST_CASE("two names on one image, and one cannot be removed: that is what it stays as") {
  FakeEngine fake;
  fake.set_scene({.images = {{image_id('a'), {"watchparty-a:latest", "watchparty-b:latest"}}}});
  fake.reply("DELETE /images/watchparty-b", {{{.status = 500, .body = R"({"message":"no"})"}}});
  const Ran ran = run(fake, {"all"});
  CHECK(ran.status == 1);
  CHECK(ran.report["actions"][0]["effect"] == "the image stays as watchparty-b:latest");
}

TEST_CASE("a name that moves between look-up and removal is reported with the image that went") {
  FakeEngine fake;
  fake.set_scene(cac::test::sample_scene());
  fake.before("DELETE /images/watchparty-frontend:latest", [](FakeScene& scene) {
    for (auto& image : scene.images) std::erase(image.tags, "watchparty-frontend:latest");
    scene.images.push_back({image_id('9'), {"watchparty-frontend:latest"}});
  });
  const Ran ran = run(fake, {"frontend"});
  CHECK(ran.status == 3);
  REQUIRE(ran.report["residue"].size() == 1);
  CHECK(ran.report["residue"][0]["id"] == image_id('9'));
  CHECK(ran.report["residue"][0]["reason"] == "newer-deleted");
}
