// The words behind "--": which command they are, and how it is asked.
#include "clear/build_command.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "texts.hpp"

using cac::BuildCommand;
using cac::BuildTool;
using cac::test::Containing;
using cac::test::Texts;

namespace {

Texts split(const std::string& line) {
  std::istringstream words(line);
  Texts split;
  for (std::string word; words >> word;) split.push_back(word);
  return split;
}

std::string join(const Texts& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

BuildCommand parse(const std::string& line) { return cac::parse_build_command(split(line)); }

std::string refused(const std::string& line) {
  return cac::test::refusal([&] { parse(line); });
}

std::string joined_question(const std::string& line) { return join(parse(line).ask); }

}  // namespace

TEST_CASE("docker compose build is asked with the same options and services, and --print") {
  const std::string line =
      "docker -D compose --env-file .env.prod -f deployment/compose.yaml build --build-arg A=1 web";
  const BuildCommand command = parse(line);
  CHECK(command.tool == BuildTool::compose);
  CHECK(join(command.words) == line);
  CHECK(join(command.ask) ==
        "docker -D compose --env-file .env.prod -f deployment/compose.yaml build --print "
        "--build-arg A=1 web");
  CHECK(join(command.ask_older) ==
        "docker -D compose --env-file .env.prod -f deployment/compose.yaml --profile * config "
        "--format json --no-consistency");
  CHECK(command.targets == Texts{"web"});
  CHECK(command.files == Texts{"deployment/compose.yaml"});
  CHECK_FALSE(command.builds_all);
  CHECK_FALSE(command.builds_dependencies);
}

TEST_CASE("without a service, everything is built that the command's own profiles select") {
  const BuildCommand command = parse("/usr/bin/docker-compose -pshop --profile=debug build");
  CHECK(command.builds_all);
  CHECK(join(command.ask) == "/usr/bin/docker-compose -pshop --profile=debug build --print");
  CHECK(join(command.ask_older) ==
        "/usr/bin/docker-compose -pshop --profile=debug config --format json --no-consistency");
}

TEST_CASE("up --build is asked by build, along with what the services depend on") {
  CHECK(joined_question("docker compose up -d --build") ==
        "docker compose build --print --with-dependencies");
  const std::string line =
      "docker compose -f a.yaml up --scale web=2 -t 5 --build --wait web api --wait-timeout 9";
  CHECK(parse(line).targets == Texts{"web", "api"});
  CHECK(parse(line).builds_dependencies);
  CHECK(joined_question(line) ==
        "docker compose -f a.yaml build --print --with-dependencies web api");
  CHECK(joined_question("docker compose up --build --no-deps web") ==
        "docker compose build --print web");
  CHECK(refused("docker compose up -d") == Containing{"without --build, it builds only images"});
  CHECK(refused("docker compose up --build=false") == Containing{"without --build"});
  CHECK(refused("docker compose up --build --no-build") == Containing{"without --build"});
  CHECK(join(parse("docker compose up --build web").check) ==
        "docker compose up --build web --help");
}

TEST_CASE("bake is asked with --print, too") {
  for (const std::string& bake : Texts{"docker buildx bake", "docker bake"}) {
    CAPTURE(bake);
    const BuildCommand command = parse(bake + " -f docker-bake.hcl --set *.network=none web");
    CHECK(command.tool == BuildTool::bake);
    CHECK(join(command.ask) == bake + " --print -f docker-bake.hcl --set *.network=none web");
    CHECK(command.ask_older.empty());
    CHECK(command.targets == Texts{"web"});
  }
  CHECK(parse("docker buildx --builder b bake").builder == "b");
  CHECK(parse("docker buildx --builder b bake --builder=c").builder == "c");
  CHECK(parse("docker bake").builds_all);
  CHECK(parse("docker buildx f").tool == BuildTool::bake);
  CHECK_FALSE(parse("docker bake").is_buildx);
  CHECK(parse("docker buildx bake").is_buildx);
}

TEST_CASE("a docker build says in its own words what it tags, reads and writes") {
  for (const std::string& build :
       Texts{"docker build", "docker image build", "docker builder build", "docker buildx build",
             "docker buildx b"}) {
    CAPTURE(build);
    const BuildCommand command =
        parse(build +
              " -t web:1 -tweb:2 -t=web:3 --tag=web:4 --cache-from web:1 --cache-from=web:0 "
              "--cache-to type=local,dest=c --label -t -qf Dockerfile --builder b .");
    CHECK(command.tool == BuildTool::build);
    CHECK(command.ask.empty());
    CHECK(command.builder == "b");
    REQUIRE(command.builds.size() == 1);
    const cac::Build& own = command.builds.front();
    CHECK(own.name == "web:1");
    CHECK(own.tags == Texts{"web:1", "web:2", "web:3", "web:4"});
    CHECK(own.cache_from == Texts{"web:1", "web:0"});
    CHECK(own.cache_to == Texts{"type=local,dest=c"});
    CHECK(own.context == ".");
    CHECK(own.dockerfile == "Dockerfile");
    CHECK(command.targets == Texts{"web:1"});
    CHECK_FALSE(command.builds_all);
  }
  CHECK(parse("docker build .").builds.front().name == "docker build");
  CHECK_FALSE(parse("docker build .").is_buildx);
  CHECK(parse("docker buildx build .").is_buildx);
}

TEST_CASE("a context may be a directory, a URL or standard input") {
  for (const char* const context : {".", "/", "-", "https://example.com/a.git#main",
                                    "git@example.com:a.git", "dev@example.com:group/a.git"}) {
    CAPTURE(context);
    CHECK(parse(std::string("docker build -t x ") + context).targets == Texts{"x"});
  }
  CHECK(refused("docker build -t x no/such/directory") ==
        "there is no context directory 'no/such/directory'");
  CHECK(refused("docker build -t x") == Containing{"it needs one context directory"});
  CHECK(refused("docker build a b") == Containing{"it needs one context directory"});
}

TEST_CASE("the engine that docker's own options name is known") {
  CHECK(parse("docker -H tcp://h:1 compose build").engine.host == "tcp://h:1");
  CHECK(parse("docker --host=tcp://h:1 build .").engine.host == "tcp://h:1");
  CHECK(parse("docker -c far buildx bake").engine.context == "far");
  CHECK_FALSE(parse("docker compose build").engine.host);
  CHECK(parse("docker-compose -H tcp://h:1 -f a.yaml build").engine.host == "tcp://h:1");
  CHECK(parse("docker-compose -D --log-level info --host=tcp://h:1 build").engine.host ==
        "tcp://h:1");
  CHECK(parse("docker-compose --context far build web").engine.context == "far");
  CHECK(parse("docker-compose --context far build web").targets == Texts{"web"});
  CHECK(refused("docker-compose --tlsverify build") == Containing{"is not supported"});
  for (const char* const option : {"--config /d", "--tlsverify", "--tls", "--tlscacert=/c"}) {
    CHECK(refused(std::string("docker ") + option + " compose build") ==
          Containing{"in the build command is not supported"});
  }
}

TEST_CASE("any other command is refused") {
  for (const char* const line :
       {"make", "docker", "docker compose", "docker compose ps", "docker compose -f a.yaml",
        "docker compose pull build", "docker run build", "docker buildx", "docker buildx ls",
        "docker image ls", "docker-compose", "podman build .", "docker compose -f build"}) {
    CAPTURE(line);
    CHECK(refused(line) == Containing{"is not a build command"});
  }
  CHECK(cac::test::refusal([] { cac::parse_build_command({}); }) ==
        "a build command is missing after --");
  CHECK(refused("sudo docker compose build") == Containing{"put sudo in front of clear-app-cache"});
}

TEST_CASE("a command that builds nothing is refused") {
  for (const char* const line :
       {"docker compose build --print", "docker compose --dry-run build", "docker bake --print",
        "docker buildx bake --list=targets", "docker build --check .",
        "docker build --call=outline .", "docker compose build --help"}) {
    CAPTURE(line);
    CHECK(refused(line) == Containing{"it builds nothing"});
  }
  CHECK(parse("docker build --call=build .").tool == BuildTool::build);
  CHECK(parse("docker compose --workdir /srv build").builds_all);
}

TEST_CASE("what would be read by the question, and not be there for the build, is refused") {
  CHECK(refused("docker compose -f - build") == Containing{"can be read only once"});
  CHECK(refused("docker buildx bake -f-") == Containing{"can be read only once"});
}

TEST_CASE("--file, --project and TARGET stand for docker compose build") {
  const auto command = cac::make_compose_build({"a b.yaml", "c"}, "shop", {"web", "api"});
  CHECK(command.words == Texts{"docker", "compose", "--file", "a b.yaml", "--file", "c",
                               "--project-name", "shop", "build", "web", "api"});
  CHECK(command.targets == Texts{"web", "api"});
  CHECK(cac::make_compose_build({"a"}, std::nullopt, {"all"}).builds_all);
  const auto input = cac::make_compose_build({"-"}, "shop", {"web"});
  CHECK(input.tool == BuildTool::standard_input);
  CHECK(input.words.empty());
  CHECK(input.project == "shop");
  CHECK(input.may_run_elsewhere);
  CHECK_FALSE(cac::make_compose_build({"compose.yaml"}, std::nullopt, {}).may_run_elsewhere);
  CHECK(cac::make_compose_build({"/no/such/compose.yaml"}, std::nullopt, {}).may_run_elsewhere);
}
