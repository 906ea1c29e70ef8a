#include "server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace cac::model {

namespace {

void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

constexpr std::chrono::milliseconds pause{1};  // between two pieces of an answer

}  // namespace

Server::Server(Engine& engine, const std::string& directory, bool on_tcp, Hooks hooks)
    : engine_(engine), hooks_(std::move(hooks)), restarts_(engine.world().restarts) {
  listen(directory, on_tcp);
}

Server::~Server() {
  for (const auto& connection : connections_) {
    if (connection->fd >= 0) close(connection->fd);
  }
  stop_listening();
}

void Server::listen(const std::string& directory, bool on_tcp) {
  constexpr int flags = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  if (on_tcp) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = socket(AF_INET, flags, 0);
    must(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = fmt::format("tcp://127.0.0.1:{}", ntohs(address.sin_port));
  } else {
    socket_path_ = directory + "/engine.sock";
    url_ = "unix://" + socket_path_;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path_.copy(address.sun_path, sizeof address.sun_path - 1);
    unlink(socket_path_.c_str());
    listener_ = socket(AF_UNIX, flags, 0);
    must(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  }
  must(::listen(listener_, 16) == 0, "listen");
}

void Server::stop_listening() {
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
  if (!socket_path_.empty()) unlink(socket_path_.c_str());
}

void Server::add_polled(std::vector<pollfd>& polled) const {
  if (listener_ >= 0) polled.push_back({listener_, POLLIN, 0});
  for (const auto& connection : connections_) {
    if (!connection->is_dead) polled.push_back({connection->fd, POLLIN | POLLRDHUP, 0});
  }
}

std::chrono::milliseconds Server::max_wait() const {
  const bool is_sending =
      std::any_of(connections_.begin(), connections_.end(),
                  [](const auto& one) { return !one->is_dead && one->in_answer; });
  return is_sending ? pause : std::chrono::milliseconds(1000);
}

void Server::serve(const std::vector<pollfd>& polled) {
  const auto is_ready = [&](int fd) {
    return std::any_of(polled.begin(), polled.end(),
                       [&](const pollfd& one) { return one.fd == fd && one.revents != 0; });
  };
  if (listener_ >= 0 && is_ready(listener_)) accept_all();
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = *connections_[i];
    if (connection.is_dead) continue;
    if (is_ready(connection.fd)) read_from(connection);
    if (!connection.is_dead && connection.in_answer && Clock::now() >= connection.next_piece) {
      send_piece(connection);
    }
  }
}

void Server::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    auto& connection = connections_.emplace_back(std::make_unique<Connection>());
    connection->fd = fd;
    connection->number = ++made_;
  }
}

void Server::read_from(Connection& connection) {
  char buffer[16384];
  for (;;) {
    const ssize_t size = read(connection.fd, buffer, sizeof buffer);
    if (size > 0) {
      connection.received.append(buffer, static_cast<std::size_t>(size));
      continue;
    }
    if (size < 0 && errno == EAGAIN) break;
    return close_connection(connection, true);
  }
  if (!connection.in_answer && !connection.is_withheld) take_request(connection);
}

void Server::take_request(Connection& connection) {
  std::string& received = connection.received;
  const auto end = received.find("\r\n\r\n");
  if (end == std::string::npos) return;
  constexpr std::string_view header = "\r\nContent-Length: ";
  const auto header_begin = received.find(header);
  const std::size_t body_size =
      header_begin < end ? std::stoul(received.substr(header_begin + header.size())) : 0;
  if (received.size() < end + 4 + body_size) return;
  const auto method_end = received.find(' ');
  const auto target_end = received.find(' ', method_end + 1);
  const test::FakeRequest request{received.substr(0, method_end),
                                  received.substr(method_end + 1, target_end - method_end - 1)};
  // What others do comes first: it may take the connection away.
  engine_.advance(request);
  drop_if_restarted();
  if (connection.is_dead) return;
  const int number = engine_.next_number();
  if (hooks_.arrived && !hooks_.arrived(number, find_kind(request))) {
    connection.is_withheld = true;
    return;
  }
  const std::string body = received.substr(end + 4, body_size);
  received.erase(0, end + 4 + body_size);
  begin_answer(connection, request, body);
}

void Server::begin_answer(Connection& connection, const test::FakeRequest& request,
                          const std::string& body) {
  const Engine::Reply reply = engine_.answer(connection.number, request, body);
  connection.exchange = engine_.exchanges().size() - 1;
  connection.wire = reply.wire;
  connection.to_send = reply.wire.bytes;
  connection.any_sent = false;
  connection.in_answer = true;
  connection.next_piece = Clock::now();
  const auto pieces = static_cast<std::size_t>(std::max(reply.dribbles, 1));
  connection.piece = connection.to_send.size() / pieces + 1;
  if (reply.is_silent) connection.next_piece = Clock::time_point::max();
  if (!reply.is_silent) send_piece(connection);
}

void Server::send_piece(Connection& connection) {
  std::string& rest = connection.to_send;
  const bool is_endless = connection.wire.goes_on && rest.size() > 1;
  const std::size_t size = is_endless ? rest.size() : std::min(connection.piece, rest.size());
  const ssize_t sent = send(connection.fd, rest.data(), size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return close_connection(connection, true);
  if (sent > 0) {
    connection.any_sent = true;
    rest.erase(0, static_cast<std::size_t>(sent));
  }
  connection.next_piece = Clock::now() + (is_endless ? std::chrono::milliseconds(0) : pause);
  if (!rest.empty()) return;
  if (!connection.wire.goes_on) return end_answer(connection);
  rest = connection.wire.bytes.substr(connection.wire.head_size);
}

void Server::end_answer(Connection& connection) {
  connection.in_answer = false;
  const Wire& wire = connection.wire;
  const int number = engine_.exchanges()[connection.exchange].number;
  if (wire.is_whole) engine_.set_sent(connection.exchange);
  if (wire.closes) close_connection(connection, false);
  if (hooks_.answered) hooks_.answered(number);
  engine_.advance();
  drop_if_restarted();
  if (!connection.is_dead) take_request(connection);
}

void Server::close_connection(Connection& connection, bool by_client) {
  if (connection.is_dead) return;
  connection.is_dead = true;
  close(connection.fd);
  connection.fd = -1;
  const bool is_prune = connection.in_answer && !connection.any_sent &&
                        engine_.exchanges()[connection.exchange].kind == Kind::prune_records;
  const bool is_withheld_prune =
      connection.is_withheld && connection.received.find("/build/prune?") < 30;
  if (!by_client || (!is_prune && !is_withheld_prune)) return;
  cancelled_prunes_.push_back(is_prune ? engine_.exchanges()[connection.exchange].number
                                       : engine_.next_number());
}

void Server::drop_if_restarted() {
  if (engine_.world().is_down) stop_listening();
  if (engine_.world().restarts == restarts_ && !engine_.world().is_down) return;
  restarts_ = engine_.world().restarts;
  close_all();
}

void Server::close_all() {
  for (const auto& connection : connections_) close_connection(*connection, false);
}

void Server::answer_withheld() {
  for (const auto& connection : connections_) {
    if (connection->is_dead) continue;
    if (connection->is_withheld) {
      connection->is_withheld = false;
      hooks_ = {};
      take_request(*connection);
    }
    if (!connection->is_dead && connection->in_answer) {
      connection->in_answer = false;
      close_connection(*connection, false);
    }
  }
}

std::size_t Server::open_connections() const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                [](const auto& one) { return !one->is_dead; }));
}

}  // namespace cac::model
