#include "docker/buildx.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "connected.hpp"
#include "docker_standin.hpp"
#include "texts.hpp"

using cac::BuilderQuestion;
using cac::BuildxBuilder;
using cac::Interruption;
using cac::test::Containing;
using cac::test::DockerStandIn;
using cac::test::environment_of;
using cac::test::Texts;
namespace fs = std::filesystem;

namespace {

constexpr const char* address = "unix:///var/run/docker.sock";

// As buildx 0.13 to 0.36 print a builder; nodes: "held0 far" for a node and its endpoint.
std::string print_builder(const std::string& name, const std::string& driver,
                          const Texts& nodes = {}) {
  std::string text = "Name:          " + name + "\nDriver:        " + driver +
                     "\nLast Activity: 2026-11-30 20:02:17 +0000 UTC\n";
  if (nodes.empty()) return text + "Error:         Cannot connect to the Docker daemon.\n";
  text += "\nNodes:\n";
  for (const std::string& node : nodes) {
    const auto blank = node.find(' ');
    text += "Name:                  " + node.substr(0, blank) +
            "\nEndpoint:              " + node.substr(blank + 1) +
            "\nStatus:                inactive\nBuildKit daemon flags: --allow-insecure\n"
            "GC Policy rule#0:\n All:           false\n Name:  no node\n";
  }
  return text;
}

// A home directory with buildx's files, and a docker with buildx.
struct BuildxHome {
  BuildxHome() { setenv("TMPDIR", directory.path.c_str(), 1); }
  ~BuildxHome() { unsetenv("TMPDIR"); }
  BuildxHome(const BuildxHome&) = delete;
  BuildxHome& operator=(const BuildxHome&) = delete;

  // Has buildx know a builder.
  void write(const std::string& file, const std::string& text = "") const {
    fs::create_directories((home / file).parent_path());
    std::ofstream(home / file) << text;
  }
  // "own", or which builder it is, and what is known about it.
  std::string find(const cac::Endpoint& engine, const BuilderQuestion& question = {},
                   const std::map<std::string, std::string>& variables = {},
                   const cac::EngineChoice& choice = {}) {
    Interruption interruption(-1, Interruption::Clock::now() + std::chrono::minutes(1));
    builder = cac::find_current_builder(question, choice, environment_of(variables), home, engine,
                                        interruption);
    if (!builder) return "own";
    std::string text = builder->name;
    for (const std::string& container : builder->containers) text += " " + container;
    return builder->problem.empty() ? text : text + ": " + builder->problem;
  }

  DockerStandIn docker;
  cac::test::TemporaryDirectory directory;
  fs::path home = directory.path / "home";
  std::optional<BuildxBuilder> builder;
};

constexpr const char* instance_file = ".docker/buildx/instances/held";

cac::Endpoint make_far() {
  cac::Endpoint endpoint = cac::parse_endpoint("tcp://far.example:2375");
  endpoint.context = "far";
  return endpoint;
}
const cac::Endpoint far = make_far();
const cac::Endpoint near = cac::parse_endpoint(address);

}  // namespace

TEST_CASE("buildx is not asked while it has made no builder and none is named") {
  BuildxHome home;
  CHECK(home.find(near) == "own");
  home.write(".docker/buildx/current", R"({"Key":"far","Name":"","Global":false})");
  fs::create_directories(home.home / ".docker/buildx/instances");
  CHECK(home.find(near) == "own");
  CHECK(home.find(far, {.by_address = true}) == "own");
  CHECK(home.docker.calls().empty());
}

TEST_CASE("the current builder is what buildx says, with its nodes on this engine") {
  BuildxHome home;
  home.write(instance_file);
  home.docker.answer("buildx inspect", print_builder("default", "docker", {"default default"}));
  CHECK(home.find(near) == "own");
  home.docker.answer("buildx inspect",
                     print_builder("held", "docker-container",
                                   {"held0 default", "held1 " + std::string(address)}));
  CHECK(home.find(near) == "held buildx_buildkit_held0 buildx_buildkit_held1");
  CHECK(home.builder->is_known);
  CHECK_FALSE(home.builder->has_other_nodes);
  CHECK(home.builder->named_by.empty());
}

TEST_CASE("the engine is chosen as for a build") {
  BuildxHome home;
  home.write(instance_file);
  home.find(near, {}, {}, {.host = address});
  home.find(far, {}, {}, {.context = "far"});
  home.find(far, {}, {{"DOCKER_CONTEXT", "far"}});
  home.find(far, {.by_context = false, .by_address = true}, {}, {.context = "far"});
  CHECK(home.docker.calls() == std::string("--host ") + address +
                                   " buildx inspect\n"
                                   "--context far buildx inspect\n"
                                   "buildx inspect\n"
                                   "--host tcp://far.example:2375 buildx inspect\n");
}

