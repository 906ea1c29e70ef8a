#include "fake_engine.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace cac::test {

namespace {

using Json = nlohmann::json;

void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

std::string decoded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

// "/v1.41/images/json" without the version.
std::string without_version(const std::string& path) {
  if (!path.starts_with("/v1.")) return path;
  return path.substr(path.find('/', 1));
}

// The value of filters={"key":["value"]} in a query; empty when it is not there.
std::string filter(const std::string& query, const std::string& key) {
  const std::string name = "filters=";
  const auto begin = query.find(name);
  if (begin == std::string::npos) return "";
  const auto end = query.find('&', begin);
  const Json filters =
      Json::parse(decoded(query.substr(begin + name.size(), end - begin - name.size())));
  return filters.contains(key) ? filters[key].at(0).get<std::string>() : "";
}

// Patterns with one '*', at the end, which matches a tag, too.
bool matches(const std::string& pattern, const std::string& name) {
  if (!pattern.ends_with('*')) return pattern == name;
  const std::string prefix = pattern.substr(0, pattern.size() - 1);
  return name.starts_with(prefix) && name.find('/', prefix.size()) == std::string::npos;
}

FakeReply json_reply(const Json& json) { return {.body = json.dump()}; }
FakeReply error_reply(int status, const std::string& message) {
  return {.status = status, .body = Json{{"message", message}}.dump()};
}

Json image_json(const FakeImage& image) {
  return {{"Id", image.id},
          {"RepoTags", image.tags},
          {"RepoDigests", image.repo_digests},
          {"Size", image.size},
          {"Containers", -1}};
}

Json record_json(const FakeRecord& record) {
  return {{"ID", record.id},          {"Type", record.type}, {"Description", record.description},
          {"InUse", record.in_use},   {"Shared", false},     {"Size", record.size},
          {"CreatedAt", "2024-01-01T00:00:00Z"}};
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
  std::string head = fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n", reply.status,
                                 length);
  if (!reply.headers.contains("Content-Type")) head += "Content-Type: application/json\r\n";
  for (const auto& [name, value] : reply.headers) {
    if (!value.empty()) head += fmt::format("{}: {}\r\n", name, value);
  }
  return head + "\r\n";
}

}  // namespace

