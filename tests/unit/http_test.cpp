#include "docker/http.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connected.hpp"
#include "docker/percent_encoding.hpp"
#include "fake_engine.hpp"
#include "texts.hpp"

using cac::HttpConnection;
using cac::HttpResponse;
using cac::Interrupted;
using cac::Interruption;
using cac::Method;
using cac::TimedOut;
using cac::TransportError;
using cac::test::FakeEngine;
using cac::test::joined;
using Fault = cac::test::FakeReply::Fault;

namespace {

Interruption::Clock::time_point far_away() {
  return Interruption::Clock::now() + std::chrono::minutes(5);
}

// A connection to whatever listens at the URL.
struct Client {
  explicit Client(const std::string& url, cac::RequestLogger log_request = nullptr)
      : http(cac::parse_endpoint(url), interruption, std::move(log_request)) {}

  HttpResponse get(const std::string& target) { return http.send(Method::get, target); }

  // How the request fails; -1: it does not.
  int failure(Method method, const std::string& target) {
    try {
      http.send(method, target);
    } catch (const TransportError& error) {
      os_error = error.os_error;
      CHECK_FALSE(std::string(error.what()).empty());
      return static_cast<int>(error.kind);
    }
    return -1;
  }

  Interruption interruption{-1, far_away()};
  HttpConnection http;
  int os_error = 0;
};

constexpr int as_int(TransportError::Kind kind) { return static_cast<int>(kind); }

}  // namespace

TEST_CASE("many requests share one connection, over a socket and over TCP") {
  for (const auto listen : {FakeEngine::Listen::on_socket, FakeEngine::Listen::on_tcp}) {
    FakeEngine fake(listen);
    CAPTURE(fake.url());
    Client client(fake.url());
    CHECK(client.get("/_ping").body == "OK");
    CHECK(client.get("/v1.51/nothing").status == 404);
    CHECK(client.http.send(Method::post, "/v1.51/build/prune").status == 200);
    CHECK(client.http.send(Method::del, "/v1.51/images/x").status == 404);
    CHECK(client.get("/_ping").status == 200);
    CHECK(fake.connections() == 1);
    CHECK(joined(fake.requests()) ==
          "GET /_ping\n"
          "GET /v1.51/nothing\n"
          "POST /v1.51/build/prune\n"
          "DELETE /v1.51/images/x\n"
          "GET /_ping\n");
  }
}

TEST_CASE("a response has its status, its body and its headers by lower-case names") {
  FakeEngine fake;
  fake.reply("GET /x",
             {{{.status = 418,
                .body = "short and stout",
                .headers = {{"X-MiXed", "  Value with: colon "}, {"server", "Docker/1"}}}}});
  const HttpResponse response = Client(fake.url()).get("/x");
  CHECK(response.status == 418);
  CHECK(response.body == "short and stout");
  CHECK(response.header("x-mixed") == "Value with: colon");
  CHECK(response.header("server") == "Docker/1");
  CHECK(response.header("absent").empty());
}

TEST_CASE("a redirect is an answer like any other, and is not followed") {
  FakeEngine fake;
  fake.reply("GET /x", {{{.status = 301, .body = "", .headers = {{"Location", "/_ping"}}}}});
  CHECK(Client(fake.url()).get("/x").status == 301);
  CHECK(fake.requests().size() == 1);
}

TEST_CASE("half an answer, none, an endless one and one that is not HTTP are different errors") {
  struct {
    Fault fault;
    TransportError::Kind kind;
  } const rows[] = {
      {Fault::cut_off, TransportError::Kind::lost},
      {Fault::hang_up, TransportError::Kind::lost},
      {Fault::endless, TransportError::Kind::too_large},
      {Fault::not_http, TransportError::Kind::malformed},
  };
  for (const auto& row : rows) {
    for (const Method method : {Method::get, Method::post}) {
      CAPTURE(static_cast<int>(row.fault));
      FakeEngine fake;
      fake.reply(std::string(to_string(method)) + " /x",
                 {{{.body = "{\"a\": [", .fault = row.fault}}});
      Client client(fake.url());
      CHECK(client.failure(method, "/x") == as_int(row.kind));
      // The next request has a connection that works.
      CHECK(client.get("/_ping").body == "OK");
    }
  }
}

