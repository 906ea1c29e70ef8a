#include "docker/http.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "docker/transfer.hpp"

namespace cac {

namespace {

using Kind = TransportError::Kind;

// detail: libcurl's own words. TLS 1.3 has the peer refuse our certificate only after the request.
Kind error_kind(CURLcode code, std::string_view detail) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return Kind::tls;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT:  // only the connect timeout is set
      return Kind::connect;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return Kind::malformed;
    default:
      return detail.find("alert") == std::string_view::npos ? Kind::lost : Kind::tls;
  }
}

void set_tls_options(CURL* easy, const TlsFiles& files) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  const std::string& authorities = files.ca.empty() ? files.bundle : files.ca;
  if (!authorities.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, authorities.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // these alone, not the system's as well
  }
  if (!files.certificate.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, files.certificate.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, files.key.c_str());
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");  // else an encrypted key makes OpenSSL ask
  }
  if (!files.verifies) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

}  // namespace

std::string_view to_string(Method method) {
  constexpr std::string_view names[] = {"GET", "POST", "DELETE"};
  return names[static_cast<int>(method)];
}

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  const auto found = headers.find(std::string(lower_case_name));
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

struct HttpConnection::Handles {
  // Carries out the transfer that `easy` is set up for. An interruption passes through, and closes
  // the connection in mid-transfer.
  CURLcode perform(const Transfer& transfer, Interruption& interruption) const {
    curl_multi_add_handle(multi.get(), easy.get());
    const std::unique_ptr<CURL, std::function<void(CURL*)>> added(
        easy.get(), [this](CURL* handle) { curl_multi_remove_handle(multi.get(), handle); });
    interruption.check();
    for (int running = 1;;) {
      curl_multi_perform(multi.get(), &running);
      if (running == 0) break;
      if (transfer.is_sent && transfer.hooks.waiting) transfer.hooks.waiting();
      curl_waitfd signal{interruption.signal_fd(), CURL_WAIT_POLLIN, 0};
      curl_multi_poll(multi.get(), &signal, signal.fd < 0 ? 0 : 1,
                      static_cast<int>(interruption.max_wait().count()), nullptr);
      try {
        interruption.check();
      } catch (...) {
        if (transfer.is_sent && transfer.hooks.interrupted) transfer.hooks.interrupted();
        throw;
      }
    }
    if (transfer.hooks.finished) transfer.hooks.finished();
    int queued = 0;
    const CURLMsg* const message = curl_multi_info_read(multi.get(), &queued);
    return message == nullptr ? CURLE_RECV_ERROR : message->data.result;
  }

  // Returns false when no connection could be made because the listener's backlog is full.
  bool complete(const Transfer& transfer, const std::string& socket_path,
                Interruption& interruption) const {
    const CURLcode code = perform(transfer, interruption);
    if (transfer.exception) std::rethrow_exception(transfer.exception);
    // libcurl reports a single header line of more than 100 kB as out of memory; newer ones than
    // 8.6 have a code for it.
    constexpr int curle_too_large = 100;
    if ((code == CURLE_OUT_OF_MEMORY || static_cast<int>(code) == curle_too_large) &&
        !transfer.header_complete) {
      throw TransportError(Kind::too_large, long_header);
    }
    if (code != CURLE_OK) {
      long os_error = 0;
      curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &os_error);
      const std::string_view detail = error_text.data();
      const Kind kind = error_kind(code, detail);
      if (kind == Kind::connect && os_error == 0 && !socket_path.empty()) {
        // libcurl knows none when the backlog is full (EAGAIN).
        os_error = connect_errno(socket_path);
        if (os_error == EAGAIN || os_error == 0) return false;
      }
      const bool is_tls = kind == Kind::tls && !detail.empty();
      throw TransportError(kind, is_tls ? error_text.data() : curl_easy_strerror(code),
                           static_cast<int>(os_error));
    }
    // libcurl takes the end of the connection for the end of the header.
    if (!transfer.header_complete) throw TransportError(Kind::lost, "the header is cut off");
    return true;
  }

  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> json_header{
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all};
  std::array<char, CURL_ERROR_SIZE> error_text{};
  Sockets sockets = {};  // used while the others are destroyed
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(),
                                                              curl_multi_cleanup};
  int multi_errno = errno;  // libcurl 8.14 needs descriptors for it, 7.88 did not
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), curl_easy_cleanup};
};

std::unique_ptr<HttpConnection::Handles> HttpConnection::make_handles() {
  unsetenv("SSLKEYLOGFILE");  // libcurl would write a connection's secrets there
  return std::make_unique<Handles>();
}

std::string describe_libraries() { return curl_version(); }

HttpConnection::HttpConnection(const Endpoint& endpoint, Interruption& interruption,
                               RequestLogger log_request)
    : handles_(make_handles()),
      endpoint_(endpoint),
      interruption_(interruption),
      log_request_(std::move(log_request)) {
  const bool lacks_memory = !handles_->multi && handles_->multi_errno == ENOMEM;
  if (lacks_memory || !handles_->easy) throw std::bad_alloc();
  CURL* const easy = handles_->easy.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // an interrupted run awaits no name server
#endif
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // *_proxy is for the world outside
  // For a host that drops packets; a socket answers at once or never.
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  set_callbacks(easy, handles_->sockets);
  if (!endpoint_.socket_path.empty()) {
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, endpoint_.socket_path.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, handles_->error_text.data());
  if (endpoint_.tls) set_tls_options(easy, *endpoint_.tls);
}

HttpConnection::~HttpConnection() = default;

std::size_t HttpConnection::connections_made() const { return handles_->sockets.made; }

void HttpConnection::limit_to_tls_1_2() {
  curl_easy_setopt(handles_->easy.get(), CURLOPT_SSLVERSION,
                   static_cast<long>(CURL_SSLVERSION_TLSv1_2) | CURL_SSLVERSION_MAX_TLSv1_2);
}

HttpResponse HttpConnection::send(Method method, const std::string& target, const SendHooks& hooks,
                                  const std::string& body) {
  const auto start = Interruption::Clock::now();
  if (!handles_->multi) {
    throw TransportError(Kind::connect, std::strerror(handles_->multi_errno),
                         handles_->multi_errno);
  }
  HttpResponse response;
  Transfer transfer{hooks, handles_->sockets, response};
  CURL* const easy = handles_->easy.get();
  const std::string url =
      fmt::format("http{}://{}{}", endpoint_.tls ? "s" : "",
                  endpoint_.socket_path.empty() ? endpoint_.host_port : "localhost", target);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, body.empty() ? nullptr : handles_->json_header.get());
  curl_easy_setopt(easy, method == Method::post ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method == Method::del ? "DELETE" : nullptr);
  begin_transfer(easy, transfer);
  const auto log = [&] {
    const auto took =
        std::chrono::floor<std::chrono::milliseconds>(Interruption::Clock::now() - start);
    if (log_request_) log_request_({method, target, response.status, response.body.size(), took});
  };
  try {
    while (!handles_->complete(transfer, endpoint_.socket_path, interruption_)) {
      interruption_.sleep_for(std::chrono::milliseconds(50));
    }
  } catch (...) {
    log();
    throw;
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  log();
  return response;
}

}  // namespace cac
