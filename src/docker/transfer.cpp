#include "docker/transfer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/to_lower.hpp"
#include "base/units.hpp"

namespace cac {

namespace {

// Far above what an engine sends (5,000 build cache records are 2.5 MB), far below what hurts.
constexpr std::int64_t max_body = 32'000'000;
constexpr std::size_t max_header = 250'000;  // libcurl gives up at 300 kB, without saying so

template <typename... Arguments>
bool call(void* to, void (Transfer::*method)(Arguments...), Arguments... arguments) {
  auto& transfer = *static_cast<Transfer*>(to);
  try {
    (transfer.*method)(arguments...);
    return true;
  } catch (...) {
    transfer.exception = std::current_exception();
    return false;
  }
}

int before_sending(void* to, char*, char*, int, int) {
  return call(to, &Transfer::send) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

// Any other number than that of the bytes received ends the transfer.
template <void (Transfer::*receive)(std::string_view)>
std::size_t receiver(char* data, std::size_t, std::size_t size, void* to) {
  return call(to, receive, std::string_view(data, size)) ? size : size + 1;
}

int add_socket(void* to, curl_socket_t socket, curlsocktype) {
  auto& sockets = *static_cast<Sockets*>(to);
  sockets.open.push_back(socket);
  ++sockets.made;
  return CURL_SOCKOPT_OK;
}

int close_socket(void* from, curl_socket_t socket) {
  std::erase(static_cast<Sockets*>(from)->open, socket);
  return close(socket);
}

}  // namespace

void Transfer::send() {
  if (std::exchange(is_sent, true)) {
    throw TransportError(TransportError::Kind::closed, "it was closed while the request was sent");
  }
  // There is one connection, made by now. (CURLINFO_ACTIVESOCKET does not know it yet.)
  const int socket = sockets.open.size() == 1 ? sockets.open.front() : -1;
  if (hooks.before_sending) hooks.before_sending(socket);
}

void Transfer::receive_header(std::string_view line) {
  header_size += line.size();
  if (header_size > max_header) throw TransportError(TransportError::Kind::too_large, long_header);
  if (line.starts_with("HTTP/")) {
    // Drops the headers of an earlier, interim response.
    response.headers.clear();
    header_complete = false;
  }
  if (header_complete) return;  // a trailer
  header_complete = line == "\r\n" || line == "\n";
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string name = to_lower(std::string(line.substr(0, colon)));
  constexpr const char* blanks = " \t\r\n";
  const auto begin = std::min(line.find_first_not_of(blanks, colon + 1), line.size());
  response.headers[name] = line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
}

void Transfer::receive_body(std::string_view data) {
  if (std::cmp_greater(response.body.size() + data.size(), max_body)) {
    throw TransportError(TransportError::Kind::too_large,
                         fmt::format("the response is larger than {}", to_string(Bytes{max_body})));
  }
  response.body.append(data);
}

void set_callbacks(CURL* easy, Sockets& sockets) {
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receiver<&Transfer::receive_body>);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receiver<&Transfer::receive_header>);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, add_socket);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &sockets);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &sockets);
}

void begin_transfer(CURL* easy, Transfer& transfer) {
  for (const auto option : {CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PREREQDATA}) {
    curl_easy_setopt(easy, option, &transfer);
  }
}

}  // namespace cac
