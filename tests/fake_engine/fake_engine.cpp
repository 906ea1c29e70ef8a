#include "fake_engine.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
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

// The value of name=value in a query; empty when it is not there.
std::string parameter(const std::string& query, const std::string& name) {
  for (std::size_t begin = 0; begin < query.size();) {
    const auto end = std::min(query.find('&', begin), query.size());
    const std::string pair = query.substr(begin, end - begin);
    if (pair.starts_with(name + "=")) return decoded(pair.substr(name.size() + 1));
    begin = end + 1;
  }
  return "";
}

// The values of filters={"key":["value", ...]} in a query, and the first of them; empty when it is
// not there.
std::vector<std::string> filter_values(const std::string& query, const std::string& key) {
  const std::string text = parameter(query, "filters");
  if (text.empty()) return {};
  return Json::parse(text).value(key, std::vector<std::string>());
}
std::string filter(const std::string& query, const std::string& key) {
  const auto values = filter_values(query, key);
  return values.empty() ? "" : values.front();
}

// A star stands for anything but a slash. A pattern without a tag matches any tag.
bool matches(const std::string& pattern, const std::string& name) {
  const std::string repository = name.substr(0, name.rfind(':'));
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0 ||
         fnmatch(pattern.c_str(), repository.c_str(), FNM_PATHNAME) == 0;
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
          {"Labels", image.compose_project.empty()
                         ? Json()
                         : Json{{"com.docker.compose.project", image.compose_project}}},
          {"Containers", -1}};
}

Json record_json(const FakeRecord& record) {
  return {{"ID", record.id},
          {"Type", record.type},
          {"Description", record.description},
          {"InUse", record.in_use},
          {"Shared", record.shared},
          {"Size", record.size},
          {"CreatedAt", "2024-01-01T00:00:00Z"},
          {"LastUsedAt", record.released ? Json("2024-01-01T00:00:00Z") : Json()}};
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

std::string image_id(char digit) { return "sha256:" + std::string(64, digit); }

FakeScene sample_scene() {
  return {
      .images = {{image_id('b'), {"watchparty-backend:latest"}, 345'000'000},
                 {image_id('a'), {"watchparty-backend:rollback"}, 340'000'000},
                 {image_id('f'), {"watchparty-frontend:latest"}, 128'000'000},
                 {image_id('e'), {"other-app:latest"}, 5'000'000}},
      .containers = {{"wp-backend", image_id('b')}, {"wp-frontend", image_id('f'), "exited"}},
      .records = {{.id = "rec1",
                   .description = "[deps 3/3] RUN npm ci",
                   .size = 700'000'000,
                   .shared = true},
                  {.id = "rec2", .description = "[build 2/2] RUN npm run build", .size = 90'000},
                  {.id = "rec3",
                   .type = "source.local",
                   .description = "local source for context",
                   .size = 12'000'000},
                  {.id = "rec4", .type = "internal", .size = 8'192},
                  {.id = "rec5",
                   .type = "exec.cachemount",
                   .description = "cached mount /root/.npm from exec /bin/sh -c npm ci",
                   .size = 99'901'808}}};
}

// A request taken apart.
struct FakeEngine::Request {
  std::string method;
  std::string target;  // as it came in

  int minor() const { return target.starts_with("/v1.") ? std::stoi(target.substr(4)) : 0; }
  std::string path() const { return without_version(target.substr(0, target.find('?'))); }
  std::string query() const {
    const auto question = target.find('?');
    return question == std::string::npos ? "" : target.substr(question + 1);
  }
};

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
  newest_minor_ = newest_minor;
  headers_["Api-Version"] = fmt::format("1.{}", newest_minor);
}

void FakeEngine::set_store(FakeStore store) {
  const std::lock_guard lock(mutex_);
  store_ = store;
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

bool FakeEngine::has_request(const std::string& prefix) const {
  return std::any_of(requests_.begin(), requests_.end(), [&](const std::string& request) {
    const auto space = request.find(' ');
    return (request.substr(0, space + 1) + without_version(request.substr(space + 1)))
        .starts_with(prefix);
  });
}

std::vector<std::string> FakeEngine::bodies() const {
  const std::lock_guard lock(mutex_);
  return bodies_;
}

bool FakeEngine::sent(const std::string& request_prefix) const {
  const std::lock_guard lock(mutex_);
  return has_request(request_prefix);
}

void FakeEngine::wait_for_request(const std::string& request_prefix) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return has_request(request_prefix); });
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

FakeReply FakeEngine::reply_for(const Request& request) {
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
    FakeReply answer = scene_reply(request);
    answer.headers.insert(headers_.begin(), headers_.end());
    for (const auto& [name, value] : reply->headers) answer.headers[name] = value;
    answer.fault = reply->fault;
    answer.cut_at = reply->cut_at;
    return answer;
  }
  FakeReply reply = scene_reply(request);
  reply.headers.insert(headers_.begin(), headers_.end());
  return reply;
}

