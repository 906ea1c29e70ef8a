#include "http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>

#include "standby.hpp"

namespace cac {

namespace {

// Far above what an engine says (5,000 build cache records are 2.5 MB), far below what hurts.
constexpr std::size_t largest_body = std::size_t{64} << 20;

// To a host that drops packets; a socket answers at once or never.
constexpr long connect_timeout_ms = 10'000;

struct Received {
  HttpResponse response;
  bool too_large = false;
};

std::size_t receive_body(char* data, std::size_t, std::size_t size, void* to) {
  auto& received = *static_cast<Received*>(to);
  if (received.response.body.size() + size > largest_body) {
    received.too_large = true;
    return 0;
  }
  received.response.body.append(data, size);
  return size;
}

std::size_t receive_header(char* data, std::size_t, std::size_t size, void* to) {
  auto& headers = static_cast<Received*>(to)->response.headers;
  const std::string_view line(data, size);
  // A status line: the headers of an earlier, interim response are not ours.
  if (line.starts_with("HTTP/")) headers.clear();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto begin = line.find_first_not_of(" \t", colon + 1);
  const auto end = line.find_last_not_of(" \t\r\n");
  headers[name] = begin == std::string_view::npos || begin > end
                      ? std::string()
                      : std::string(line.substr(begin, end - begin + 1));
  return size;
}

int remember_socket(void* to, curl_socket_t socket, curlsocktype) {
  *static_cast<curl_socket_t*>(to) = socket;
  return CURL_SOCKOPT_OK;
}

TransportError::Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:  // only the connect timeout is set
      return TransportError::Kind::connect;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return TransportError::Kind::malformed;
    default:
      return TransportError::Kind::lost;
  }
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) || kept.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

}  // namespace

std::string_view text_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::post:
      return "POST";
    case Method::del:
      return "DELETE";
  }
  return "";
}

std::string path_encoded(std::string_view text) { return percent_encoded(text, "-._~/:"); }
std::string query_encoded(std::string_view text) { return percent_encoded(text, "-._~"); }

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

struct HttpConnection::Handles {
  Handles() : multi(curl_multi_init()), easy(curl_easy_init()) {
    if (multi == nullptr || easy == nullptr) throw std::bad_alloc();
  }
  ~Handles() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  // Carries out the transfer that `easy` is set up for. An interruption passes through, and closes
  // the connection in mid-transfer, unless what was sent is to be finished all the same.
  CURLcode perform(Interruption& interruption, bool is_finished_anyway) {
    curl_multi_add_handle(multi, easy);
    const std::unique_ptr<CURL, std::function<void(CURL*)>> added(
        easy, [this](CURL* handle) { curl_multi_remove_handle(multi, handle); });
    interruption.check();
    std::optional<Standby> standby;
    if (is_finished_anyway) standby.emplace(socket);
    for (int running = 1;;) {
      curl_multi_perform(multi, &running);
      if (running == 0) break;
      if (standby) standby->expect_answer();
      curl_waitfd signal{interruption.signal_fd(), CURL_WAIT_POLLIN, 0};
      curl_multi_poll(multi, &signal, signal.fd < 0 ? 0 : 1,
                      static_cast<int>(interruption.longest_wait().count()), nullptr);
      interruption.check();
    }
    if (standby) standby->dismiss();
    int queued = 0;
    const CURLMsg* const message = curl_multi_info_read(multi, &queued);
    return message == nullptr ? CURLE_RECV_ERROR : message->data.result;
  }

  CURLM* multi;
  CURL* easy;
  curl_socket_t socket = CURL_SOCKET_BAD;  // of the connection that was opened last
};

HttpConnection::HttpConnection(const Endpoint& endpoint, Interruption& interruption,
                               Watcher watcher)
    : handles_(std::make_unique<Handles>()),
      endpoint_(endpoint),
      interruption_(interruption),
      watcher_(std::move(watcher)) {
  CURL* easy = handles_->easy;
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT,
                   1L);  // waits for no name server when a run is cut short
#endif
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // *_proxy is for the world outside
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, remember_socket);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &handles_->socket);
  if (!endpoint_.socket_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, endpoint_.socket_path.c_str());
  }
}

HttpConnection::~HttpConnection() = default;

HttpResponse HttpConnection::exchange(Method method, const std::string& target) {
  CURL* easy = handles_->easy;
  const auto start = Interruption::Clock::now();
  const std::string url =
      "http://" + (endpoint_.socket_path.empty() ? endpoint_.host_port : "localhost") + target;
  Received received;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
  if (method == Method::post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (method == Method::del) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
  }

  const auto tell = [&](int status) {
    if (!watcher_) return;
    watcher_({method, target, status, received.response.body.size(),
              std::chrono::duration_cast<std::chrono::milliseconds>(Interruption::Clock::now() -
                                                                    start)});
  };

  CURLcode code = CURLE_OK;
  try {
    code = handles_->perform(interruption_, method == Method::post);
  } catch (...) {
    tell(0);
    throw;
  }
  if (received.too_large) {
    tell(0);
    throw TransportError(TransportError::Kind::too_large, 0,
                         fmt::format("the answer does not end: it is past {}",
                                     text_of(Bytes{static_cast<std::int64_t>(largest_body)})));
  }
  if (code != CURLE_OK) {
    tell(0);
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    throw TransportError(kind_of(code), static_cast<int>(os_error), curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  received.response.status = static_cast<int>(status);
  tell(received.response.status);
  return std::move(received.response);
}

}  // namespace cac