FakeEngine::FakeEngine(Listen listen)
    : ping_headers_{{"Api-Version", "1.51"}, {"Ostype", "linux"},
                    {"Server", "Docker/28.5.2 (linux)"}} {
  if (listen == Listen::on_socket) {
    std::string pattern = "/tmp/fake-engine.XXXXXX";
    must(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
    folder_ = pattern;
    const std::string path = folder_ + "/api.sock";
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
  must(pipe(stop_pipe_) == 0, "pipe");
  thread_ = std::thread([this] { serve(); });
}

FakeEngine::~FakeEngine() {
  close(stop_pipe_[1]);
  thread_.join();
  close(stop_pipe_[0]);
  close(listener_);
  if (folder_.empty()) return;
  unlink((folder_ + "/api.sock").c_str());
  rmdir(folder_.c_str());
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

void FakeEngine::set_ping_header(const std::string& name, const std::string& value) {
  const std::lock_guard lock(mutex_);
  ping_headers_[name] = value;
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
  }
}

void FakeEngine::serve_connection(int connection) {
  std::string received;
  while (!stopping(connection)) {
    char buffer[4096];
    const ssize_t size = read(connection, buffer, sizeof buffer);
    if (size <= 0) return;
    received.append(buffer, static_cast<std::size_t>(size));
    // No request here has a body.
    for (auto end = received.find("\r\n\r\n"); end != std::string::npos;
         end = received.find("\r\n\r\n")) {
      const auto method_end = received.find(' ');
      const auto target_end = received.find(' ', method_end + 1);
      const std::string method = received.substr(0, method_end);
      const std::string target = received.substr(method_end + 1, target_end - method_end - 1);
      received.erase(0, end + 4);
      if (!answer(connection, method, target)) return;
    }
  }
}

// False: the connection is to be closed.
bool FakeEngine::answer(int connection, const std::string& method, const std::string& target) {
  const FakeReply reply = reply_for(method, target);
  switch (reply.fault) {
    case FakeReply::Fault::none:
      return send_all(connection, head_of(reply, reply.body.size()) + reply.body);
    case FakeReply::Fault::cut_off:
      send_all(connection, head_of(reply, reply.body.size() + 10) + reply.body);
      return false;
    case FakeReply::Fault::hang_up:
      return false;
    case FakeReply::Fault::no_answer:
      stopping(connection);
      return false;
    case FakeReply::Fault::endless:
      send_all(connection, head_of(reply, std::size_t{1} << 40));
      while (send_all(connection, std::string(1 << 16, ' '))) {
      }
      return false;
  }
  return false;
}

FakeReply FakeEngine::reply_for(const std::string& method, const std::string& target) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(method + " " + target);
  const std::string bare = method + " " + without_version(target);
  for (const Hook& hook : hooks_) {
    if (bare.starts_with(hook.prefix)) hook.change(scene_);
  }
  for (Script& script : scripts_) {
    if (!bare.starts_with(script.prefix) || script.replies.empty()) continue;
    const auto& reply = script.replies[std::min(script.next++, script.replies.size() - 1)];
    if (reply) return *reply;
  }
  const auto question = target.find('?');
  return scene_reply(method, without_version(target.substr(0, question)),
                     question == std::string::npos ? "" : target.substr(question + 1));
}

FakeReply FakeEngine::scene_reply(const std::string& method, const std::string& path,
                                  const std::string& query) {
  const std::string request = method + " " + path;
  const auto held = [&](const FakeImage& image) {
    return std::any_of(scene_.containers.begin(), scene_.containers.end(),
                       [&](const FakeContainer& c) { return c.image_id == image.id; });
  };
  if (request == "GET /_ping") return {.body = "OK", .headers = ping_headers_};
  if (request == "GET /images/json") {
    Json list = Json::array();
    const std::string pattern = filter(query, "reference");
    for (FakeImage image : scene_.images) {
      if (!filter(query, "dangling").empty()) {
        if (image.tags.empty()) list.push_back(image_json(image));
        continue;
      }
      std::erase_if(image.tags, [&](const std::string& tag) { return !matches(pattern, tag); });
      if (!image.tags.empty()) list.push_back(image_json(image));
    }
    return json_reply(list);
  }
  if (request == "GET /containers/json") {
    Json list = Json::array();
    for (const FakeContainer& container : scene_.containers) {
      list.push_back({{"Id", container.name + "-id"},
                      {"Names", {"/" + container.name}},
                      {"ImageID", container.image_id},
                      {"State", container.state}});
    }
    return json_reply(list);
  }
  if (request == "GET /system/df") {
    Json list = Json::array();
    for (const FakeRecord& record : scene_.records) list.push_back(record_json(record));
    return json_reply({{"BuildCache", list}});
  }
  if (request == "POST /build/prune") {
    Json deleted = Json::array();
    long long space = 0;
    std::erase_if(scene_.records, [&](const FakeRecord& record) {
      if (record.in_use) return false;
      deleted.push_back(record.id);
      space += record.size;
      return true;
    });
    return json_reply({{"CachesDeleted", deleted}, {"SpaceReclaimed", space}});
  }
  if (request == "POST /images/prune") {
    Json deleted = Json::array();
    long long space = 0;
    std::erase_if(scene_.images, [&](const FakeImage& image) {
      if (!image.tags.empty() || held(image)) return false;
      deleted.push_back({{"Deleted", image.id}});
      space += image.size;
      return true;
    });
    return json_reply({{"ImagesDeleted", deleted}, {"SpaceReclaimed", space}});
  }
  if (path.starts_with("/images/")) {
    const std::string suffix = method == "GET" ? "/json" : "";
    const std::string name = decoded(path.substr(8, path.size() - 8 - suffix.size()));
    const auto found = std::find_if(scene_.images.begin(), scene_.images.end(),
                                    [&](const FakeImage& image) {
                                      return std::count(image.tags.begin(), image.tags.end(), name);
                                    });
    if (found == scene_.images.end()) return error_reply(404, "No such image: " + name);
    if (method == "GET") return json_reply(image_json(*found));
    if (method == "DELETE") {
      std::erase(found->tags, name);
      Json entries = Json::array({{{"Untagged", name}}});
      if (found->tags.empty() && !held(*found)) {
        entries.push_back({{"Deleted", found->id}});
        scene_.images.erase(found);
      }
      return json_reply(entries);
    }
  }
  return error_reply(404, "page not found");
}

}  // namespace cac::test