TEST_CASE("in a context, a builder may be chosen under its name and under its address") {
  BuildxHome home;
  home.write(instance_file);
  const std::string own = print_builder("far", "docker", {"far far"});
  const std::string held = print_builder("held", "docker-container", {"held0 far"});
  const std::string by_context = "buildx inspect";
  const std::string by_address = "--host tcp://far.example:2375 buildx inspect";
  home.docker.answer(by_context, own);
  home.docker.answer(by_address, print_builder("default", "docker", {"default default"}));
  CHECK(home.find(far, {.by_address = true}) == "own");
  home.docker.answer(by_context, held);
  CHECK(home.find(far) == "held buildx_buildkit_held0");
  CHECK(home.find(far, {.by_context = false, .by_address = true}) == "own");
  CHECK(home.find(far, {.by_address = true}) == "held buildx_buildkit_held0");
  CHECK_FALSE(home.builder->by_address);
  home.docker.answer(by_context, own);
  home.docker.answer(by_address, held);
  CHECK(home.find(far) == "own");
  CHECK(home.find(far, {.by_address = true}) == "held buildx_buildkit_held0");
  CHECK(home.builder->by_address);
  // An engine that does not answer in plain text is still this one.
  home.docker.answer(by_address, print_builder("default", ""));
  CHECK(home.find(far, {.by_address = true}) == "own");
}

TEST_CASE("docker build uses the engine's own builder, unless it is told another one") {
  BuildxHome home;
  home.write(instance_file);
  const BuilderQuestion question{.by_context = false};
  home.docker.answer("buildx inspect default",
                     print_builder("default", "docker", {"default default"}));
  home.docker.answer("buildx inspect far", print_builder("far", "docker", {"far far"}));
  home.docker.answer("buildx inspect held",
                     print_builder("held", "docker-container", {"held0 far"}));
  home.docker.answer("buildx inspect",
                     print_builder("held", "docker-container", {"held0 default"}));
  CHECK(home.find(near, question) == "own");
  CHECK(home.find(far, question) == "own");
  CHECK(home.find(far, question, {{"BUILDX_BUILDER", "held"}}) == "held buildx_buildkit_held0");
  // docker buildx install.
  home.write(".docker/config.json", R"({"aliases":{"builder":"buildx"}})");
  CHECK(home.find(near, question) == "held buildx_buildkit_held0");
  home.write(".docker/config.json", "{");
  CHECK(home.find(near, question) == "own");
}

TEST_CASE("--builder comes before BUILDX_BUILDER, which comes before docker buildx use") {
  BuildxHome home;
  home.docker.answer("buildx inspect one",
                     print_builder("one", "docker-container", {"one0 default"}));
  home.docker.answer("buildx inspect two",
                     print_builder("two", "docker-container", {"two0 default"}));
  const std::map<std::string, std::string> variables{{"BUILDX_BUILDER", "two"}};
  CHECK(home.find(near, {.name = "one"}, variables) == "one buildx_buildkit_one0");
  CHECK(home.builder->named_by == "--builder");
  CHECK(home.find(near, {.name = ""}, variables) == "two buildx_buildkit_two0");
  CHECK(home.builder->named_by == "BUILDX_BUILDER");
  // A name is the same in a context and by its address: asked once, as Compose does.
  home.find(far, {.name = "one", .by_address = true});
  CHECK(home.docker.calls() ==
        "buildx inspect one\nbuildx inspect two\n"
        "--host tcp://far.example:2375 buildx inspect one\n");
}

