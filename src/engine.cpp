#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace cac {

namespace {

using Json = nlohmann::json;

// What the endpoint is called in messages: method and path, without the query.
std::string named(Method method, std::string_view target) {
  return fmt::format("{} {}", text_of(method), target.substr(0, target.find('?')));
}

[[noreturn]] void throw_malformed(const std::string& request, std::string_view why) {
  throw EngineError(
      {FailureKind::malformed,
       fmt::format("{}: the answer is not what the Docker API documents: {}", request, why),
       "Is something other than the engine, a proxy perhaps, answering at this address?"});
}

// Reads one JSON value of an answer; tells an absent or null member (nothing) from a wrong one
// (throws).
class Reader {
 public:
  Reader(const Json& json, const std::string& request) : json_(json), request_(request) {}

  const Json& object() const {
    if (!json_.is_object()) wrong("an object", "the answer");
    return json_;
  }
  const Json& array() const {
    if (!json_.is_array()) wrong("an array", "the answer");
    return json_;
  }
  bool has(const char* key) const { return object().contains(key); }

  std::optional<std::string> text(const char* key) const {
    const Json* found = member(key, &Json::is_string, "a string");
    return found != nullptr ? std::optional(found->get<std::string>()) : std::nullopt;
  }
  std::optional<std::int64_t> number(const char* key) const {
    const Json* found = member(key, &Json::is_number_integer, "a whole number");
    return found != nullptr ? std::optional(found->get<std::int64_t>()) : std::nullopt;
  }
  bool flag(const char* key) const {
    const Json* found = member(key, &Json::is_boolean, "true or false");
    return found != nullptr && found->get<bool>();
  }
  // Absent or null is no list.
  const Json* list(const char* key) const { return member(key, &Json::is_array, "an array"); }
  const Json* part(const char* key) const { return member(key, &Json::is_object, "an object"); }

  std::vector<std::string> texts(const char* key) const {
    std::vector<std::string> result;
    const Json* found = list(key);
    if (found == nullptr) return result;
    for (const Json& item : *found) {
      if (!item.is_string()) wrong("an array of strings", key);
      result.push_back(item.get<std::string>());
    }
    return result;
  }

  std::string required_text(const char* key) const {
    auto found = text(key);
    if (!found) wrong("there", key);
    return *std::move(found);
  }
  std::int64_t required_number(const char* key) const {
    const auto found = number(key);
    if (!found) wrong("there", key);
    return *found;
  }

 private:
  const Json* member(const char* key, bool (Json::*is_right)() const noexcept,
                     std::string_view what) const {
    const auto found = object().find(key);
    if (found == json_.end() || found->is_null()) return nullptr;
    if (!((*found).*is_right)()) wrong(what, key);
    return &*found;
  }
  [[noreturn]] void wrong(std::string_view expected, std::string_view what) const {
    throw_malformed(request_, fmt::format("{} is not {}", what, expected));
  }

