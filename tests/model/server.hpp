// The engine's end of the connections: takes requests off a socket, and sends the answers as their
// faults have it. One thread: the run's loop polls it along with the tool.
#pragma once

#include <poll.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine.hpp"

namespace cac::model {

using Clock = std::chrono::steady_clock;

class Server {
 public:
  // Called when a request has come in, before anything is done about it, and when its answer has
  // gone out. False: the answer is withheld.
  struct Hooks {
    std::function<bool(int number, Kind kind)> arrived;
    std::function<void(int number)> answered;
  };

  // directory: for the socket.
  Server(Engine& engine, const std::string& directory, bool on_tcp, Hooks hooks);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& url() const { return url_; }
  void add_polled(std::vector<pollfd>& polled) const;
  // Does what is due, after a poll() of these.
  void serve(const std::vector<pollfd>& polled);
  // How long a poll() may wait.
  std::chrono::milliseconds max_wait() const;

  // After the tool's end: answers what was withheld.
  void answer_withheld();
  void close_all();
  // Connections that the other side still has open.
  std::size_t open_connections() const;
  // Prunes whose connection was closed before they were answered, by their requests' numbers.
  const std::vector<int>& cancelled_prunes() const { return cancelled_prunes_; }

 private:
  struct Connection {
    int fd = -1;
    int number = 0;
    std::string received = {};
    std::string to_send = {};  // of the answer
    std::size_t piece = 0;     // bytes sent at a time; 0: all at once
    Clock::time_point next_piece = {};
    std::size_t exchange = 0;  // its index
    bool in_answer = false;
    bool is_withheld = false;  // a request was read, and nothing was done about it
    bool any_sent = false;
    Wire wire = {};
    bool is_dead = false;
  };

  void listen(const std::string& directory, bool on_tcp);
  void stop_listening();
  void accept_all();
  void read_from(Connection& connection);
  // Answers the request that has come in whole, if there is one.
  void take_request(Connection& connection);
  void begin_answer(Connection& connection, const test::FakeRequest& request,
                    const std::string& body);
  void send_piece(Connection& connection);
  void end_answer(Connection& connection);
  void close_connection(Connection& connection, bool by_client);
  void drop_if_restarted();

  Engine& engine_;
  Hooks hooks_;
  int listener_ = -1;
  std::string socket_path_;
  std::string url_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<int> cancelled_prunes_;
  int made_ = 0;
  int restarts_ = 0;
};

}  // namespace cac::model
