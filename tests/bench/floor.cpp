// floor SOCKET: the least that a client can do. Sends the requests on standard input, a line
// "METHOD TARGET" each, one after the other over one connection, and looks at no answer. Uses
// nothing of the C++ library, which would take time to load.

#include <curl/curl.h>

#include <cstdio>
#include <cstring>

namespace {

std::size_t discard(char*, std::size_t, std::size_t size, void*) { return size; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  CURL* const easy = curl_easy_init();
  if (easy == nullptr) return 1;
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, argv[1]);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
  char method[8];
  char target[1024];
  while (std::scanf("%7s %1023s", method, target) == 2) {
    char url[sizeof "http://localhost" + sizeof target];
    std::snprintf(url, sizeof url, "http://localhost%s", target);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
    if (std::strcmp(method, "POST") == 0) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    } else {
      curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
      if (std::strcmp(method, "GET") != 0) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    }
    const CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK) {
      std::fprintf(stderr, "%s %s: %s\n", method, target, curl_easy_strerror(code));
      return 1;
    }
  }
  curl_easy_cleanup(easy);
  return 0;
}