  const Json& json_;
  const std::string& request_;
};

Json json_of(const HttpResponse& response, const std::string& request) {
  Json json = Json::parse(response.body, nullptr, false);
  if (json.is_discarded()) {
    throw_malformed(request,
                    response.body.empty() ? "it is empty" : "it is not JSON, or it is cut off");
  }
  return json;
}

bool is_html(const HttpResponse& response) {
  return response.header("content-type").starts_with("text/html") ||
         response.body.starts_with("<");
}

// The engine's words: the "message" of a JSON error, else the start of a plain text.
struct ErrorText {
  std::string text;
  bool is_json = false;
};
ErrorText error_text(const HttpResponse& response) {
  const Json json = Json::parse(response.body, nullptr, false);
  if (json.is_object() && json.contains("message") && json["message"].is_string()) {
    return {json["message"].get<std::string>(), true};
  }
  if (is_html(response)) return {"an HTML page"};
  std::string text = response.body.substr(0, std::min(response.body.find_first_of("\r\n"),
                                                      std::size_t{200}));
  return {text.empty() ? "nothing" : text};
}

std::string filters(const char* key, std::string_view value) {
  return "filters=" + query_encoded(Json{{key, {value}}}.dump());
}

Image image_from(const Reader& reader) {
  Image image;
  image.id = reader.required_text("Id");
  image.tags = reader.texts("RepoTags");
  // How 20.10 says that there is none.
  std::erase(image.tags, "<none>:<none>");
  image.repo_digests = reader.texts("RepoDigests");
  image.size = {reader.number("Size").value_or(0)};
  return image;
}

std::vector<Image> images_from(const Json& json, const std::string& request) {
  std::vector<Image> images;
  // A Go slice that holds nothing may be written as null.
  if (json.is_null()) return images;
  for (const Json& item : Reader(json, request).array()) {
    images.push_back(image_from(Reader(item, request)));
  }
  return images;
}

std::vector<CacheRecord> records_from(const Json& list, const std::string& request) {
  std::vector<CacheRecord> records;
  records.reserve(list.size());
  for (const Json& item : list) {
    const Reader reader(item, request);
    records.push_back({.id = reader.required_text("ID"),
                       .type = reader.text("Type").value_or(""),
                       .description = reader.text("Description").value_or(""),
                       .in_use = reader.flag("InUse"),
                       .shared = reader.flag("Shared"),
                       .size = {reader.number("Size").value_or(0)}});
  }
  return records;
}

Pruned pruned_from(const HttpResponse& response, const char* list_key, const std::string& request) {
  const Json json = json_of(response, request);
  const Reader reader(json, request);
  const Json* deleted = reader.list(list_key);
  return {deleted == nullptr ? 0 : deleted->size(), {reader.required_number("SpaceReclaimed")}};
}

// Errors that say that the engine is busy with the same for somebody else, and one that comes of a
// race within (moby#40480). Their statuses differ from release to release; the words do not.
bool will_pass(std::string_view error) {
  const auto says = [&](std::string_view words) {
    return error.find(words) != std::string_view::npos;
  };
  return says("a prune operation is already running") ||
         says("a disk usage operation is already running") ||
         (says("lease") && says("not found"));
}

// Together about 40 seconds: what lasts longer is told, and the rest of the work is done.
constexpr int most_tries = 12;
constexpr std::chrono::milliseconds shortest_pause{100};
constexpr std::chrono::milliseconds longest_pause{6400};

std::string proxy_advice(std::string_view request) {
  return fmt::format(
      "A proxy in front of the engine, it seems: allow {} there, or use the engine's own socket.",
      request);
}

bool is_denial(const HttpResponse& response) {
  return response.status == 401 || response.status == 403 || response.status == 407;
}

[[noreturn]] void throw_refusal(const HttpResponse& response, const std::string& request) {
  const ErrorText error = error_text(response);
  const int status = response.status;
  if (is_denial(response)) {
    throw EngineError({FailureKind::denied,
                       fmt::format("{} is refused with status {}: {}", request, status, error.text),
                       proxy_advice(request), status});
  }
  if (status == 400 && error.text.find("client version") != std::string::npos) {
    throw EngineError({FailureKind::version,
                       fmt::format("{}: the engine answers: {}", request, error.text),
                       fmt::format("This tool speaks API {} to {}, and DOCKER_API_VERSION can pin "
                                   "one of them: update the older of the two.",
                                   text_of(oldest_api), text_of(newest_api)),
                       status});
  }
  if (!error.is_json && (status == 404 || status == 405 || is_html(response))) {
    throw EngineError({FailureKind::refused,
                       fmt::format("{} does not reach an engine: the answer is {} with status {}",
                                   request, error.text, status),
                       proxy_advice(request), status});
  }
  throw EngineError({FailureKind::refused,
                     fmt::format("{}: the engine answers {}: {}", request, status, error.text),
                     "The engine's own log says more: journalctl -u docker.", status});
}

}  // namespace

Engine::Engine(const Endpoint& endpoint, std::optional<ApiVersion> pinned, Means means)
    : endpoint_(endpoint),
      means_(std::move(means)),
      http_(endpoint_, means_.interruption, means_.watcher) {
  identify(pinned);
}

