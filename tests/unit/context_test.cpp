#include "docker/context.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "connected.hpp"
#include "temporary_directory.hpp"
#include "texts.hpp"

using cac::Endpoint;
using cac::UsageError;
using cac::test::Containing;
using cac::test::environment_of;
using cac::test::Texts;

namespace fs = std::filesystem;

namespace {

using Variables = std::map<std::string, std::string>;

// A directory such as docker keeps in the home directory. The hashes are not checked here: the test
// on real engines has contexts that docker itself made.
class DockerConfig {
 public:
  void write(const std::string& path, const std::string& text) const {
    const fs::path file = fs::path(home_) / ".docker" / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void add_context(const std::string& name, const std::string& endpoints) const {
    write("contexts/meta/" + cac::sha256_hex(name) + "/meta.json",
          R"({"Name":")" + name + R"(","Metadata":{},"Endpoints":)" + endpoints + "}");
  }
  void add_address(const std::string& name, const std::string& host) const {
    add_context(name, R"({"docker":{"Host":")" + host + R"(","SkipTLSVerify":false}})");
  }
  Endpoint choose(const cac::EngineChoice& choice = {}, const Variables& variables = {}) const {
    return cac::choose_endpoint(choice, environment_of(variables), home_);
  }
  std::string refusal(const cac::EngineChoice& choice = {}, const Variables& variables = {}) const {
    try {
      return "accepted: " + choose(choice, variables).text();
    } catch (const UsageError& error) {
      return error.what();
    }
  }
  std::string path(const std::string& path) const { return home_ + "/.docker/" + path; }

 private:
  cac::test::TemporaryDirectory directory_;
  std::string home_ = directory_.path;
};

const cac::EngineChoice no_choice;

}  // namespace

TEST_CASE(
    "docker's order: the options, DOCKER_HOST, DOCKER_CONTEXT, the current context, default") {
  const DockerConfig config;
  config.add_address("given", "unix:///given");
  config.add_address("named", "unix:///named");
  config.add_address("current", "unix:///current");
  config.write("config.json", R"({"currentContext":"current"})");
  const Variables both{{"DOCKER_HOST", "unix:///host"}, {"DOCKER_CONTEXT", "named"}};
  const Variables named{{"DOCKER_CONTEXT", "named"}};
  CHECK(config.choose({.context = "given"}, both).text() == "unix:///given");
  CHECK(config.choose({.host = "unix:///option"}, both).text() == "unix:///option");
  CHECK(config.choose(no_choice, both).text() == "unix:///host");
  CHECK(config.choose(no_choice, named).text() == "unix:///named");
  CHECK(config.choose().text() == "unix:///current");
  CHECK(config.choose().context == "current");
  CHECK(config.choose(no_choice, {{"DOCKER_CONTEXT", "default"}}).text() ==
        "unix:///var/run/docker.sock");
  // docker's default context is what DOCKER_HOST says.
  CHECK(config.choose({.context = "default"}, both).text() == "unix:///host");
  CHECK(config.choose({.context = "default"}, both).context.empty());
  const DockerConfig empty;
  CHECK(empty.choose().text() == "unix:///var/run/docker.sock");
  CHECK(cac::choose_endpoint({}, environment_of(), "").text() == "unix:///var/run/docker.sock");
}

TEST_CASE("a context that cannot be used is a usage error of one sentence") {
  const DockerConfig config;
  config.add_address("good", "unix:///good");
  config.add_address("empty", "");
  config.add_address("pipe", "npipe:////./pipe/x");
  config.add_address("bare", "tcp://box");
  config.add_context("kubernetes", R"({"kubernetes":{"Host":"https://x:1"}})");
  config.add_context("null", "null");
  config.add_context("number", R"({"docker":{"Host":7}})");
  config.write("contexts/meta/broken/meta.json", "{");
  fs::create_directories(config.path("contexts/meta/without-a-file"));
  const auto refusal = [&](const std::string& name) { return config.refusal({.context = name}); };
  CHECK(refusal("good") == "accepted: unix:///good");
  CHECK(refusal("empty") == "accepted: unix:///var/run/docker.sock");
  CHECK(refusal("nope") ==
        Containing{"there is no context 'nope', only: bare, default, empty, good"});
  CHECK(refusal("nope") == Containing{"broken/meta.json: it is not JSON, or it is cut off"});
  CHECK(refusal("pipe") == Containing{"named pipes are Windows's"});
  CHECK(refusal("bare") == Containing{"names no port"});
  CHECK(refusal("kubernetes") == "the context 'kubernetes' has no docker endpoint");
  CHECK(refusal("null") == "the context 'null' has no docker endpoint");
  CHECK(refusal("number") == Containing{"Host is not a string"});
  // What docker would read in another case is not passed over.
  config.add_context("long-s", "{\"docker\":{\"Ho\u017ft\":\"unix:///long-s\"}}");
  config.add_context("lower-case", R"({"docker":{"host":"unix:///lower-case"}})");
  config.add_context("both", R"({"docker":{"Host":"unix:///one","HOST":"unix:///other"}})");
  config.add_context("skip", R"({"docker":{"Host":"tcp://box:1","SkipTlsVerify":true}})");
  config.write("contexts/meta/" + cac::sha256_hex("key") + "/meta.json",
               R"({"Name":"key","endpoints":{"docker":{"Host":"unix:///key"}}})");
  CHECK(refusal("lower-case") == Containing{"docker has 'host' in the place of 'Host'"});
  CHECK(refusal("long-s") == Containing{"docker has 'Ho\u017ft' in the place of 'Host'"});
  CHECK(refusal("both") == Containing{"docker has 'HOST' in the place of 'Host'"});
  CHECK(refusal("skip") == Containing{"docker has 'SkipTlsVerify' in the place of"});
  CHECK(refusal("key") == Containing{"it has 'endpoints' in the place of 'Endpoints'"});
  for (const std::string& name : Texts{"", "x", "../good", "-good", "a b", "a/b", "\x1b[31m"}) {
    CAPTURE(name);
    CHECK(refusal(name) == Containing{"cannot be a context's name"});
  }
  CHECK(cac::choose_endpoint(
            {}, environment_of({{"DOCKER_CONFIG", config.path("")}, {"DOCKER_CONTEXT", "good"}}),
            "/nowhere")
            .text() == "unix:///good");
}

TEST_CASE("a context's directory is called by the hash of its name, and a copy does not count") {
  const DockerConfig config;
  config.add_address("copied", "unix:///one");
  config.write("contexts/meta/backup/meta.json",
               R"({"Name":"copied","Endpoints":{"docker":{"Host":"unix:///other"}}})");
  CHECK(config.refusal({.context = "copied"}) == "accepted: unix:///one");
}

TEST_CASE("config.json matters only where it decides, and is then not passed over") {
  const DockerConfig config;
  for (const std::string& text : Texts{"{", "[]", R"({"currentContext":7})",
                                       R"({"CurrentContext":"x1"})", "\xff", "\xef\xbb\xbf{}"}) {
    CAPTURE(text);
    config.write("config.json", text);
    CHECK(config.refusal() == Containing{"config.json: "});
    CHECK(config.refusal({.host = "unix:///x"}) == "accepted: unix:///x");
    CHECK(config.refusal(no_choice, {{"DOCKER_HOST", "unix:///x"}}) == "accepted: unix:///x");
  }
  for (const std::string& text :
       Texts{"", "{}", R"({"currentContext":""})", R"({"auths":{"x":{}}})"}) {
    CAPTURE(text);
    config.write("config.json", text);
    CHECK(config.refusal() == "accepted: unix:///var/run/docker.sock");
  }
  config.write("config.json", R"({"currentContext":"gone"})");
  CHECK(config.refusal() == "there is no context 'gone', only: default");
  fs::remove(config.path("config.json"));
  fs::create_directory(config.path("config.json"));
  CHECK(config.refusal() == Containing{"config.json: it is not a file"});
}

TEST_CASE("TLS is what docker's variables say, for the default context's TCP address alone") {
  const DockerConfig config;
  config.write("cert.pem", "c");
  config.write("key.pem", "k");
  config.add_address("plain", "tcp://box:1");
  const Variables verify{{"DOCKER_TLS_VERIFY", "0"}};  // any value
  const Endpoint endpoint = config.choose({.host = "tcp://box"}, verify);
  CHECK(endpoint.host_port == "box:2375");
  REQUIRE(endpoint.tls);
  CHECK(endpoint.tls->ca == config.path("ca.pem"));  // docker insists on it
  CHECK(endpoint.tls->certificate == config.path("cert.pem"));
  CHECK(endpoint.tls->key == config.path("key.pem"));
  CHECK(endpoint.tls->verifies);
  CHECK(config.choose(no_choice, verify).text() == "tcp://localhost:2376");
  CHECK_FALSE(config.choose({.host = "tcp://box"}, {{"DOCKER_TLS", "1"}}).tls->verifies);
  CHECK(config.choose({.host = "tcp://box"}, {{"DOCKER_TLS", "1"}, {"DOCKER_TLS_VERIFY", "1"}})
            .tls->verifies);
  CHECK_FALSE(config.choose({.host = "unix:///x"}, verify).tls);
  CHECK_FALSE(config.choose({.host = "ssh://box"}, verify).tls);
  CHECK_FALSE(config.choose({.context = "plain"}, verify).tls);
  CHECK_FALSE(config.choose({.host = "tcp://box"}).tls);
  const auto elsewhere = config.choose(
      {.host = "tcp://box"}, {{"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", "/certs"}});
  CHECK(elsewhere.tls->ca == "/certs/ca.pem");
  CHECK(elsewhere.tls->certificate.empty());
}

TEST_CASE("a context's TLS files count, and its word not to verify") {
  const DockerConfig config;
  config.add_address("files", "tcp://box:1");
  config.write("contexts/tls/" + cac::sha256_hex("files") + "/docker/ca.pem", "ca");
  config.add_address("https", "https://box:1");
  config.add_context("skips", R"({"docker":{"Host":"tcp://box:1","SkipTLSVerify":true}})");
  config.add_context("socket", R"({"docker":{"Host":"unix:///x","SkipTLSVerify":true}})");
  const Endpoint files = config.choose({.context = "files"});
  REQUIRE(files.tls);
  CHECK(files.tls->ca ==
        config.path("contexts/tls/" + cac::sha256_hex("files") + "/docker/ca.pem"));
  CHECK(files.tls->certificate.empty());
  CHECK(files.tls->bundle.empty());
  // Where a context has no CA, the system's bundle counts, or the one that docker is given, too.
  CHECK(config.choose({.context = "https"}, {{"SSL_CERT_FILE", "/own.pem"}}).tls->bundle ==
        "/own.pem");
  CHECK(files.tls->verifies);
  CHECK(config.choose({.context = "https"}).tls);
  // docker asks for the directory alone.
  config.add_address("other-file", "tcp://box:1");
  config.write("contexts/tls/" + cac::sha256_hex("other-file") + "/docker/CA.pem", "ca");
  CHECK(config.choose({.context = "other-file"}).tls->ca.empty());
  config.add_address("other-endpoint", "tcp://box:1");
  config.write("contexts/tls/" + cac::sha256_hex("other-endpoint") + "/kubernetes/ca.pem", "ca");
  CHECK_FALSE(config.choose({.context = "other-endpoint"}).tls);
  CHECK_FALSE(config.choose({.context = "skips"}).tls->verifies);
  CHECK_FALSE(config.choose({.context = "socket"}).tls);
}
