#include "docker/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "docker/connection_keeper.hpp"

namespace cac {

namespace {

// Far above what an engine says (5,000 build cache records are 2.5 MB), far below what hurts.
constexpr std::int64_t max_body = 32'000'000;
constexpr std::size_t max_header = 250'000;  // libcurl gives up at 300 kB, without saying so
constexpr const char* long_header = "the response's header is larger than any engine's";

// To a host that drops packets; a socket answers at once or never.
constexpr long connect_timeout_ms = 10'000;

// A connection cannot be made while the listener's backlog is full.
constexpr std::chrono::milliseconds backlog_pause{50};

// One request, and what has come of its response.
struct Transfer {
  CURL* easy;
  const std::vector<curl_socket_t>& open_sockets;
  bool finishes;  // also when this process ends before the response is there
  std::optional<Standby> standby = {};
  bool sent = false;
  std::size_t header_size = 0;
  bool header_complete = false;
  bool out_of_memory = false;  // no exception may pass through libcurl
  std::string too_large = {};  // what is, and how large it may be
  HttpResponse response = {};
};

// Called each time that the request is about to go out. libcurl sends a request again, whatever its
// method, when a kept connection was closed before an answer; that is not its to decide.
int before_sending(void* to, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(to);
  if (std::exchange(transfer.sent, true)) return CURL_PREREQFUNC_ABORT;
  // There is one connection, and it is made by now. (CURLINFO_ACTIVESOCKET does not know it yet.)
  if (!transfer.finishes) return CURL_PREREQFUNC_OK;
  transfer.standby.emplace(transfer.open_sockets.size() == 1 ? transfer.open_sockets.front() : -1);
  return transfer.standby->error() == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

int add_socket(void* to, curl_socket_t socket, curlsocktype) {
  static_cast<std::vector<curl_socket_t>*>(to)->push_back(socket);
  return CURL_SOCKOPT_OK;
}

int close_socket(void* from, curl_socket_t socket) {
  std::erase(*static_cast<std::vector<curl_socket_t>*>(from), socket);
  return close(socket);
}

std::size_t receive_body(std::string_view data, Transfer& transfer) {
  if (std::cmp_greater(transfer.response.body.size() + data.size(), max_body)) {
    transfer.too_large = fmt::format("the response is larger than {}", text_of(Bytes{max_body}));
    return 0;
  }
  transfer.response.body.append(data);
  return data.size();
}

std::size_t receive_header(std::string_view line, Transfer& transfer) {
  transfer.header_size += line.size();
  if (transfer.header_size > max_header) {
    transfer.too_large = long_header;
    return 0;
  }
  auto& headers = transfer.response.headers;
  if (line.starts_with("HTTP/")) {
    // Drops the headers of an earlier, interim response.
    headers.clear();
    transfer.header_complete = false;
  }
  if (transfer.header_complete) return line.size();  // a trailer
  transfer.header_complete = line == "\r\n" || line == "\n";
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto begin = line.find_first_not_of(" \t", colon + 1);
  const auto end = line.find_last_not_of(" \t\r\n");
  headers[name] = begin == std::string_view::npos || begin > end
                      ? std::string()
                      : std::string(line.substr(begin, end - begin + 1));
  return line.size();
}

// For libcurl, through which no exception may pass; fewer bytes than came end the transfer.
template <std::size_t (*receive)(std::string_view, Transfer&)>
std::size_t receiver(char* data, std::size_t, std::size_t size, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  try {
    return receive({data, size}, transfer);
  } catch (const std::bad_alloc&) {
    transfer.out_of_memory = true;
    return size + 1;
  }
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

// The errno of an attempt to connect to a unix socket; 0: it can be connected to. libcurl has none
// when the backlog is full (EAGAIN).
int connect_errno(const std::string& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int result = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
  const int error = result == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

// Throws what became of a transfer that did not yield a response.
void check(const Transfer& transfer, CURLcode code) {
  using Kind = TransportError::Kind;
  // libcurl reports a single header line of more than 100 kB as out of memory; newer ones than 8.6
  // have a code for it.
  constexpr int curle_too_large = 100;
  const bool endless_line =
      (code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == curle_too_large) &&
      !transfer.header_complete;
  if (transfer.out_of_memory) throw std::bad_alloc();
  if (const int error = transfer.standby ? transfer.standby->error() : 0; error != 0) {
    throw TransportError(Kind::not_sent, error, std::generic_category().message(error));
  }
  if (endless_line) throw TransportError(Kind::too_large, 0, long_header);
  if (!transfer.too_large.empty()) throw TransportError(Kind::too_large, 0, transfer.too_large);
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    throw TransportError(Kind::closed, 0, "it was closed while the request was sent");
  }
  if (code != CURLE_OK) {
    long os_error = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_OS_ERRNO, &os_error);
    throw TransportError(kind_of(code), static_cast<int>(os_error), curl_easy_strerror(code));
  }
  // libcurl takes the end of the connection for the end of the header.
  if (!transfer.header_complete) throw TransportError(Kind::lost, 0, "the header is cut off");
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
  // the connection in mid-transfer, unless the request is to be finished all the same.
  CURLcode perform(Transfer& transfer, Interruption& interruption) {
    curl_multi_add_handle(multi, easy);
    const std::unique_ptr<CURL, std::function<void(CURL*)>> added(
        easy, [this](CURL* handle) { curl_multi_remove_handle(multi, handle); });
    interruption.check();
    for (int running = 1;;) {
      curl_multi_perform(multi, &running);
      if (running == 0) break;
      if (transfer.standby) transfer.standby->expect_answer();
      curl_waitfd signal{interruption.signal_fd(), CURL_WAIT_POLLIN, 0};
      curl_multi_poll(multi, &signal, signal.fd < 0 ? 0 : 1,
                      static_cast<int>(interruption.longest_wait().count()), nullptr);
      interruption.check();
    }
    if (transfer.standby) transfer.standby->dismiss();
    int queued = 0;
    const CURLMsg* const message = curl_multi_info_read(multi, &queued);
    return message == nullptr ? CURLE_RECV_ERROR : message->data.result;
  }

  CURLM* multi;
  CURL* easy;
  std::vector<curl_socket_t> open_sockets = {};
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
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receiver<receive_body>);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receiver<receive_header>);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, add_socket);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &handles_->open_sockets);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &handles_->open_sockets);
  if (!endpoint_.socket_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, endpoint_.socket_path.c_str());
  }
}

