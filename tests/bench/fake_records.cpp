// fake_records COUNT COMMAND...: runs COMMAND with DOCKER_HOST set to a fake engine that has the
// sample application and COUNT build cache records. Exits as COMMAND does.

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "fake_engine/fake_engine.hpp"

namespace {

std::string id_of(int i) { return fmt::format("{:025}", i); }

// As long as what engines say of the steps of a real Dockerfile; the scene's own answer is shorter.
std::string disk_usage(int count) {
  std::string records;
  for (int i = 0; i < count; ++i) {
    records += fmt::format(
        R"({}{{"ID":"{}","Parents":["{}"],"Type":"regular","Description":"[build {}/{}] RUN )"
        R"(--mount=type=cache,target=/root/.npm,sharing=locked npm ci --no-audit --no-fund )"
        R"(\u0026\u0026 npm run build -- --mode production \u0026\u0026 npm prune --omit=dev",)"
        R"("InUse":false,"Shared":false,"Size":1234567,"CreatedAt":"2024-01-01T00:00:00.123456789Z",)"
        R"("LastUsedAt":"2024-01-01T00:00:00.123456789Z","UsageCount":1}})",
        i == 0 ? "" : ",", id_of(i), id_of(i + 1), i, count);
  }
  return fmt::format(R"({{"BuildCache":[{}]}})", records);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int count = std::stoi(argv[1]);
  cac::test::FakeScene scene = cac::test::sample_scene();
  scene.records.clear();
  for (int i = 0; i < count; ++i) scene.records.push_back({.id = id_of(i)});
  cac::test::FakeEngine engine;
  engine.set_scene(std::move(scene));
  // Once: then the scene answers, with what the prune has left.
  cac::test::FakeReply first;
  first.body = disk_usage(count);
  engine.reply("GET /system/df", {first, std::nullopt});

  setenv("DOCKER_HOST", engine.url().c_str(), 1);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ) != 0) {
    std::perror(argv[2]);
    return 127;
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
