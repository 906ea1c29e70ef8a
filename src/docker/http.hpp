// Sends HTTP requests one after the other over one kept-alive connection; the only user of libcurl.
// Must not know Docker: a status is a number here, and a body is text. Sends each request once:
// the caller decides whether to repeat one, and TransportError says how the connection failed.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "docker/endpoint.hpp"

namespace cac {

enum class Method { get, post, del };
std::string_view to_string(Method method);

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::string body = {};

  // Returns "" when there is no such header.
  std::string_view header(std::string_view lower_case_name) const;
};

// There is no response, or an incomplete one.
struct TransportError : std::runtime_error {
  enum class Kind {
    connect,    // no connection; os_error says why, if the system did
    tls,        // no TLS, or no certificate that both sides accept; the message is the library's
    closed,     // a kept connection was closed before any of the response came: the peer may have
                // closed it before it got the request
    lost,       // the connection broke before the response was complete
    malformed,  // the peer did not answer in HTTP
    too_large,  // the header or the body is larger than any engine's
  };
  TransportError(Kind what_failed, const std::string& message, int error = 0)
      : std::runtime_error(message), kind(what_failed), os_error(error) {}
  Kind kind;
  int os_error;
};

// One request and its outcome, for a log.
struct Exchange {
  Method method;
  std::string_view target;
  int status;  // 0: no response
  std::size_t body_size;
  std::chrono::milliseconds took;
};

// Called after every request, also after one that failed.
using RequestLogger = std::function<void(const Exchange&)>;

// Called while a request is sent; each may be empty.
struct SendHooks {
  // Gets the connected socket (-1: unknown) right before the request goes out. If it throws, the
  // request is not sent, and send() throws the same exception.
  std::function<void(int socket)> before_sending = {};
  // The request was sent, and its response is not complete. Called again and again.
  std::function<void()> waiting = {};
  // The response is complete, or will not come.
  std::function<void()> finished = {};
  // Instead of finished: the wait is interrupted, and the connection about to be closed.
  std::function<void()> interrupted = {};
};

// libcurl and what it uses, with their versions, for --version.
std::string describe_libraries();

class HttpConnection {
 public:
  HttpConnection(const Endpoint& endpoint, Interruption& interruption, RequestLogger log_request);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Returns the response, whatever its status. target: path and query, already encoded. Waits for
  // a connection while the listener's backlog is full. Throws TransportError, and Interrupted or
  // TimedOut, which close the connection. body: JSON, of a POST; may be empty.
  HttpResponse send(Method method, const std::string& target, const SendHooks& hooks = {},
                    const std::string& body = "");

  // Returns the number of connections made so far. It changes before before_sending() is called.
  std::size_t connections_made() const;

  // To be called between requests: the next connection speaks TLS 1.2, which has the peer refuse
  // our certificate within the handshake.
  void limit_to_tls_1_2();

 private:
  struct Handles;
  static std::unique_ptr<Handles> make_handles();
  std::unique_ptr<Handles> handles_;
  Endpoint endpoint_;
  Interruption& interruption_;
  RequestLogger log_request_;
};

}  // namespace cac
