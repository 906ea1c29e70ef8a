#include "fake_engine.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace cac::test {

namespace {

void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string head_of(const FakeReply& reply, std::size_t length) {
  std::string head =
      fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n", reply.status, length);
  if (!reply.headers.contains("Content-Type")) head += "Content-Type: application/json\r\n";
  for (const auto& [name, value] : reply.headers) {
    if (!value.empty()) head += fmt::format("{}: {}\r\n", name, value);
  }
  return head + "\r\n";
}

}  // namespace

FakeEngine::FakeEngine(Listen listen)
    : headers_{{"Api-Version", "1.51"}, {"Ostype", "linux"}, {"Server", "Docker/28.5.2 (linux)"}} {
  if (listen == Listen::on_socket) {
    std::string pattern = "/tmp/fake-engine.XXXXXX";
    must(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
    directory_ = pattern;
    const std::string path = directory_ + "/api.sock";
    url_ = "unix://" + path;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = fmt::format("tcp://127.0.0.1:{}", ntohs(address.sin_port));
  }
  must(::listen(listener_, 16) == 0, "listen");
  must(pipe(stop_pipe_) == 0 && pipe(answer_pipe_) == 0, "pipe");
  thread_ = std::thread([this] { serve(); });
}

FakeEngine::~FakeEngine() {
  close(stop_pipe_[1]);
  thread_.join();
  for (const int end : {stop_pipe_[0], answer_pipe_[0], answer_pipe_[1]}) close(end);
  close(listener_);
  if (directory_.empty()) return;
  unlink((directory_ + "/api.sock").c_str());
  rmdir(directory_.c_str());
}

void FakeEngine::reply(const std::string& request_prefix, Replies replies) {
  const std::lock_guard lock(mutex_);
  std::erase_if(scripts_, [&](const Script& script) { return script.prefix == request_prefix; });
  scripts_.push_back({request_prefix, std::move(replies)});
}

void FakeEngine::before(const std::string& request_prefix, std::function<void(FakeScene&)> change) {
  const std::lock_guard lock(mutex_);
  hooks_.push_back({request_prefix, std::move(change)});
}

void FakeEngine::set_header(const std::string& name, const std::string& value) {
  const std::lock_guard lock(mutex_);
  headers_[name] = value;
}

void FakeEngine::set_api(int newest_minor) {
  const std::lock_guard lock(mutex_);
  rules_.newest_minor = newest_minor;
  headers_["Api-Version"] = fmt::format("1.{}", newest_minor);
}

void FakeEngine::set_store(FakeStore store) {
  const std::lock_guard lock(mutex_);
  rules_.store = store;
}

FakeScene FakeEngine::scene() const {
  const std::lock_guard lock(mutex_);
  return scene_;
}

void FakeEngine::set_scene(FakeScene scene) {
  const std::lock_guard lock(mutex_);
  scene_ = std::move(scene);
}

std::vector<std::string> FakeEngine::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeEngine::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::ptrdiff_t FakeEngine::count_requests(const std::string& prefix) const {
  return std::count_if(requests_.begin(), requests_.end(), [&](const std::string& request) {
    const auto space = request.find(' ');
    return (request.substr(0, space + 1) + without_version(request.substr(space + 1)))
        .starts_with(prefix);
  });
}

std::vector<std::string> FakeEngine::bodies() const {
  const std::lock_guard lock(mutex_);
  return bodies_;
}

std::ptrdiff_t FakeEngine::sent(const std::string& request_prefix) const {
  const std::lock_guard lock(mutex_);
  return count_requests(request_prefix);
}

void FakeEngine::wait_for_request(const std::string& request_prefix) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return count_requests(request_prefix) > 0; });
}

void FakeEngine::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= count; });
}

void FakeEngine::wait_for_hang_up(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return hang_ups_ >= count; });
}

void FakeEngine::answer_now() { must(write(answer_pipe_[1], ".", 1) == 1, "write"); }

std::size_t FakeEngine::late_answers() const {
  const std::lock_guard lock(mutex_);
  return late_answers_;
}

std::size_t FakeEngine::whole_size() const {
  const std::lock_guard lock(mutex_);
  return whole_size_;
}

// Whether to stop rather than wait for the connection; returns when one of both is due.
bool FakeEngine::stopping(int connection) const {
  pollfd waiting[] = {{stop_pipe_[0], POLLIN, 0}, {connection, POLLIN, 0}};
  poll(waiting, 2, -1);
  return waiting[0].revents != 0;
}

