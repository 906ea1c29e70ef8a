#include "docker/local_names.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "texts.hpp"

using cac::test::joined;

namespace {

std::string look_up(const std::string& hosts, const std::string& host) {
  std::istringstream file(hosts);
  return joined(cac::find_addresses(file, host));
}

}  // namespace

TEST_CASE("localhost and what is below it is local, in any case") {
  for (const char* const name : {"localhost", "LocalHost", "localhost.", "engine.localhost"}) {
    CAPTURE(name);
    CHECK(cac::is_local_name(name));
  }
  for (const char* const name : {"", "box", "mylocalhost", "localhost.box", "[::1]", "127.0.0.1"}) {
    CAPTURE(name);
    CHECK_FALSE(cac::is_local_name(name));
  }
}

TEST_CASE("a host has the addresses of all its lines, those of IPv6 first") {
  const std::string hosts =
      "# 10.0.0.1 localhost\n"
      "127.0.0.1\tlocalhost # 10.0.0.2 localhost\n"
      "\n"
      "::1 ip6-localhost LOCALHOST\n"
      "127.0.0.2 engine.localhost localhost.\n"
      "nonsense localhost\n"
      "127.0.0.3,10.0.0.3 localhost\n"
      "10.0.0.4";
  CHECK(look_up(hosts, "localhost") == "::1\n127.0.0.1\n127.0.0.2\n");
  CHECK(look_up(hosts, "Engine.LocalHost.") == "127.0.0.2\n");
  CHECK(look_up(hosts, "other.localhost").empty());
  CHECK(look_up("", "localhost").empty());
}
