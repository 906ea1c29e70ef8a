#include "docker/buildx.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/sha256.hpp"
#include "connected.hpp"
#include "texts.hpp"

using cac::test::Containing;
using cac::test::environment_of;
using cac::test::Texts;
namespace fs = std::filesystem;

namespace {

constexpr const char* address = "unix:///var/run/docker.sock";

// A home directory with buildx's files.
class Home {
 public:
  Home() : path(fs::temp_directory_path() / ("buildx." + std::to_string(getpid()))) {
    fs::remove_all(path);
  }
  ~Home() { fs::remove_all(path); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  std::optional<cac::BuildxBuilder> find(
      const std::map<std::string, std::string>& variables = {}) const {
    return cac::find_current_builder(environment_of(variables), path, cac::parse_endpoint(address));
  }

  fs::path path;
};

cac::Endpoint make_far() {
  cac::Endpoint endpoint = cac::parse_endpoint("tcp://far.example:2375");
  endpoint.context = "far";
  return endpoint;
}
const cac::Endpoint far = make_far();

constexpr const char* current_file = ".docker/buildx/current";

// As buildx 0.29 writes it.
constexpr const char* instance =
    R"({"Name":"held","Driver":"docker-container","Nodes":[{"Name":"held0","Endpoint":"default",)"
    R"("Platforms":null,"DriverOpts":null,"Flags":null,"Files":null},{"Name":"held1"}],)"
    R"("Dynamic":false})";

}  // namespace

TEST_CASE("without files of buildx's, or with the default, builds go to the engine's own builder") {
  const Home home;
  CHECK_FALSE(home.find());
  CHECK_FALSE(home.find({{"BUILDX_BUILDER", "default"}}));
  home.write(current_file, R"({"Key":"unix:///var/run/docker.sock","Name":"","Global":false})");
  CHECK_FALSE(home.find());
  home.write(current_file, R"({"Key":"unix:///other.sock","Name":"held","Global":false})");
  CHECK_FALSE(home.find());
}

TEST_CASE("docker calls an engine by its address with the slash at its end") {
  const Home home;
  home.write(".docker/buildx/instances/held", instance);
  const auto find = [&](const std::string& written) {
    const auto found =
        cac::find_current_builder(environment_of(), home.path, cac::parse_endpoint(written));
    return found ? found->name : "none";
  };
  for (const std::string one : {"tcp://h:2375", "ssh://deploy@h"}) {
    home.write(current_file, R"({"Key":")" + one + R"(","Name":"held"})");
    CHECK(find(one) == "held");
    CHECK(find(one + "/") == "none");
    home.write(current_file, R"({"Key":")" + one + R"(/","Name":"held"})");
    CHECK(find(one) == "none");
    CHECK(find(one + "/") == "held");
  }
}

TEST_CASE("the current builder is that of the engine's address, or the global one") {
  const Home home;
  home.write(".docker/buildx/instances/held", instance);
  for (const char* const text :
       {R"({"Key":"unix:///var/run/docker.sock","Name":"held","Global":false})",
        R"({"Key":"unix:///other.sock","Name":"held","Global":true})"}) {
    home.write(current_file, text);
    const auto builder = home.find();
    REQUIRE(builder);
    CHECK(builder->name == "held");
    CHECK(builder->is_known);
    CHECK(builder->containers == Texts{"buildx_buildkit_held0", "buildx_buildkit_held1"});
  }
}

TEST_CASE("a node that is on another engine is not in a container of this one") {
  const Home home;
  home.write(".docker/contexts/meta/" + cac::sha256_hex("far") + "/meta.json",
             R"({"Name":"far","Endpoints":{"docker":{"Host":"tcp://far.example:2375"}}})");
  const auto find = [&](const std::string& endpoint, const cac::Endpoint& engine) {
    home.write(".docker/buildx/instances/held",
               R"({"Driver":"docker-container","Nodes":[{"Name":"held0","Endpoint":")" + endpoint +
                   R"("}]})");
    const auto builder =
        cac::find_current_builder(environment_of({{"BUILDX_BUILDER", "held"}}), home.path, engine);
    REQUIRE(builder);
    CHECK(builder->containers.empty() == builder->has_other_nodes);
    return builder->has_other_nodes ? "elsewhere" : "here";
  };
  const cac::Endpoint near = cac::parse_endpoint(address);
  for (const char* const here : {"default", address, ""}) {
    CHECK(find(here, near) == std::string("here"));
  }
  for (const char* const there : {"far", "tcp://far.example:2375", "no-context", "unix://"}) {
    CHECK(find(there, near) == std::string("elsewhere"));
  }
  for (const char* const here : {"far", "tcp://far.example:2375"}) {
    CHECK(find(here, far) == std::string("here"));
  }
  CHECK(find("default", far) == std::string("elsewhere"));
}

TEST_CASE("BUILDX_BUILDER comes first; DOCKER_CONFIG and BUILDX_CONFIG say where the files are") {
  const Home home;
  home.write(current_file, R"({"Key":"unix:///var/run/docker.sock","Name":"other"})");
  home.write("docker/buildx/instances/held", instance);
  home.write("buildx/instances/remote", R"({"Name":"remote","Driver":"remote","Nodes":[]})");
  const auto unknown = home.find({{"BUILDX_BUILDER", "held"}});
  REQUIRE(unknown);
  CHECK_FALSE(unknown->is_known);
  CHECK(unknown->containers.empty());
  const auto held =
      home.find({{"BUILDX_BUILDER", "held"}, {"DOCKER_CONFIG", home.path / "docker"}});
  REQUIRE(held);
  CHECK(held->containers.size() == 2);
  const auto remote =
      home.find({{"BUILDX_BUILDER", "remote"}, {"BUILDX_CONFIG", home.path / "buildx"}});
  REQUIRE(remote);
  CHECK(remote->is_known);
  CHECK(remote->containers.empty());
}

TEST_CASE("with a context its name is what buildx calls the engine, and the engine's own builder") {
  const Home home;
  const auto find = [&](const std::map<std::string, std::string>& variables = {}) {
    return cac::find_current_builder(environment_of(variables), home.path, far);
  };
  home.write(current_file, R"({"Key":"far","Name":"held","Global":false})");
  home.write(".docker/buildx/instances/held", instance);
  CHECK(find()->name == "held");
  CHECK_FALSE(home.find());
  const auto write_context = [&](const std::string& name, const std::string& host) {
    home.write(".docker/contexts/meta/" + cac::sha256_hex(name) + "/meta.json",
               R"({"Name":")" + name + R"(","Endpoints":{"docker":{"Host":")" + host + R"("}}})");
  };
  write_context("far", "tcp://far.example:2375");
  CHECK_FALSE(find({{"BUILDX_BUILDER", "far"}}));
  // Another context: its engine's own builder, which may be this engine's.
  CHECK(find({{"BUILDX_BUILDER", "near"}})->name == "near");
  write_context("near", "unix:///near.sock");
  CHECK(find({{"BUILDX_BUILDER", "near"}})->name == "near");
  CHECK(home.find({{"BUILDX_BUILDER", "near"}})->is_named);
  write_context("near", "tcp://far.example:2375");
  CHECK_FALSE(find({{"BUILDX_BUILDER", "near"}}));
  // Compose takes it for the engine's own, or refuses to build (measured with 2.40).
  CHECK_FALSE(find({{"BUILDX_BUILDER", "default"}}));
  home.write(".docker/buildx/instances/far", instance);
  CHECK(find({{"BUILDX_BUILDER", "far"}})->is_known);
}

TEST_CASE("the engine's default builder counts where the last choice was made for another") {
  const Home home;
  // As buildx 0.29 names it for the address.
  const std::string default_file = ".docker/buildx/defaults/13c4025c96f36e94b348";
  home.write(".docker/buildx/instances/held", instance);
  home.write(default_file, "held");
  CHECK(home.find()->name == "held");
  home.write(current_file, R"({"Key":"far","Name":"other","Global":false})");
  CHECK(home.find()->name == "held");
  // A choice for all engines, too, if there is no such builder any more.
  home.write(current_file, R"({"Key":"far","Name":"gone","Global":true})");
  CHECK(home.find()->name == "held");
  // But not if the choice was made for this engine.
  home.write(current_file, R"({"Key":"unix:///var/run/docker.sock","Name":"gone"})");
  CHECK_FALSE(home.find());
  home.write(current_file, R"({"Key":"far","Name":"","Global":false})");
  home.write(default_file, "gone");
  CHECK_FALSE(home.find());
  fs::remove(home.path / default_file);
  fs::create_directories(home.path / default_file);
  CHECK(home.find()->problem == Containing{"defaults/13c4025c96f36e94b348: it is not a file"});
}

TEST_CASE("a builder may be called as the context is, and then it is used") {
  const Home home;
  home.write(".docker/buildx/instances/far", instance);
  CHECK(cac::find_current_builder(environment_of(), home.path, far)->name == "far");
  CHECK_FALSE(home.find());
}

TEST_CASE("names are in lower case on disk, and a socket may have several") {
  const Home home;
  home.write(".docker/buildx/instances/held", instance);
  CHECK(home.find({{"BUILDX_BUILDER", "Held"}})->is_known);
  home.write("x.sock", "");
  fs::create_directory_symlink(home.path, home.path / "way");
  home.write(current_file,
             R"({"Key":"unix://)" + (home.path / "way/x.sock").string() + R"(","Name":"held"})");
  const auto endpoint = cac::parse_endpoint("unix://" + (home.path / "x.sock").string());
  CHECK(cac::find_current_builder(environment_of(), home.path, endpoint)->name == "held");
}

TEST_CASE("a file that cannot be understood is said") {
  const Home home;
  for (const char* const text : {"", "{", "[]", R"({"Name":7})"}) {
    home.write(current_file, text);
    const auto builder = home.find();
    REQUIRE(builder);
    CHECK(builder->name.empty());
    CHECK(builder->problem == Containing{"buildx/current"});
  }
  home.write(".docker/buildx/instances/held", R"({"Nodes":7})");
  CHECK(home.find({{"BUILDX_BUILDER", "held"}})->problem == Containing{"Nodes is not an array"});
}
