// A Docker Engine for what a real one does not do on demand: a thread on a real socket that keeps a
// small scene like an engine, records requests, and gives scripted replies where a test says so.
// The contract cases run on it and on real engines, so that it cannot drift from them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cac::test {

struct FakeImage {
  std::string id;
  std::vector<std::string> tags;  // empty: dangling
  long long size = 1000;
  std::vector<std::string> repo_digests = {};
  std::string compose_project = {};  // its label
};

struct FakeContainer {
  std::string name;
  std::string image_id;
  std::string state = "running";
};

struct FakeRecord {
  std::string id;
  std::string type = "regular";
  std::string description = {};
  bool in_use = false;
  long long size = 100;
  bool shared = false;    // an image has its layers: a prune without all=1 leaves it
  bool released = false;  // the build that made it has ended
};

// They differ in what becomes of an image that only a stopped container holds.
enum class FakeStore { classic, containerd };

// What the engine has. Tests set it up, and look at what is left of it.
struct FakeScene {
  std::vector<FakeImage> images = {};
  std::vector<FakeContainer> containers = {};
  std::vector<FakeRecord> records = {};  // the least recently used first
  std::vector<std::string> volumes = {};
  long long free_space = 100'000'000'000;
};

// The sample application beside another one, as the scripts fill a real engine with it: a running
// container of the backend, a stopped one of the frontend, an older backend to go back to, and
// records of every kind, none in use.
FakeScene sample_scene();

// "sha256:" and 64 times this digit, as long as a real ID.
std::string image_id(char digit);

// A scripted reply, or how not to give one.
struct FakeReply {
  int status = 200;
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  enum class Fault {
    none,
    cut_off,      // closes the connection in the middle of the body
    hang_up,      // closes it without an answer
    no_answer,    // says nothing until the client gives up
    late,         // says nothing until the test wants it to, if the client is still there then
    endless,      // sends body after body, for ever
    not_http,     // sends the body and no head, then closes
    raw,          // sends the body and no head, and goes on
    close_after,  // closes the connection after the answer, without having said so
  } fault = Fault::none;
  bool by_scene =
      false;  // the scene is changed and answers; only the fault and cut_at are scripted
  std::optional<std::size_t> cut_at =
      {};  // closes the connection after so many bytes of head and body
};

class FakeEngine {
 public:
  enum class Listen { on_socket, on_tcp };

  explicit FakeEngine(Listen listen = Listen::on_socket);
  ~FakeEngine();
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  // For --host.
  std::string url() const { return url_; }

  // The next requests that begin so ("GET /images/json", the version is left out) get these replies
  // in turn; the last one stays. Without a reply (nothing in the optional) the scene answers.
  using Replies = std::vector<std::optional<FakeReply>>;
  void reply(const std::string& request_prefix, Replies replies);

  // Called before a request that begins so is answered, with the scene to change; each time.
  void before(const std::string& request_prefix, std::function<void(FakeScene&)> change);

  // In every answer of the scene's; a header with an empty value is left out.
  void set_header(const std::string& name, const std::string& value);

  // The newest API version that it speaks, from 1.24 on. Default: 1.51.
  void set_api(int newest_minor);
  void set_store(FakeStore store);

  FakeScene scene() const;
  void set_scene(FakeScene scene);

  // "GET /v1.51/images/json?filters=…", as they came in; and how many connections they took.
  std::vector<std::string> requests() const;
  std::size_t connections() const;
  // Of the requests that had one.
  std::vector<std::string> bodies() const;
  // Whether a request that begins so has come in.
  bool sent(const std::string& request_prefix) const;

  // Wait until a request that begins so has come in; until so many have; until so many connections
  // have ended.
  void wait_for_request(const std::string& request_prefix) const;
  void wait_for_requests(std::size_t count) const;
  void wait_for_hang_up(std::size_t count = 1) const;

  // The reply that is late is sent now. late_answers: how many were; clients had hung up on the
  // others.
  void answer_now();
  std::size_t late_answers() const;
  // The bytes of head and body of the answer that was cut last, had it been complete.
  std::size_t whole_size() const;

 private:
  struct Script {
    std::string prefix;
    Replies replies;
    std::size_t next = 0;
  };
  struct Hook {
    std::string prefix;
    std::function<void(FakeScene&)> change;
  };
  struct Request;

  bool has_request(const std::string& prefix) const;
  void serve();
  void serve_connection(int connection);
  bool answer(int connection, const std::string& method, const std::string& target);
  bool stopping(int connection) const;
  bool answer_late(int connection, const std::string& text);

  FakeReply reply_for(const Request& request);
  FakeReply scene_reply(const Request& request);
  FakeReply list_images(const Request& request) const;
  FakeReply list_volumes() const;
  FakeReply list_containers(const Request& request) const;
  FakeReply disk_usage(const Request& request) const;
  FakeReply prune_records(const Request& request);
  FakeReply prune_images();
  FakeReply one_image(const Request& request);
  FakeReply remove_image(FakeImage& image, const std::string& name, bool force);
  bool is_held(const FakeImage& image, bool by_a_running_one) const;

  std::string directory_;
  std::string url_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  int answer_pipe_[2] = {-1, -1};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  FakeScene scene_;
  FakeStore store_ = FakeStore::classic;
  int newest_minor_ = 51;
  std::vector<Script> scripts_;
  std::vector<Hook> hooks_;
  std::map<std::string, std::string> headers_;
  std::vector<std::string> requests_;
  std::vector<std::string> bodies_;
  std::size_t connections_ = 0;
  std::size_t hang_ups_ = 0;
  std::size_t late_answers_ = 0;
  std::size_t whole_size_ = 0;
  std::thread thread_;
};

}  // namespace cac::test