TEST_CASE("a header without its end is half an answer, at every byte") {
  for (std::size_t cut = 0, size = 1; cut < size; ++cut) {
    CAPTURE(cut);
    FakeEngine fake;
    fake.reply("POST /x", {{{.status = 201, .cut_at = cut}}});
    Client client(fake.url());
    CHECK(client.failure(Method::post, "/x") == as_int(TransportError::Kind::lost));
    size = fake.whole_size();
    REQUIRE(size > 60);
  }
}

TEST_CASE("a header without an end is given up on") {
  const std::string long_line = "HTTP/1.1 200 OK\r\nX: " + std::string(10'000'000, 'x');
  std::string many_lines = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100'000; ++i) many_lines += "X-Header: some value\r\n";
  std::string interim;
  for (int i = 0; i < 100'000; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  for (const std::string& text : {long_line, many_lines, interim}) {
    FakeEngine fake;
    fake.reply("GET /x", {{{.body = text, .fault = Fault::not_http}}});
    Client client(fake.url());
    CHECK(client.failure(Method::get, "/x") == as_int(TransportError::Kind::too_large));
  }
}

TEST_CASE("a trailer behind the body is not taken for a header") {
  FakeEngine fake;
  fake.reply("GET /x",
             {{{.body = "HTTP/1.1 200 OK\r\nServer: Docker/1\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "1\r\nx\r\n0\r\nServer: Libpod/1\r\n\r\n",
                .fault = Fault::raw}}});
  const HttpResponse response = Client(fake.url()).get("/x");
  CHECK(response.body == "x");
  CHECK(response.header("server") == "Docker/1");
}

TEST_CASE("no request is sent twice, whatever its method and whatever the connection did") {
  for (const Method method : {Method::get, Method::post, Method::del}) {
    const std::string request = std::string(to_string(method)) + " /x";
    CAPTURE(request);
    FakeEngine fake;
    fake.reply(request, {{{.fault = Fault::hang_up}}});
    Client client(fake.url());
    CHECK(client.get("/_ping").status == 200);
    CHECK(client.failure(method, "/x") == as_int(TransportError::Kind::closed));
    CHECK(fake.requests().size() == 2);
    // A connection of its own: nobody can have closed it before.
    Client other(fake.url());
    CHECK(other.failure(method, "/x") == as_int(TransportError::Kind::lost));
    CHECK(fake.requests().size() == 3);
  }
}

TEST_CASE("a full backlog is waited for") {
  std::string directory = "/tmp/http-test.XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const std::string path = directory + "/x.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* const at = reinterpret_cast<sockaddr*>(&address);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(listener, at, sizeof address) == 0);
  REQUIRE(listen(listener, 0) == 0);
  const int first = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(connect(first, at, sizeof address) == 0);
  const int second = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  REQUIRE(connect(second, at, sizeof address) == -1);
  REQUIRE(errno == EAGAIN);

  SUBCASE("until there is room") {
    Client client("unix://" + path);
    std::thread engine;
    const auto answer_one = [&] {
      const int connection = accept(listener, nullptr, nullptr);
      char buffer[512];
      CHECK(read(connection, buffer, sizeof buffer) > 0);
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
      CHECK(write(connection, answer.data(), answer.size()) > 0);
      close(connection);
    };
    // Makes room when the client has waited for the first time; before, the engine would get the
    // connection that nobody uses.
    client.interruption.on_tick(
        [&] {
          if (engine.joinable()) return;
          close(accept(listener, nullptr, nullptr));
          engine = std::thread(answer_one);
        },
        std::chrono::milliseconds(1));
    CHECK(client.get("/_ping").body == "OK");
    engine.join();
  }
  SUBCASE("until the deadline") {
    Interruption interruption(-1, Interruption::Clock::now() + std::chrono::milliseconds(200));
    HttpConnection http(cac::parse_endpoint("unix://" + path), interruption, nullptr);
    CHECK_THROWS_AS(http.send(Method::get, "/_ping"), TimedOut);
  }
  for (const int open : {first, second, listener}) close(open);
  unlink(path.c_str());
  rmdir(directory.c_str());
}

