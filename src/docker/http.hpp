// One HTTP exchange after the other over one kept-alive connection; the only user of libcurl.
// Does not know Docker: a status is a number here, and a body is text. Sends each request once:
// whether to repeat one is up to the caller, who is told what the connection did.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "base/units.hpp"
#include "docker/endpoint.hpp"

namespace cac {

enum class Method { get, post, del };
std::string_view text_of(Method method);

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  // Empty when there is no such header.
  std::string_view header(std::string_view lower_case_name) const;
};

// No response, or an incomplete one.
class TransportError : public std::runtime_error {
 public:
  enum class Kind {
    connect,    // nobody was reached; os_error tells why, where the system said so
    closed,     // a kept connection was closed before any of the response came: the peer may have
                // closed it before it got the request
    not_sent,   // nobody could be left on the line (see Standby); os_error tells why
    lost,       // the connection broke before the response was complete
    malformed,  // what came is not HTTP
    too_large,  // the header or the body is longer than any engine's
  };
  TransportError(Kind kind, int os_error, const std::string& message)
      : std::runtime_error(message), kind_(kind), os_error_(os_error) {}
  Kind kind() const { return kind_; }
  int os_error() const { return os_error_; }

 private:
  Kind kind_;
  int os_error_;
};

// What became of one request, for whoever watches.
struct Exchange {
  Method method;
  std::string_view target;
  int status;  // 0: no answer
  std::size_t body_size;
  std::chrono::milliseconds took;
};

class HttpConnection {
 public:
  using Watcher = std::function<void(const Exchange&)>;

  // The watcher is told of every exchange, failed ones too.
  HttpConnection(const Endpoint& endpoint, Interruption& interruption, Watcher watcher);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // What becomes of a request whose response this process does not live to see.
  enum class WhenCutShort {
    hang_up,  // the connection is closed, which an engine takes for a cancel
    finish,   // the connection stays open until the response (see Standby)
  };

  // target: path and query, already encoded. Any status is a response; throws TransportError, and
  // Interrupted or TimedOut. Waits, while a listener's backlog is full, until it can connect.
  HttpResponse exchange(Method method, const std::string& target,
                        WhenCutShort when_cut_short = WhenCutShort::hang_up);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
  Endpoint endpoint_;
  Interruption& interruption_;
  Watcher watcher_;
};

// Percent-encoded for a path: names keep their '/' and ':', as the engine's router wants.
std::string path_encoded(std::string_view text);
// Percent-encoded for the value of a query parameter.
std::string query_encoded(std::string_view text);

}  // namespace cac
