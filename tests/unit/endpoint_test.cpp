#include "docker/endpoint.hpp"

#include <doctest/doctest.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "connected.hpp"
#include "texts.hpp"

using cac::Endpoint;
using cac::UsageError;
using cac::test::Containing;
using cac::test::environment_of;
using cac::test::Texts;

namespace {

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

std::string path_of_length(std::size_t length) { return "/" + std::string(length - 1, 's'); }

std::string refusal(const std::string& host) {
  try {
    cac::choose_endpoint(host, environment_of());
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("an address names a socket or a host and a port") {
  struct {
    std::string host;
    std::string socket_path;
    std::string host_port;
    std::string text;
  } const rows[] = {
      {"unix:///run/docker.sock", "/run/docker.sock", "", "unix:///run/docker.sock"},
      {"unix:///a dir/x:y?z", "/a dir/x:y?z", "", "unix:///a dir/x:y?z"},
      {"tcp://10.0.0.1:2376", "", "10.0.0.1:2376", "tcp://10.0.0.1:2376"},
      {"tcp://build_host-1.lan", "", "build_host-1.lan:2375", "tcp://build_host-1.lan:2375"},
      {"tcp://localhost:1/", "", "localhost:1", "tcp://localhost:1"},
      {"tcp://[::1]:65535", "", "[::1]:65535", "tcp://[::1]:65535"},
      {"tcp://[fe80::1]", "", "[fe80::1]:2375", "tcp://[fe80::1]:2375"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.host);
    const Endpoint endpoint = cac::choose_endpoint(row.host, environment_of());
    CHECK(endpoint.socket_path == row.socket_path);
    CHECK(endpoint.host_port == row.host_port);
    CHECK(endpoint.text() == row.text);
  }
}

TEST_CASE("an address that cannot be one is refused with what would be accepted") {
  struct {
    std::string host;
    std::string says;
  } const rows[] = {
      {"", "names no scheme"},
      {"/run/docker.sock", "names no scheme"},
      {"localhost:2375", "names no scheme"},
      {"http://localhost:2375", "the scheme 'http' is not supported"},
      {"ssh://deploy@host", "the scheme 'ssh' is not supported"},
      {"npipe:////./pipe/docker_engine", "the scheme 'npipe' is not supported"},
      {"fd://", "the scheme 'fd' is not supported"},
      {"://x", "the scheme '' is not supported"},
      {"UNIX:///run/docker.sock", "the scheme 'UNIX' is not supported"},
      {"unix://", "absolute path"},
      {"unix://run/docker.sock", "absolute path"},
      {"tcp://", "is not a valid address"},
      {"tcp://:2375", "is not a valid address"},
      {"tcp://host:", "is not a valid address"},
      {"tcp://host:0", "is not a valid address"},
      {"tcp://host:65536", "is not a valid address"},
      {"tcp://host:80x", "is not a valid address"},
      {"tcp://host:-1", "is not a valid address"},
      {"tcp://user@host:2375", "is not a valid address"},
      {"tcp://host:2375/path", "is not a valid address"},
      {"tcp://host/../x:2375", "is not a valid address"},
      {"tcp://ho st:2375", "is not a valid address"},
      {"tcp://::1", "is not a valid address"},
      {"tcp://[]:2375", "is not a valid address"},
      {"tcp://[zz]:2375", "is not a valid address"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.host);
    const std::string said = refusal(row.host);
    CHECK(said == Containing{row.says});
    CHECK(said == Containing{"use unix:///path/to/docker.sock or tcp://host:port"});
  }
}

TEST_CASE("a socket's path may be as long as the system takes, and no longer") {
  const std::string longest = path_of_length(longest_path);
  CHECK(cac::choose_endpoint("unix://" + longest, environment_of()).socket_path == longest);
  const std::string said = refusal("unix://" + path_of_length(longest_path + 1));
  CHECK(said == Containing{"has 108 bytes, and the system takes 107 at most"});
}

TEST_CASE("the option comes before DOCKER_HOST, and that before the default socket") {
  const auto environment = environment_of({{"DOCKER_HOST", "unix:///env.sock"}});
  CHECK(cac::choose_endpoint("unix:///option.sock", environment).socket_path == "/option.sock");
  CHECK(cac::choose_endpoint(std::nullopt, environment).socket_path == "/env.sock");
  CHECK(cac::choose_endpoint(std::nullopt, environment_of()).socket_path == "/var/run/docker.sock");
}

TEST_CASE("TLS is refused where it would be spoken, and has no say over a socket") {
  for (const std::string& name : Texts{"DOCKER_TLS_VERIFY", "DOCKER_TLS"}) {
    CAPTURE(name);
    const auto environment = environment_of({{name, "1"}});
    CHECK_THROWS_WITH_AS(cac::choose_endpoint("tcp://host:2376", environment),
                         doctest::Contains(name.c_str()), UsageError);
    CHECK_NOTHROW(cac::choose_endpoint("unix:///run/docker.sock", environment));
  }
}

TEST_CASE("each reason for a failed connection has its own sentence and its own advice") {
  const Endpoint socket{.socket_path = "/run/x.sock", .host_port = {}};
  const Endpoint tcp{.socket_path = {}, .host_port = "host:2375"};
  struct {
    const Endpoint& endpoint;
    int os_error;
    std::string message;
    std::string advice;
    bool denied;
  } const rows[] = {
      {socket, ENOENT, "there is no socket at unix:///run/x.sock", "systemctl start docker", false},
      {socket, EACCES, "permission denied on unix:///run/x.sock", "usermod -aG docker", true},
      {socket, EPERM, "permission denied on unix:///run/x.sock", "sudo", true},
      {socket, ECONNREFUSED, "connection refused: unix:///run/x.sock", "systemctl status docker",
       false},
      {socket, ENOTDIR, "cannot connect to unix:///run/x.sock: Not a directory", "--host", false},
      {socket, 0, "cannot connect to unix:///run/x.sock: the detail", "--host", false},
      {tcp, ECONNREFUSED, "cannot connect to tcp://host:2375: the detail", "firewall", false},
      {tcp, EACCES, "cannot connect to tcp://host:2375: the detail", "firewall", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.os_error);
    const auto failure =
        cac::connect_failure(row.endpoint, row.os_error, "the detail", environment_of());
    CHECK(failure.message == row.message);
    CHECK(failure.advice == Containing{row.advice});
    CHECK(failure.kind == (row.denied ? cac::FailureKind::denied : cac::FailureKind::unreachable));
  }
}

TEST_CASE("a rootless engine's socket is suggested where it exists, and only then") {
  std::string directory = "/tmp/endpoint-test.XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const auto environment = environment_of({{"XDG_RUNTIME_DIR", directory}});
  const Endpoint missing{.socket_path = "/run/x.sock", .host_port = {}};
  const std::string rootless = directory + "/docker.sock";
  const auto advice = [&](const Endpoint& endpoint) {
    return cac::connect_failure(endpoint, ENOENT, "", environment).advice;
  };

  CHECK(advice(missing) == Containing{"systemctl start docker"});
  std::ofstream(rootless).put(' ');
  CHECK(advice(missing) == Containing{"--host unix://" + rootless});
  // Not what was tried just now.
  CHECK(advice({.socket_path = rootless, .host_port = {}}) == Containing{"systemctl start docker"});
  std::filesystem::remove_all(directory);
}
