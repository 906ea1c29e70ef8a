// One request on its way, and the part of its response that has arrived: what libcurl calls.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <exception>
#include <string_view>
#include <vector>

#include "docker/http.hpp"

namespace cac {

inline constexpr const char* long_header = "the response's header is larger than any engine's";

struct Sockets {
  std::vector<curl_socket_t> open = {};
  std::size_t made = 0;
};

// The methods are libcurl's callbacks. They throw TransportError, or what a hook throws.
struct Transfer {
  const SendHooks& hooks;
  const Sockets& sockets;
  HttpResponse& response;
  bool is_sent = false;
  std::size_t header_size = 0;
  bool header_complete = false;
  std::exception_ptr exception = {};  // of a callback: none may pass through libcurl

  // libcurl sends a request again, whatever its method, when a kept connection was closed before an
  // answer. Only the caller may decide that.
  void send();
  void receive_header(std::string_view line);
  void receive_body(std::string_view data);
};

// Has the handle call the methods of the transfer that begin_transfer() names, and count sockets.
void set_callbacks(CURL* easy, Sockets& sockets);
void begin_transfer(CURL* easy, Transfer& transfer);

}  // namespace cac