FakeReply FakeEngine::scene_reply(const Request& request) {
  const std::string what = request.method + " " + request.path();
  if (what == "GET /_ping") return {.body = "OK", .headers = {{"Content-Type", "text/plain"}}};
  if (request.minor() > newest_minor_) {
    return error_reply(400, fmt::format("client version 1.{} is too new. Maximum supported API "
                                        "version is 1.{}",
                                        request.minor(), newest_minor_));
  }
  if (what == "GET /info") {
    Json status = {{"Backing Filesystem", "extfs"}};
    if (store_ == FakeStore::containerd) status = {{"driver-type", "io.containerd.snapshotter.v1"}};
    Json pairs = Json::array();
    for (const auto& [key, value] : status.items()) pairs.push_back(Json::array({key, value}));
    return json_reply({{"DriverStatus", pairs}});
  }
  if (what == "GET /images/json") return list_images(request);
  if (what == "GET /containers/json") return list_containers(request);
  if (what == "GET /volumes") return list_volumes();
  if (what == "GET /system/df") return disk_usage(request);
  if (what == "POST /build/prune") return prune_records(request);
  if (what == "POST /images/prune") return prune_images();
  if (request.path().starts_with("/images/")) return one_image(request);
  return error_reply(404, "page not found");
}

bool FakeEngine::is_held(const FakeImage& image, bool by_a_running_one) const {
  return std::any_of(scene_.containers.begin(), scene_.containers.end(),
                     [&](const FakeContainer& container) {
                       return container.image_id == image.id &&
                              (!by_a_running_one || container.state == "running");
                     });
}

FakeReply FakeEngine::list_volumes() const {
  Json list = Json::array();
  for (const std::string& name : scene_.volumes) list.push_back({{"Name", name}});
  return json_reply({{"Volumes", list}});
}

FakeReply FakeEngine::list_images(const Request& request) const {
  const auto patterns = filter_values(request.query(), "reference");
  const bool dangling = filter(request.query(), "dangling") == "true";
  Json list = Json::array();
  for (FakeImage image : scene_.images) {
    if (dangling != image.tags.empty()) continue;
    const std::string label = filter(request.query(), "label");
    if (!label.empty() && label != "com.docker.compose.project=" + image.compose_project) continue;
    if (!patterns.empty()) {
      std::erase_if(image.tags, [&](const std::string& tag) {
        return std::none_of(patterns.begin(), patterns.end(),
                            [&](const std::string& pattern) { return matches(pattern, tag); });
      });
      if (image.tags.empty()) continue;
    }
    list.push_back(image_json(image));
  }
  return json_reply(list);
}

FakeReply FakeEngine::list_containers(const Request& request) const {
  const bool all = parameter(request.query(), "all") == "1";
  Json list = Json::array();
  for (const FakeContainer& container : scene_.containers) {
    if (!all && container.state != "running") continue;
    list.push_back({{"Id", container.name + "-id"},
                    {"Names", {"/" + container.name}},
                    {"ImageID", container.image_id},
                    {"State", container.state}});
  }
  return json_reply(list);
}

FakeReply FakeEngine::disk_usage(const Request& request) const {
  Json list = Json::array();
  long long size = 0;
  for (const FakeRecord& record : scene_.records) {
    list.push_back(record_json(record));
    size += record.size;
  }
  // The parameter is known from 1.42 on; before, an empty list was written as null.
  if (request.minor() < 42) {
    return json_reply({{"LayersSize", 0},
                       {"Images", Json::array()},
                       {"Containers", Json::array()},
                       {"Volumes", Json::array()},
                       {"BuildCache", list.empty() ? Json() : list}});
  }
  if (parameter(request.query(), "type") != "build-cache") {
    return error_reply(500, "the whole disk would be walked: ask for type=build-cache");
  }
  if (request.minor() < 52) return json_reply({{"BuildCache", list}});
  Json usage = Json::object();
  if (!list.empty()) usage = {{"TotalCount", list.size()}, {"TotalSize", size}};
  const bool verbose = parameter(request.query(), "verbose") == "1";
  if (verbose && !list.empty()) usage["Items"] = list;
  Json answer{{"BuildCacheUsage", usage}};
  if (!verbose) answer["BuildCache"] = list;
  return json_reply(answer);
}

