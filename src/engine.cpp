#include "engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace cac {

namespace {

// What the endpoint is called in messages: method and path, without the version and the query.
std::string named(Method method, std::string_view target) {
  if (target.starts_with("/v1.")) target.remove_prefix(target.find('/', 1));
  return fmt::format("{} {}", text_of(method), target.substr(0, target.find('?')));
}

std::string filters(const char* key, std::string_view value) {
  return "filters=" + query_encoded(fmt::format(R"({{"{}":["{}"]}})", key, value));
}

// Errors that say that the engine is busy with the same for somebody else, and two that come of
// races within: a lease (moby#40480), or the snapshot of a record that is being measured (28.5 with
// the containerd store), goes away meanwhile. Their statuses differ from release to release; the
// words do not.
bool will_pass(std::string_view error) {
  const auto says = [&](std::string_view words) {
    return error.find(words) != std::string_view::npos;
  };
  return says("a prune operation is already running") ||
         says("a disk usage operation is already running") ||
         (says("lease") && says("not found")) ||
         (says("snapshot") && (says("not found") || says("does not exist")));
}

// Together about 40 seconds: what lasts longer is told, and the rest of the work is done.
constexpr int most_tries = 12;
constexpr std::chrono::milliseconds shortest_pause{100};
constexpr std::chrono::milliseconds longest_pause{6400};

bool is_podman(const HttpResponse& response) {
  return response.header("server").starts_with("Libpod/") ||
         !response.header("libpod-api-version").empty();
}

bool is_denial(const HttpResponse& response) {
  return response.status == 401 || response.status == 403 || response.status == 407;
}

[[noreturn]] void throw_refusal(const Answer& answer) {
  const auto& [request, response, tries] = answer;
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
                     fmt::format("{}: the engine answers {}: {}{}", request, status, error.text,
                                 tries > 1 ? fmt::format(" (tried {} times)", tries) : ""),
                     "The engine's own log says more: journalctl -u docker.", status});
}

}  // namespace

void Engine::stop_if_interrupted() { means_.interruption.check(); }

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
      auto problem = connect_problem(endpoint_, error.os_error(), error.what(), means_.environment);
      throw EngineError({problem.denied ? FailureKind::denied : FailureKind::unreachable,
                         std::move(problem.message), std::move(problem.advice)});
    }
    const std::string request = named(method, target);
    if (error.kind() == TransportError::Kind::lost) {
      throw EngineError(
          {FailureKind::lost,
           fmt::format("{}: the connection to the engine broke before the answer was "
                       "complete: {}",
                       request, error.what()),
           "Was the engine restarted? Run this again: what is gone already is fine."});
    }
    throw_malformed(request, error.what());
  }
}

Answer Engine::patient_exchange(Method method, const std::string& endpoint) {
  const std::string target = fmt::format("/v{}{}", text_of(identity_.api), endpoint);
  std::chrono::milliseconds pause = shortest_pause;
  for (int tries = 1;; ++tries) {
    Answer answer{named(method, endpoint), exchange(method, target), tries};
    // The socket can have gone to somebody else since the ping.
    if (is_podman(answer.response)) {
      throw EngineError({FailureKind::not_docker,
                         fmt::format("{}: the answer is Podman's, not Docker's any more",
                                     named(method, endpoint)),
                         "Who listens at this address?"});
    }
    const bool passes =
        answer.response.status >= 300 && will_pass(error_text(answer.response).text);
    if (!passes || tries == most_tries) return answer;
    means_.interruption.sleep_for(pause);
    pause = std::min(2 * pause, longest_pause);
  }
}

std::optional<Answer> Engine::find(Method method, const std::string& endpoint) {
  Answer answer = patient_exchange(method, endpoint);
  const int status = answer.response.status;
  if (status >= 200 && status < 300) return answer;
  // The words of an error that passes can come with any status.
  const ErrorText error = error_text(answer.response);
  if (status == 404 && error.is_json && !will_pass(error.text)) return std::nullopt;
  throw_refusal(answer);
}