HttpResponse Engine::exchange(Method method, const std::string& target) {
  try {
    return http_.exchange(method, target);
  } catch (const TransportError& error) {
    if (error.kind() == TransportError::Kind::connect) {
      auto problem = connect_problem(endpoint_, error.os_error(), error.what(),
                                     means_.environment);
      throw EngineError({problem.denied ? FailureKind::denied : FailureKind::unreachable,
                         std::move(problem.message), std::move(problem.advice)});
    }
    const std::string request = named(method, target);
    if (error.kind() == TransportError::Kind::lost) {
      throw EngineError({FailureKind::lost,
                         fmt::format("{}: the connection to the engine broke before the answer was "
                                     "complete: {}",
                                     request, error.what()),
                         "Was the engine restarted? Run this again: what is gone already is fine."});
    }
    throw_malformed(request, error.what());
  }
}

HttpResponse Engine::patient_exchange(Method method, const std::string& target) {
  std::chrono::milliseconds pause = shortest_pause;
  for (int tries = 1;; ++tries) {
    HttpResponse response = exchange(method, target);
    if (response.status < 300 || !will_pass(error_text(response).text)) return response;
    if (tries == most_tries) return response;
    means_.interruption.sleep_for(pause);
    pause = std::min(2 * pause, longest_pause);
  }
}

std::optional<HttpResponse> Engine::find(Method method, const std::string& endpoint) {
  HttpResponse response =
      patient_exchange(method, fmt::format("/v{}{}", text_of(identity_.api), endpoint));
  if (response.status >= 200 && response.status < 300) return response;
  if (response.status == 404 && error_text(response).is_json) return std::nullopt;
  throw_refusal(response, named(method, endpoint));
}

HttpResponse Engine::request(Method method, const std::string& endpoint) {
  auto response = find(method, endpoint);
  if (!response) {
    throw EngineError({FailureKind::refused,
                       fmt::format("{}: the engine does not know this endpoint",
                                   named(method, endpoint)),
                       "Is it a Docker Engine? Its own log says more: journalctl -u docker.", 404});
  }
  return *std::move(response);
}

void Engine::identify(std::optional<ApiVersion> pinned) {
  const Progress::Activity activity(means_.progress, "asking who answers");
  const HttpResponse response = exchange(Method::get, "/_ping");
  const std::string_view server = response.header("server");
  identity_.address = endpoint_.text();
  if (is_denial(response)) throw_refusal(response, "GET /_ping");
  if (server.starts_with("Libpod/") || !response.header("libpod-api-version").empty()) {
    throw EngineError({FailureKind::not_docker,
                       fmt::format("{} is Podman ({}), not Docker: nothing was changed",
                                   identity_.address, server),
                       "Podman has no build cache of its own to clear; its builds take steps from "
                       "local images. Build without them: podman build --no-cache"});
  }
  constexpr std::string_view docker = "Docker/";
  if (!server.starts_with(docker)) {
    throw EngineError(
        {FailureKind::not_docker,
         fmt::format("{} does not say that it is Docker (status {}, Server: {}{}): nothing was "
                     "changed",
                     identity_.address, response.status, server.empty() ? "none" : server,
                     is_html(response) ? ", an HTML page" : ""),
         "Only an engine that identifies itself as Docker is written to. If a proxy is in front of "
         "it, let GET /_ping through with the engine's headers."});
  }
  identity_.name = "Docker";
  identity_.version = server.substr(docker.size(), server.find(' ') - docker.size());

  // The headers stand in error replies, too, but an engine that cannot answer a ping is not usable.
  if (response.status != 200) {
    throw EngineError({FailureKind::unreachable,
                       fmt::format("GET /_ping: the engine answers {}: {}", response.status,
                                   error_text(response).text),
                       "The engine's own log says more: journalctl -u docker.", response.status});
  }
  const auto theirs = api_version_from(response.header("api-version"));
  if (!theirs || *theirs < oldest_api) {
    throw EngineError(
        {FailureKind::version,
         fmt::format("{} {} speaks API {} at most; this tool needs {} (Docker 20.10) or newer",
                     identity_.name, identity_.version,
                     theirs ? text_of(*theirs) : "of an unknown version", text_of(oldest_api)),
         "Update the engine."});
  }
  identity_.api = pinned.value_or(std::min(newest_api, *theirs));
}

std::vector<Image> Engine::list_images(const char* filter, std::string_view value) {
  const Progress::Activity activity(means_.progress, "reading the images");
  const std::string path = "/images/json";
  const std::string name = named(Method::get, path);
  return images_from(json_of(request(Method::get, path + "?" + filters(filter, value)), name), name);
}

