// The requests that the tool may send.
#include "answers.hpp"

namespace cac::model {

Kind find_kind(const test::FakeRequest& request) {
  const std::string& method = request.method;
  const std::string path = request.path();
  const auto is = [&](const char* other_method, const char* other_path) {
    return method == other_method && path == other_path;
  };
  const auto is_like = [&](const char* other_method, const char* prefix, const char* suffix) {
    return method == other_method && path.starts_with(prefix) && path.ends_with(suffix);
  };
  if (is("GET", "/_ping")) return Kind::ping;
  if (is("GET", "/images/json")) {
    if (!request.filter("reference").empty()) return Kind::list_images;
    return request.filter("dangling") == "true" ? Kind::list_dangling : Kind::list_labeled;
  }
  if (is("GET", "/containers/json")) return Kind::list_containers;
  if (is("GET", "/volumes")) return Kind::list_volumes;
  if (is("GET", "/system/df")) return Kind::disk_usage;
  if (is("POST", "/build/prune")) return Kind::prune_records;
  if (is_like("GET", "/images/", "/json")) return Kind::inspect;
  if (is_like("DELETE", "/images/sha256:", "")) return Kind::remove_dangling;
  if (is_like("DELETE", "/images/", "")) return Kind::remove;
  if (is_like("POST", "/images/", "/tag")) return Kind::tag;
  if (is_like("POST", "/containers/", "/exec")) return Kind::create_exec;
  if (is_like("POST", "/exec/", "/start")) return Kind::start_exec;
  if (is_like("GET", "/exec/", "/json")) return Kind::inspect_exec;
  return Kind::other;
}

bool is_write(Kind kind) {
  switch (kind) {
    case Kind::remove:
    case Kind::tag:
    case Kind::remove_dangling:
    case Kind::prune_records:
    case Kind::create_exec:
    case Kind::start_exec:
    case Kind::other:
      return true;
    default:
      return false;
  }
}

}  // namespace cac::model
