#include "docker/endpoint.hpp"

#include <doctest/doctest.h>
#include <fmt/ranges.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "connected.hpp"
#include "docker/ssh.hpp"
#include "texts.hpp"

using cac::Endpoint;
using cac::UsageError;
using cac::test::Containing;
using cac::test::environment_of;
using cac::test::Texts;

namespace {

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path) - 1;

std::string path_of_length(std::size_t length) { return "/" + std::string(length - 1, 's'); }

std::string address_refusal(const std::string& host) {
  return cac::test::refusal([&] { cac::parse_endpoint(host); });
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
    const Endpoint endpoint = cac::parse_endpoint(row.host);
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
      {"https://localhost:2375", "the scheme 'https' is not supported"},
      {"npipe:////./pipe/docker_engine", "named pipes are Windows's"},
      {"fd://", "only an engine itself can listen on a descriptor"},
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
    const std::string said = address_refusal(row.host);
    CHECK(said == Containing{row.says});
    CHECK(said ==
          Containing{"use unix:///path/to/docker.sock, tcp://host:port or ssh://user@host"});
  }
}

TEST_CASE("a socket's path may be as long as the system takes, and no longer") {
  const std::string longest = path_of_length(longest_path);
  CHECK(cac::parse_endpoint("unix://" + longest).socket_path == longest);
  const std::string said = address_refusal("unix://" + path_of_length(longest_path + 1));
  CHECK(said == Containing{"has 108 bytes, and the system takes 107 at most"});
}

TEST_CASE("an ssh address names a host, and perhaps a user, a port and a socket over there") {
  struct {
    std::string host;
    std::string command;
  } const rows[] = {
      {"ssh://box", "-- box docker system dial-stdio"},
      {"ssh://box/", "-- box docker system dial-stdio"},
      {"ssh://deploy@box:2222", "-l deploy -p 2222 -- box docker system dial-stdio"},
      {"ssh://deploy@box/run/user/1000/docker.sock",
       "-l deploy -- box docker --host unix:///run/user/1000/docker.sock system dial-stdio"},
      {"ssh://[::1]:22", "-p 22 -- ::1 docker system dial-stdio"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.host);
    const Endpoint endpoint = cac::parse_endpoint(row.host);
    CHECK(endpoint.text() == (row.host.ends_with('/') ? "ssh://box" : row.host));
    const auto command = cac::ssh_command(*endpoint.ssh, true);
    CHECK(fmt::format("{}", fmt::join(command, " ")) ==
          "ssh -o ConnectTimeout=30 -T -o ControlMaster=no " + row.command);
  }
  const auto silent = cac::ssh_command({.host = "box"}, false);
  CHECK(std::find(silent.begin(), silent.end(), "BatchMode=yes") != silent.end());
}

TEST_CASE("no address can carry an option, a word for a shell, or a password into print") {
  for (const std::string& host : Texts{"ssh://-oProxyCommand=x",
                                       "ssh://-l",
                                       "ssh://deploy@-box",
                                       "ssh://-deploy@box",
                                       "ssh://@box",
                                       "ssh://",
                                       "ssh:///run/docker.sock",
                                       "ssh://a;b@box",
                                       "ssh://box;reboot",
                                       "ssh://$(x)@box",
                                       "ssh://box/run/$(x)",
                                       "ssh://box/run/a b",
                                       "ssh://box/run/x;y",
                                       "ssh://box/run/`x`",
                                       "ssh://box?q=1",
                                       "ssh://box#f",
                                       "ssh://box/run/x?q=1",
                                       "ssh://box/run/x#f",
                                       "ssh://%2Dbox",
                                       "ssh://box:0",
                                       "ssh://box:22x",
                                       "ssh://b\nox"}) {
    CAPTURE(host);
    CHECK(address_refusal(host) != "accepted");
  }
  for (const std::string& scheme : Texts{"ssh", "tcp", "http", "gopher"}) {
    CAPTURE(scheme);
    const std::string said = address_refusal(scheme + "://deploy:s3cret@box:22");
    CHECK(said != "accepted");
    CHECK(said.find("s3cret") == std::string::npos);
    CHECK(said == Containing{"deploy:***@box"});
  }
  CHECK(address_refusal("ssh://deploy:s3cret@box") == Containing{"use a key or ssh-agent"});
  for (const std::string& host :
       Texts{"deploy:s3cret@box", "ssh:deploy:s3cret@box", "ssh:/deploy:s3cret@box:22"}) {
    CAPTURE(host);
    const std::string said = address_refusal(host);
    CHECK(said == Containing{"names no scheme"});
    CHECK(said.find("s3cret") == std::string::npos);
  }
  for (const std::string& rest :
       Texts{"box?password=s3cret", "box:22/?s3cret", "deploy@box#s3cret", "deploy%3As3cret@box",
             "deploy:s3cret%40box", "deploy%3As3cret%40box", "deploy:s3@cret@box"}) {
    for (const std::string& scheme : Texts{"ssh", "tcp"}) {
      CAPTURE(rest);
      const std::string said = address_refusal(scheme + "://" + rest);
      CHECK(said != "accepted");
      CHECK(said.find("s3") == std::string::npos);
      CHECK(said.find("cret") == std::string::npos);
    }
  }
}

TEST_CASE("what a context alone may say is refused elsewhere, and completed nowhere") {
  const auto of_context = [](const std::string& host) {
    return cac::parse_endpoint(host, cac::AddressSource::context);
  };
  CHECK(of_context("http://box:1").host_port == "box:1");
  CHECK_FALSE(of_context("http://box:1").tls);
  CHECK(of_context("https://box:1").tls);
  CHECK_THROWS_WITH_AS(of_context("tcp://box"), doctest::Contains("names no port"), UsageError);
  // Its JSON can say what no command line and no variable can.
  CHECK_THROWS_WITH_AS(
      of_context(std::string("unix:///run/docker.sock\0more", 28)),
      doctest::Contains("docker.sock' is followed by a NUL character; use unix://"), UsageError);
}

TEST_CASE("an address on this machine is told from one on another") {
  for (const std::string& host : Texts{"unix:///x", "tcp://localhost:1", "tcp://127.9.9.9:1",
                                       "tcp://[::1]:1", "ssh://[::1]"}) {
    CAPTURE(host);
    CHECK_FALSE(cac::parse_endpoint(host).is_remote());
  }
  for (const std::string& host :
       Texts{"tcp://10.0.0.1:1", "tcp://localhost.example:1", "tcp://127.0.0.1.example:1",
             "tcp://[fe80::1]:1", "ssh://box"}) {
    CAPTURE(host);
    CHECK(cac::parse_endpoint(host).is_remote());
  }
}

TEST_CASE("each reason for a failed connection has its own sentence and its own advice") {
  const Endpoint socket{.socket_path = "/run/x.sock"};
  const Endpoint tcp{.host_port = "host:2375"};
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
  const Endpoint missing{.socket_path = "/run/x.sock"};
  const std::string rootless = directory + "/docker.sock";
  const auto advice = [&](const Endpoint& endpoint) {
    return cac::connect_failure(endpoint, ENOENT, "", environment).advice;
  };

  CHECK(advice(missing) == Containing{"systemctl start docker"});
  std::ofstream(rootless).put(' ');
  CHECK(advice(missing) == Containing{"--host unix://" + rootless});
  // Not what was tried just now.
  CHECK(advice({.socket_path = rootless}) == Containing{"systemctl start docker"});
  std::filesystem::remove_all(directory);
}