std::vector<Image> Engine::images(std::string_view reference_pattern) {
  return list_images("reference", reference_pattern);
}

std::vector<Image> Engine::nameless_images() { return list_images("dangling", "true"); }

std::optional<Image> Engine::image(std::string_view name) {
  const Progress::Activity activity(means_.progress, fmt::format("looking up {}", name));
  const std::string path = fmt::format("/images/{}/json", path_encoded(name));
  const auto response = find(Method::get, path);
  if (!response) return std::nullopt;
  const std::string request_name = named(Method::get, path);
  const Json json = json_of(*response, request_name);
  return image_from(Reader(json, request_name));
}

std::vector<Container> Engine::containers() {
  const Progress::Activity activity(means_.progress, "reading the containers");
  const std::string path = "/containers/json";
  const std::string name = named(Method::get, path);
  const Json json = json_of(request(Method::get, path + "?all=1"), name);
  std::vector<Container> containers;
  for (const Json& item : Reader(json, name).array()) {
    const Reader reader(item, name);
    Container container{.id = reader.required_text("Id"),
                        .name = {},
                        .image_id = reader.text("ImageID").value_or(""),
                        .state = reader.text("State").value_or("")};
    const auto names = reader.texts("Names");
    container.name = names.empty() ? container.id.substr(0, 12) : names.front();
    if (container.name.starts_with('/')) container.name.erase(0, 1);
    containers.push_back(std::move(container));
  }
  return containers;
}

std::optional<std::vector<CacheRecord>> Engine::build_cache() {
  const Progress::Activity activity(means_.progress, "reading the build cache");
  // Below 1.42 the parameter does nothing: the engine walks its whole disk. From 1.52 on verbose
  // lists the records under a key of their own.
  const std::string path = "/system/df";
  const std::string name = named(Method::get, path);
  const bool has_usage = identity_.api >= ApiVersion{1, 52};
  const Json json = json_of(
      request(Method::get, path + (has_usage ? "?type=build-cache&verbose=1" : "?type=build-cache")),
      name);
  const Reader reader(json, name);
  if (const Json* usage = reader.part("BuildCacheUsage")) {
    const Reader usage_reader(*usage, name);
    const Json* items = usage_reader.list("Items");
    auto records = items == nullptr ? std::vector<CacheRecord>() : records_from(*items, name);
    // A count without the items says that there are some, not which.
    if (usage_reader.number("TotalCount").value_or(0) > std::ssize(records)) return std::nullopt;
    return records;
  }
  // Null is how 20.10 writes an empty list; a key that is not there tells nothing.
  if (!reader.has("BuildCache")) return std::nullopt;
  const Json* list = reader.list("BuildCache");
  return list == nullptr ? std::vector<CacheRecord>() : records_from(*list, name);
}

ImageRemoval Engine::remove_image(std::string_view image_name) {
  const Progress::Activity activity(means_.progress, fmt::format("removing {}", image_name));
  const std::string path = fmt::format("/images/{}", path_encoded(image_name));
  const auto response = find(Method::del, path + "?force=1");
  if (!response) return ImageRemoval::absent;
  const std::string name = named(Method::del, path);
  const Json json = json_of(*response, name);
  const Json& entries = Reader(json, name).array();
  const bool deleted = std::any_of(entries.begin(), entries.end(), [&](const Json& entry) {
    return Reader(entry, name).has("Deleted");
  });
  return deleted ? ImageRemoval::deleted : ImageRemoval::untagged;
}

Pruned Engine::prune_nameless_images() {
  const Progress::Activity activity(means_.progress, "pruning nameless images");
  const std::string path = "/images/prune";
  return pruned_from(request(Method::post, path + "?" + filters("dangling", "true")), "ImagesDeleted",
                     named(Method::post, path));
}

Pruned Engine::prune_build_cache(std::string_view type) {
  const Progress::Activity activity(means_.progress, "pruning the build cache");
  const std::string path = "/build/prune";
  std::string query = "?all=1";
  if (!type.empty()) query += "&" + filters("type", type);
  return pruned_from(request(Method::post, path + query), "CachesDeleted",
                     named(Method::post, path));
}

}  // namespace cac