Answer Engine::request(Method method, const std::string& endpoint) {
  auto answer = find(method, endpoint);
  if (!answer) {
    throw EngineError(
        {FailureKind::refused,
         fmt::format("{}: the engine does not know this endpoint", named(method, endpoint)),
         "Is it a Docker Engine? Its own log says more: journalctl -u docker.", 404});
  }
  return *std::move(answer);
}

// Whoever does not answer the first question like an engine is none.
HttpResponse Engine::first_exchange() {
  try {
    return exchange(Method::get, "/_ping");
  } catch (const EngineError& error) {
    Failure failure = error.failure();
    if (failure.kind != FailureKind::lost && failure.kind != FailureKind::malformed) throw;
    failure.kind = FailureKind::not_docker;
    failure.message += ": nothing was changed";
    failure.advice = fmt::format("Does an engine listen on {}, and without TLS?", endpoint_.text());
    throw EngineError(std::move(failure));
  }
}

void Engine::identify(std::optional<ApiVersion> pinned) {
  const Progress::Activity activity(means_.progress, "asking who answers");
  const HttpResponse response = first_exchange();
  const std::string_view server = response.header("server");
  identity_.address = endpoint_.text();
  if (is_denial(response)) throw_refusal({"GET /_ping", response});
  if (is_podman(response)) {
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
  return images_from(request(Method::get, "/images/json?" + filters(filter, value)));
}

std::vector<Image> Engine::images(std::string_view reference_pattern) {
  return list_images("reference", reference_pattern);
}

std::vector<Image> Engine::nameless_images() { return list_images("dangling", "true"); }

std::optional<Image> Engine::image(std::string_view name) {
  const Progress::Activity activity(means_.progress, fmt::format("looking up {}", name));
  const auto answer = find(Method::get, fmt::format("/images/{}/json", path_encoded(name)));
  if (!answer) return std::nullopt;
  return image_from(*answer);
}

std::vector<Container> Engine::containers() {
  const Progress::Activity activity(means_.progress, "reading the containers");
  return containers_from(request(Method::get, "/containers/json?all=1"));
}

std::optional<std::vector<CacheRecord>> Engine::build_cache() {
  const Progress::Activity activity(means_.progress, "reading the build cache");
  // Below 1.42 the parameter does nothing: the engine walks its whole disk. From 1.52 on verbose
  // lists the records under a key of their own.
  const bool lists_on_request = identity_.api >= ApiVersion{1, 52};
  return build_cache_from(request(Method::get, lists_on_request
                                                   ? "/system/df?type=build-cache&verbose=1"
                                                   : "/system/df?type=build-cache"));
}

ImageRemoval Engine::remove_image(std::string_view name) {
  const Progress::Activity activity(means_.progress, fmt::format("removing {}", name));
  const auto answer = find(Method::del, fmt::format("/images/{}?force=1", path_encoded(name)));
  if (!answer) return ImageRemoval::absent;
  return says_deleted(*answer) ? ImageRemoval::deleted : ImageRemoval::untagged;
}

Pruned Engine::prune_nameless_images() {
  const Progress::Activity activity(means_.progress, "pruning nameless images");
  return pruned_from(request(Method::post, "/images/prune?" + filters("dangling", "true")),
                     "ImagesDeleted");
}

bool Engine::tag_image(const std::string& id, std::string_view repository, std::string_view tag) {
  const Progress::Activity activity(means_.progress, fmt::format("tagging {}:{}", repository, tag));
  return find(Method::post, fmt::format("/images/{}/tag?repo={}&tag={}", path_encoded(id),
                                        query_encoded(repository), query_encoded(tag)))
      .has_value();
}

Pruned Engine::prune_build_cache(const CachePrune& prune) {
  const Progress::Activity activity(means_.progress, "pruning the build cache");
  std::string endpoint = "/build/prune";
  char separator = '?';
  for (const auto& [key, value] : parameters_of(prune, identity_.api)) {
    endpoint += fmt::format("{}{}={}", separator, key, query_encoded(value));
    separator = '&';
  }
  return pruned_from(request(Method::post, endpoint), "CachesDeleted");
}

}  // namespace cac
