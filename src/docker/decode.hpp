// The engine's answers as structs: the only room that reads its JSON. Unknown members are ignored,
// missing ones are told apart from empty ones. Knows no endpoint and sends nothing.
// Every function throws EngineError (malformed) when the answer is not what the Docker API
// documents.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "docker/http.hpp"
#include "docker/objects.hpp"

namespace cac {

struct Answer {
  std::string request;  // what was asked, for messages: "GET /system/df"
  HttpResponse response;
  int tries = 1;  // how often it was asked, for an error that passed or did not
};

[[noreturn]] void throw_malformed(const std::string& request, std::string_view why);

bool is_html(const HttpResponse& response);

// What to do when a proxy seems to have answered the request.
std::string proxy_advice(std::string_view request);

// The text of an error: the "message" of a JSON answer, else the first line of a plain text. At
// most 2,000 bytes.
struct ErrorText {
  std::string text;
  bool is_json = false;
};
ErrorText error_text(const HttpResponse& response);

std::vector<Image> images_from(const Answer& answer);
Image image_from(const Answer& answer);
std::vector<Container> containers_from(const Answer& answer);

// Both shapes: BuildCache up to API 1.51, BuildCacheUsage from 1.52. nullopt when the records are
// missing, or contradict the sums beside them.
std::optional<std::vector<CacheRecord>> build_cache_from(const Answer& answer);

// The IDs of what a removal deleted. Empty when the image only lost a name: 200 alone does not mean
// that it is gone.
std::vector<std::string> deleted_ids(const Answer& answer);

struct Pruned {
  std::size_t count = 0;  // records or images that the engine says it deleted
  Bytes reclaimed;
};
Pruned pruned_from(const Answer& answer, const char* list_key);

}  // namespace cac