HttpConnection::~HttpConnection() = default;

HttpResponse HttpConnection::exchange(Method method, const std::string& target,
                                      WhenCutShort when_cut_short) {
  CURL* easy = handles_->easy;
  const auto start = Interruption::Clock::now();
  const std::string url =
      "http://" + (endpoint_.socket_path.empty() ? endpoint_.host_port : "localhost") + target;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
  if (method == Method::post) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (method == Method::del) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
  }

  for (;;) {
    Transfer transfer{.easy = easy,
                      .open_sockets = handles_->open_sockets,
                      .finishes = when_cut_short == WhenCutShort::finish};
    for (const auto option : {CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PREREQDATA}) {
      curl_easy_setopt(easy, option, &transfer);
    }
    const auto tell = [&](int status) {
      if (!watcher_) return;
      watcher_({method, target, status, transfer.response.body.size(),
                std::chrono::duration_cast<std::chrono::milliseconds>(Interruption::Clock::now() -
                                                                      start)});
    };
    try {
      check(transfer, handles_->perform(transfer, interruption_));
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      transfer.response.status = static_cast<int>(status);
    } catch (const TransportError& error) {
      const bool is_unexplained = error.kind() == TransportError::Kind::connect &&
                                  error.os_error() == 0 && !endpoint_.socket_path.empty();
      const int reason = is_unexplained ? connect_errno(endpoint_.socket_path) : 0;
      if (is_unexplained && (reason == EAGAIN || reason == 0)) {
        interruption_.sleep_for(backlog_pause);
        continue;
      }
      tell(0);
      if (is_unexplained) throw TransportError(error.kind(), reason, error.what());
      throw;
    } catch (...) {
      tell(0);
      throw;
    }
    tell(transfer.response.status);
    return std::move(transfer.response);
  }
}

}  // namespace cac