TEST_CASE("a builder that cannot be cleared on this engine says why") {
  BuildxHome home;
  home.docker.add_address("far", "tcp://far.example:2375");
  home.docker.add_address("here", address);
  const auto find = [&](const std::string& text, const cac::Endpoint& engine = near) {
    home.docker.answer("buildx inspect held", text);
    return home.find(engine, {.name = "held"});
  };
  CHECK(find(print_builder("held", "remote", {"held0 tcp://10.0.0.1:1234"})) ==
        "held: its driver is remote");
  CHECK(find(print_builder("held", "docker-container", {"held0 far"})) ==
        "held: its node held0 is on far");
  CHECK(home.builder->has_other_nodes);
  CHECK(find(print_builder("held", "docker-container", {"held0 here", "held1 tcp://10.0.0.1:1"})) ==
        "held buildx_buildkit_held0: its node held1 is on tcp://10.0.0.1:1");
  CHECK(find(print_builder("held", "docker-container", {"held0 gone"})) ==
        "held: its node held0 is on gone");
  CHECK(find(print_builder("held", "docker-container", {"held0 default"}), far) ==
        "held: its node held0 is on default");
  // Another context's own builder; here leads to this engine.
  CHECK(find(print_builder("far", "docker", {"far far"})) == "far: it is another engine");
  CHECK(find(print_builder("far", "")) == "far: it is another engine");
  CHECK(find(print_builder("here", "docker", {"here here"})) == "own");
  CHECK(find(print_builder("here", "")) == "own");
}

TEST_CASE("a builder that buildx does not know, or does not tell, is a value") {
  BuildxHome home;
  CHECK(home.find(near, {}, {{"BUILDX_BUILDER", "nobody"}}) ==
        "nobody: docker: nobody has told it about buildx inspect nobody");
  CHECK_FALSE(home.builder->is_known);
  CHECK(home.builder->containers.empty());
  home.write(instance_file);
  CHECK(home.find(near) == ": docker: nobody has told it about buildx inspect");
  home.docker.answer("buildx inspect", "Nothing: to see here\n Name: none\n");
  CHECK(home.find(near) == Containing{": docker buildx inspect does not name a builder"});
  home.docker.answer("buildx inspect", "Name: held\n");
  CHECK(home.find(near) == Containing{": docker buildx inspect does not name a builder"});
  home.docker.run("while :; do echo Name: held; done");
  CHECK(home.find(near) == ": docker's answer is longer than 1 MB");
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const std::string without_docker = home.find(near);
  setenv("PATH", path.c_str(), 1);
  CHECK(without_docker == ": docker cannot be run: No such file or directory");
  setenv("TMPDIR", "/nowhere", 1);
  CHECK(home.find(near) ==
        ": docker's answer is longer than 1 MB");  // the copy is beside the files
  CHECK(home.find(near, {}, {{"BUILDX_BUILDER", "nobody"}, {"BUILDX_CONFIG", "/proc/buildx"}}) ==
        Containing{"temp_directory_path"});
}

TEST_CASE("a socket by two names is one engine") {
  BuildxHome home;
  home.write("socket/x");  // for its directory
  const std::string socket_path = home.home / "socket/api.sock";
  sockaddr_un socket_address{};
  socket_address.sun_family = AF_UNIX;
  socket_path.copy(socket_address.sun_path, sizeof socket_address.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&socket_address), sizeof socket_address) == 0);
  fs::create_directory_symlink(home.home / "socket", home.home / "way");
  const std::string other_name = home.home / "way/api.sock";
  home.docker.answer("buildx inspect held",
                     print_builder("held", "docker-container", {"held0 unix://" + other_name}));
  CHECK(home.find(cac::parse_endpoint("unix://" + socket_path), {.name = "held"}) ==
        "held buildx_buildkit_held0");
  CHECK(home.find(near, {.name = "held"}) == "held: its node held0 is on unix://" + other_name);
  close(listener);
}

TEST_CASE("buildx reads and writes a copy of its files, which is gone afterwards") {
  BuildxHome home;
  home.write(instance_file, "the builder");
  home.write(".docker/buildx/defaults/0123", "held");
  home.write(".docker/buildx/current", "the choice");
  home.write("other/instances/held", "another builder");
  const std::string seen = home.directory.path / "seen";
  home.docker.run("cd \"$BUILDX_CONFIG\" && cat current defaults/* instances/* >" + seen +
                  "; pwd >>" + seen + "; echo gone >current; echo Name: held; echo Driver: remote");
  home.find(near);
  CHECK(home.directory.text_of("seen") ==
        Containing{"the choiceheldthe builder" + home.directory.path.string()});
  CHECK(home.directory.text_of("home/.docker/buildx/current") == "the choice");
  std::string copy =
      home.directory.text_of("seen").substr(std::string("the choiceheldthe builder").size());
  copy.pop_back();
  CHECK_FALSE(fs::exists(copy));
  home.docker.run("cat \"$BUILDX_CONFIG\"/instances/* >" + seen +
                  "; echo Name: held; echo Driver: remote");
  home.find(near, {}, {{"BUILDX_CONFIG", home.home / "other"}});
  CHECK(home.directory.text_of("seen") == "another builder");
}