// One connection after the other: the tool has one.
void FakeEngine::serve() {
  while (!stopping(listener_)) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    {
      const std::lock_guard lock(mutex_);
      ++connections_;
    }
    serve_connection(connection);
    close(connection);
    const std::lock_guard lock(mutex_);
    ++hang_ups_;
    changed_.notify_all();
  }
}

void FakeEngine::serve_connection(int connection) {
  std::string received;
  while (!stopping(connection)) {
    char buffer[4096];
    const ssize_t size = read(connection, buffer, sizeof buffer);
    if (size <= 0) return;
    received.append(buffer, static_cast<std::size_t>(size));
    for (auto end = received.find("\r\n\r\n"); end != std::string::npos;
         end = received.find("\r\n\r\n")) {
      const auto method_end = received.find(' ');
      const auto target_end = received.find(' ', method_end + 1);
      const std::string method = received.substr(0, method_end);
      const std::string target = received.substr(method_end + 1, target_end - method_end - 1);
      constexpr std::string_view header = "\r\nContent-Length: ";
      const auto header_begin = received.find(header);
      const std::size_t body_size =
          header_begin < end ? std::stoul(received.substr(header_begin + header.size())) : 0;
      if (received.size() < end + 4 + body_size) break;
      if (body_size > 0) {
        const std::lock_guard lock(mutex_);
        bodies_.push_back(received.substr(end + 4, body_size));
      }
      received.erase(0, end + 4 + body_size);
      if (!answer(connection, method, target)) return;
    }
  }
}

// False: the connection is to be closed.
bool FakeEngine::answer(int connection, const std::string& method, const std::string& target) {
  const FakeReply reply = reply_for({method, target});
  const std::string text = head_of(reply, reply.body.size()) + reply.body;
  if (reply.cut_at) {
    {
      const std::lock_guard lock(mutex_);
      whole_size_ = text.size();
    }
    send_all(connection, text.substr(0, *reply.cut_at));
    return false;
  }
  const auto connection_header = reply.headers.find("Connection");
  const bool closes =
      connection_header != reply.headers.end() && connection_header->second == "close";
  switch (reply.fault) {
    case FakeReply::Fault::none:
      return send_all(connection, text) && !closes;
    case FakeReply::Fault::close_after:
      send_all(connection, text);
      return false;
    case FakeReply::Fault::raw:
      return send_all(connection, reply.body);
    case FakeReply::Fault::cut_off:
      send_all(connection, head_of(reply, reply.body.size() + 10) + reply.body);
      return false;
    case FakeReply::Fault::hang_up:
      return false;
    case FakeReply::Fault::no_answer:
      stopping(connection);
      return false;
    case FakeReply::Fault::late:
      return answer_late(connection, text);
    case FakeReply::Fault::endless:
      send_all(connection, head_of(reply, std::size_t{1} << 40));
      while (send_all(connection, std::string(1 << 16, ' '))) {
      }
      return false;
    case FakeReply::Fault::not_http:
      send_all(connection, reply.body);
      return false;
  }
  return false;
}

bool FakeEngine::answer_late(int connection, const std::string& text) {
  pollfd waiting[] = {
      {stop_pipe_[0], POLLIN, 0}, {connection, POLLIN, 0}, {answer_pipe_[0], POLLIN, 0}};
  poll(waiting, 3, -1);
  // A hang-up before the word came is seen along with it.
  if (waiting[0].revents != 0 || waiting[1].revents != 0) return false;
  if (!send_all(connection, text)) return false;
  const std::lock_guard lock(mutex_);
  ++late_answers_;
  return true;
}

FakeReply FakeEngine::reply_for(const FakeRequest& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request.method + " " + request.target);
  changed_.notify_all();
  const std::string bare = request.method + " " + without_version(request.target);
  for (const Hook& hook : hooks_) {
    if (bare.starts_with(hook.prefix)) hook.change(scene_);
  }
  for (Script& script : scripts_) {
    if (!bare.starts_with(script.prefix) || script.replies.empty()) continue;
    const auto& reply = script.replies[std::min(script.next++, script.replies.size() - 1)];
    if (!reply) continue;
    if (!reply->by_scene) return *reply;
    FakeReply answer = rules_.answer(scene_, request);
    answer.headers.insert(headers_.begin(), headers_.end());
    for (const auto& [name, value] : reply->headers) answer.headers[name] = value;
    answer.fault = reply->fault;
    answer.cut_at = reply->cut_at;
    return answer;
  }
  FakeReply reply = rules_.answer(scene_, request);
  reply.headers.insert(headers_.begin(), headers_.end());
  return reply;
}

}  // namespace cac::test