TEST_CASE("the reason for a failed connection is the system's error number") {
  std::string directory = "/tmp/http-test.XXXXXX";
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const std::string path = directory + "/x.sock";

  Client missing("unix://" + path);
  CHECK(missing.failure(Method::get, "/_ping") == as_int(TransportError::Kind::connect));
  CHECK(missing.os_error == ENOENT);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int bound = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(bound, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  close(bound);
  Client refused("unix://" + path);
  CHECK(refused.failure(Method::get, "/_ping") == as_int(TransportError::Kind::connect));
  CHECK(refused.os_error == ECONNREFUSED);
  unlink(path.c_str());
  rmdir(directory.c_str());
}

TEST_CASE("an answer that does not come is waited for until the deadline, then hung up on") {
  FakeEngine fake;
  fake.reply("GET /x", {{{.fault = Fault::no_answer}}});
  const auto endpoint = cac::parse_endpoint(fake.url());
  // On a busy machine the deadline can come before the request is out.
  for (auto time = std::chrono::milliseconds(20); fake.requests().empty(); time *= 2) {
    Interruption interruption(-1, Interruption::Clock::now() + time);
    HttpConnection http(endpoint, interruption, nullptr);
    CHECK_THROWS_AS(http.send(Method::get, "/x"), TimedOut);
  }
  fake.wait_for_hang_up();
}

TEST_CASE("a signal ends the wait for an answer at once, and the engine sees the hang-up") {
  int signals[2];
  REQUIRE(pipe(signals) == 0);
  FakeEngine fake;
  fake.reply("GET /x", {{{.fault = Fault::no_answer}}});
  fake.before("GET /x", [&](auto&) {
    const unsigned char number = SIGTERM;
    REQUIRE(write(signals[1], &number, 1) == 1);
  });
  const auto endpoint = cac::parse_endpoint(fake.url());
  Interruption interruption(signals[0], far_away());
  HttpConnection http(endpoint, interruption, nullptr);
  int caught = 0;
  try {
    http.send(Method::get, "/x");
  } catch (const Interrupted& interrupted) {
    caught = interrupted.signal;
  }
  CHECK(caught == SIGTERM);
  fake.wait_for_hang_up();
  close(signals[0]);
  close(signals[1]);
}

TEST_CASE("every request is logged, also one that failed") {
  FakeEngine fake;
  fake.reply("GET /lost", {{{.fault = Fault::hang_up}}});
  fake.reply("DELETE /gone", {{{.status = 404, .body = "gone"}}});
  std::vector<std::string> seen;
  Client client(fake.url(), [&](const cac::Exchange& exchange) {
    seen.push_back(std::string(to_string(exchange.method)) + " " + std::string(exchange.target) +
                   " " + std::to_string(exchange.status) + " " +
                   std::to_string(exchange.body_size));
  });
  client.get("/_ping");
  client.failure(Method::get, "/lost");
  client.http.send(Method::del, "/gone");
  CHECK(joined(seen) ==
        "GET /_ping 200 2\n"
        "GET /lost 0 0\n"
        "DELETE /gone 404 4\n");
}

TEST_CASE("names in a path keep slash and colon, values of a query keep neither") {
  struct {
    std::string text;
    std::string in_path;
    std::string in_query;
  } const rows[] = {
      {"watchparty-backend:latest", "watchparty-backend:latest", "watchparty-backend%3Alatest"},
      {"reg.org:5000/a/b_c~d", "reg.org:5000/a/b_c~d", "reg.org%3A5000%2Fa%2Fb_c~d"},
      {"a b?c#d&e=f%g+h", "a%20b%3Fc%23d%26e%3Df%25g%2Bh", "a%20b%3Fc%23d%26e%3Df%25g%2Bh"},
      {"{\"a\":[\"*\"]}", "%7B%22a%22:%5B%22%2A%22%5D%7D", "%7B%22a%22%3A%5B%22%2A%22%5D%7D"},
      {"\xc3\xa4\n", "%C3%A4%0A", "%C3%A4%0A"},
      {"", "", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(cac::path_encoded(row.text) == row.in_path);
    CHECK(cac::query_encoded(row.text) == row.in_query);
  }
}