FakeReply FakeEngine::prune_records(const Request& request) {
  // Every record is from 2024, so "until" selects them all.
  const auto bound = [&](const char* name) {
    const std::string value = parameter(request.query(), name);
    return value.empty() ? 0LL : std::stoll(value);
  };
  long long counted = 0;  // BuildKit does not count what images share, but deletes it
  for (const FakeRecord& record : scene_.records) counted += record.shared ? 0 : record.size;
  const bool is_new = request.minor() >= 48;
  const long long min_free = is_new ? bound("min-free-space") : 0;
  long long keep = is_new ? bound("max-used-space") : 0;
  if (const long long missing = min_free - scene_.free_space; missing > 0) {
    keep = keep == 0 ? counted - missing : std::min(keep, counted - missing);
  } else if (min_free > 0 && keep == 0) {
    keep = counted;  // so that one record goes all the same: see below
  }
  keep = std::max(keep, bound(is_new ? "reserved-space" : "keep-storage"));
  const bool all = parameter(request.query(), "all") == "1";
  const std::string type = filter(request.query(), "type");
  Json deleted = Json::array();
  long long space = 0;
  std::erase_if(scene_.records, [&](const FakeRecord& record) {
    if (record.in_use || (!type.empty() && record.type != type)) return false;
    if (keep != 0 && counted < keep) return false;
    if (!all && (record.shared || record.type == "internal" || record.type == "frontend")) {
      return false;
    }
    deleted.push_back(record.id);
    space += record.size;
    counted -= record.size;
    if (!record.shared) scene_.free_space += record.size;
    return true;
  });
  return json_reply(
      {{"CachesDeleted", deleted.empty() ? Json() : deleted}, {"SpaceReclaimed", space}});
}

FakeReply FakeEngine::prune_images() {
  Json deleted = Json::array();
  long long space = 0;
  std::erase_if(scene_.images, [&](const FakeImage& image) {
    if (!image.tags.empty() || is_held(image, false)) return false;
    deleted.push_back({{"Deleted", image.id}});
    space += image.size;
    return true;
  });
  return json_reply(
      {{"ImagesDeleted", deleted.empty() ? Json() : deleted}, {"SpaceReclaimed", space}});
}

FakeReply FakeEngine::one_image(const Request& request) {
  const std::string path = request.path();
  std::string suffix;
  if (request.method == "GET") suffix = "/json";
  if (request.method == "POST") suffix = "/tag";
  if (!path.ends_with(suffix)) return error_reply(404, "page not found");
  const std::string name = decoded(path.substr(8, path.size() - 8 - suffix.size()));
  const auto found =
      std::find_if(scene_.images.begin(), scene_.images.end(), [&](const FakeImage& image) {
        return image.id == name || std::count(image.tags.begin(), image.tags.end(), name) > 0;
      });
  if (found == scene_.images.end()) return error_reply(404, "No such image: " + name);
  if (request.method == "GET") return json_reply(image_json(*found));
  if (request.method == "POST") {
    const std::string tag =
        parameter(request.query(), "repo") + ":" + parameter(request.query(), "tag");
    for (FakeImage& image : scene_.images) std::erase(image.tags, tag);
    found->tags.push_back(tag);
    return {.status = 201};
  }
  if (request.method == "DELETE") {
    return remove_image(*found, name, parameter(request.query(), "force") == "1");
  }
  return error_reply(405, "method not allowed");
}

FakeReply FakeEngine::remove_image(FakeImage& image, const std::string& name, bool force) {
  const bool last_name = image.tags.size() == 1;
  if (last_name && !force && is_held(image, false)) {
    return error_reply(409, fmt::format("conflict: unable to remove repository reference \"{}\" "
                                        "(must force) - a container is using its referenced image",
                                        name));
  }
  std::erase(image.tags, name);
  Json entries = Json::array({{{"Untagged", name}}});
  if (last_name && !is_held(image, store_ == FakeStore::classic)) {
    entries.push_back({{"Deleted", image.id}});
    std::erase_if(scene_.images,
                  [id = image.id](const FakeImage& other) { return other.id == id; });
  }
  return json_reply(entries);
}

}  // namespace cac::test
