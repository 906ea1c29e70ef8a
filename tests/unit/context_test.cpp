#include "docker/context.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "base/error.hpp"
#include "connected.hpp"
#include "docker_standin.hpp"
#include "temporary_directory.hpp"
#include "texts.hpp"

using cac::Endpoint;
using cac::Interruption;
using cac::UsageError;
using cac::test::Containing;
using cac::test::DockerStandIn;
using cac::test::environment_of;
using cac::test::Texts;

namespace fs = std::filesystem;

namespace {

using Variables = std::map<std::string, std::string>;

// A home directory with docker's files, and a docker that knows contexts.
struct Home {
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((path / ".docker" / file).parent_path());
    std::ofstream(path / ".docker" / file) << text;
  }
  Endpoint choose(const cac::EngineChoice& choice = {}, const Variables& variables = {}) const {
    Interruption interruption(-1, Interruption::Clock::now() + time);
    return cac::choose_endpoint(choice, environment_of(variables), path, interruption);
  }
  std::string refusal(const cac::EngineChoice& choice = {}, const Variables& variables = {}) const {
    try {
      return "accepted: " + choose(choice, variables).text();
    } catch (const UsageError& error) {
      return error.what();
    }
  }

  DockerStandIn docker;
  cac::test::TemporaryDirectory directory;
  fs::path path = directory.path;
  std::chrono::milliseconds time = std::chrono::minutes(1);
};

const cac::EngineChoice no_choice;

}  // namespace

TEST_CASE(
    "docker's order: the options, DOCKER_HOST, DOCKER_CONTEXT, the current context, default") {
  const Home home;
  home.docker.add_address("given", "unix:///given");
  home.docker.add_address("named", "unix:///named");
  home.docker.add_address("current", "unix:///current");
  home.write("config.json", R"({"currentContext":"current"})");
  const Variables both{{"DOCKER_HOST", "unix:///host"}, {"DOCKER_CONTEXT", "named"}};
  const Variables named{{"DOCKER_CONTEXT", "named"}};
  CHECK(home.choose({.context = "given"}, both).text() == "unix:///given");
  CHECK(home.choose({.host = "unix:///option"}, both).text() == "unix:///option");
  CHECK(home.choose(no_choice, both).text() == "unix:///host");
  CHECK(home.choose(no_choice, named).text() == "unix:///named");
  CHECK(home.choose().text() == "unix:///current");
  CHECK(home.choose().context == "current");
  CHECK(home.choose({.context = ""}).context == "current");
  CHECK(home.choose(no_choice, {{"DOCKER_CONTEXT", "default"}}).text() ==
        "unix:///var/run/docker.sock");
  // docker's default context is what DOCKER_HOST says.
  CHECK(home.choose({.context = "default"}, both).text() == "unix:///host");
  CHECK(home.choose({.context = "default"}, both).context.empty());
}

TEST_CASE("docker is asked about a named context alone") {
  const Home home;
  home.docker.add_address("named", "unix:///named");
  CHECK(home.choose().text() == "unix:///var/run/docker.sock");
  home.write("config.json", R"({"currentContext":"default"})");
  CHECK(home.choose().text() == "unix:///var/run/docker.sock");
  CHECK(home.choose({.host = "unix:///x"}, {{"DOCKER_CONTEXT", "named"}}).text() == "unix:///x");
  CHECK(home.docker.calls().empty());
  CHECK(home.choose(no_choice, {{"DOCKER_CONTEXT", "named"}}).context == "named");
  CHECK(home.docker.calls() == "--context named context inspect\n");
}

