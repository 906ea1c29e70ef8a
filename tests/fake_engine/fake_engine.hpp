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

#include "scene.hpp"

namespace cac::test {

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
  // How many requests that begin so have come in.
  std::ptrdiff_t sent(const std::string& request_prefix) const;

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

  std::ptrdiff_t count_requests(const std::string& prefix) const;
  void serve();
  void serve_connection(int connection);
  bool answer(int connection, const std::string& method, const std::string& target);
  bool stopping(int connection) const;
  bool answer_late(int connection, const std::string& text);

  FakeReply reply_for(const FakeRequest& request);

  std::string directory_;
  std::string url_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  int answer_pipe_[2] = {-1, -1};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  FakeScene scene_;
  FakeRules rules_;
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
