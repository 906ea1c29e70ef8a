// fake_records COUNT COMMAND...: runs COMMAND with DOCKER_HOST set to a fake engine that has the
// sample application and COUNT build cache records. Exits as COMMAND does.

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "fake_engine/fake_engine.hpp"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  cac::test::FakeScene scene = cac::test::sample_scene();
  scene.records.clear();
  for (int i = 0; i < std::stoi(argv[1]); ++i) {
    scene.records.push_back(
        {.id = fmt::format("{:025}", i),
         .description = fmt::format("[build {}/99] RUN --mount=type=cache,target=/root/.npm "
                                    "npm ci && npm run build",
                                    i)});
  }
  cac::test::FakeEngine engine;
  engine.set_scene(std::move(scene));

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