TEST_CASE("a context that docker refuses, or does not make clear, is a usage error") {
  Home home;
  home.docker.add_address("good", "unix:///good");
  home.docker.add_context("empty", R"({"docker":{"SkipTLSVerify":false}})");
  home.docker.add_address("pipe", "npipe:////./pipe/x");
  home.docker.add_address("bare", "tcp://box");
  home.docker.add_context("kubernetes", R"({"kubernetes":{"Host":"https://x:1"}})");
  home.docker.add_context("number", R"({"docker":{"Host":7}})");
  const auto answer = [&](const std::string& name, const std::string& text) {
    home.docker.answer("--context " + name + " context inspect", text);
  };
  answer("cut-off", R"([{"Name":"cut-off","Endpoints":)");
  answer("words", "Nothing to see here.\n");
  answer("nothing", "");
  answer("none", "[]");
  answer("other", R"([{"Name":"good","Endpoints":{"docker":{"Host":"unix:///good"}}}])");
  answer("long", std::string(2'000'000, ' '));
  const auto refusal = [&](const std::string& name) { return home.refusal({.context = name}); };
  CHECK(refusal("good") == "accepted: unix:///good");
  CHECK(refusal("empty") == "accepted: unix:///var/run/docker.sock");
  CHECK(refusal("nope") == "docker: nobody has told it about --context nope context inspect");
  CHECK(refusal("../good") == Containing{"nobody has told it about --context ../good"});
  CHECK(refusal("pipe") == Containing{"named pipes are Windows's"});
  CHECK(refusal("bare") == Containing{"names no port"});
  CHECK(refusal("kubernetes") == "the context 'kubernetes' has no docker endpoint");
  CHECK(refusal("number") == "docker's answer about the context 'number': Host is not a string");
  CHECK(refusal("cut-off") == Containing{"it is not JSON, or it is cut off"});
  CHECK(refusal("words") == Containing{"it is not JSON, or it is cut off"});
  CHECK(refusal("nothing") == Containing{"it is not JSON, or it is cut off"});
  CHECK(refusal("none") == Containing{"it is about another one"});
  CHECK(refusal("other") == Containing{"it is about another one"});
  CHECK(refusal("long") == "docker's answer is longer than 1 MB");
  home.docker.run("exit 7");
  CHECK(refusal("good") == "docker: it ended with status 7");
  home.docker.run("while :; do echo; done");
  CHECK(refusal("good") == "docker's answer is longer than 1 MB");
  home.docker.run("sleep 600");
  home.time = std::chrono::milliseconds(100);
  CHECK_THROWS_AS(home.choose({.context = "good"}), cac::TimedOut);
}

TEST_CASE("without docker's command line a context is refused, and an address is not") {
  const Home home;
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const std::string refusal = home.refusal({.context = "good"});
  const std::string accepted = home.refusal({.host = "unix:///x"});
  setenv("PATH", path.c_str(), 1);
  CHECK(refusal == "docker cannot be run: No such file or directory");
  CHECK(accepted == "accepted: unix:///x");
}

TEST_CASE("config.json matters only where it decides, and is then not passed over") {
  const Home home;
  home.docker.add_address("x1", "unix:///x1");
  for (const std::string& text :
       Texts{"{", "[]", R"({"currentContext":7})", "\xff", "\xef\xbb\xbf{}"}) {
    CAPTURE(text);
    home.write("config.json", text);
    CHECK(home.refusal() == Containing{"config.json: "});
    CHECK(home.refusal({.host = "unix:///x"}) == "accepted: unix:///x");
    CHECK(home.refusal({.context = "x1"}) == "accepted: unix:///x1");
    CHECK(home.refusal(no_choice, {{"DOCKER_HOST", "unix:///x"}}) == "accepted: unix:///x");
  }
  for (const std::string& text :
       Texts{"", "{}", R"({"currentContext":""})", R"({"auths":{"x":{}}})"}) {
    CAPTURE(text);
    home.write("config.json", text);
    CHECK(home.refusal() == "accepted: unix:///var/run/docker.sock");
  }
  fs::remove(home.path / ".docker/config.json");
  fs::create_directory(home.path / ".docker/config.json");
  CHECK(home.refusal() == Containing{"config.json: it is not a file"});
}

TEST_CASE("TLS is what docker's variables say, for the default context's TCP address alone") {
  const Home home;
  home.write("cert.pem", "c");
  home.write("key.pem", "k");
  home.docker.add_address("plain", "tcp://box:1");
  const Variables verify{{"DOCKER_TLS_VERIFY", "0"}};  // any value
  const Endpoint endpoint = home.choose({.host = "tcp://box"}, verify);
  CHECK(endpoint.host_port == "box:2375");
  REQUIRE(endpoint.tls);
  CHECK(endpoint.tls->ca == home.path / ".docker/ca.pem");  // docker insists on it
  CHECK(endpoint.tls->certificate == home.path / ".docker/cert.pem");
  CHECK(endpoint.tls->key == home.path / ".docker/key.pem");
  CHECK(endpoint.tls->verifies);
  CHECK(home.choose(no_choice, verify).text() == "tcp://localhost:2376");
  CHECK_FALSE(home.choose({.host = "tcp://box"}, {{"DOCKER_TLS", "1"}}).tls->verifies);
  CHECK(home.choose({.host = "tcp://box"}, {{"DOCKER_TLS", "1"}, {"DOCKER_TLS_VERIFY", "1"}})
            .tls->verifies);
  CHECK_FALSE(home.choose({.host = "unix:///x"}, verify).tls);
  CHECK_FALSE(home.choose({.host = "ssh://box"}, verify).tls);
  CHECK_FALSE(home.choose({.context = "plain"}, verify).tls);
  CHECK_FALSE(home.choose({.host = "tcp://box"}).tls);
  const auto elsewhere = home.choose({.host = "tcp://box"},
                                     {{"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", "/certs"}});
  CHECK(elsewhere.tls->ca == "/certs/ca.pem");
  CHECK(elsewhere.tls->certificate.empty());
}

TEST_CASE("a context's TLS files count, and its word not to verify") {
  const Home home;
  const std::string storage = R"(,"Storage":{"TLSPath":")" + (home.path / "tls").string() + R"("})";
  const std::string box = R"({"docker":{"Host":"tcp://box:1"}})";
  home.docker.add_context("files", box, R"(,"TLSMaterial":{"docker":["ca.pem"]})" + storage);
  home.docker.add_context("plain", box, R"(,"TLSMaterial":{})" + storage);
  // docker speaks TLS for an empty directory as well.
  home.docker.add_context("empty", box, R"(,"TLSMaterial":{"docker":null})" + storage);
  home.docker.add_address("https", "https://box:1");
  home.docker.add_context("skips", R"({"docker":{"Host":"tcp://box:1","SkipTLSVerify":true}})");
  home.docker.add_context("socket", R"({"docker":{"Host":"unix:///x","SkipTLSVerify":true}})");
  fs::create_directories(home.path / "tls/docker");
  std::ofstream(home.path / "tls/docker/ca.pem") << "ca";
  const Endpoint files = home.choose({.context = "files"});
  REQUIRE(files.tls);
  CHECK(files.tls->ca == home.path / "tls/docker/ca.pem");
  CHECK(files.tls->certificate.empty());
  CHECK(files.tls->bundle.empty());
  CHECK(files.tls->verifies);
  // Where a context has no CA, the system's bundle counts, or the one that docker is given, too.
  CHECK(home.choose({.context = "https"}, {{"SSL_CERT_FILE", "/own.pem"}}).tls->bundle ==
        "/own.pem");
  CHECK_FALSE(home.choose({.context = "plain"}).tls);
  CHECK(home.choose({.context = "empty"}).tls);
  CHECK_FALSE(home.choose({.context = "skips"}).tls->verifies);
  CHECK_FALSE(home.choose({.context = "socket"}).tls);
}
