#include "docker/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "docker/connection_keeper.hpp"

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

// The pauses between the tries of a request whose error passes.
class Patience {
 public:
  // Waits before the next try. False: enough was tried.
  bool wait(Interruption& interruption) {
    if (tries_ == max_tries) return false;
    ++tries_;
    interruption.sleep_for(pause_);
    pause_ = std::min(2 * pause_, max_pause);
    return true;
  }
  int tries() const { return tries_; }

 private:
  // Together about 40 seconds: what lasts longer is reported, and the rest of the work is done.
  static constexpr int max_tries = 12;
  static constexpr std::chrono::milliseconds max_pause{6400};

  int tries_ = 1;
  std::chrono::milliseconds pause_{100};
};

// How often a removal is sent whose answer is lost each time.
constexpr int max_lost_answers = 3;

bool is_podman(const HttpResponse& response) {
  return response.header("server").starts_with("Libpod/") ||
         !response.header("libpod-api-version").empty();
}

bool is_denial(const HttpResponse& response) {
  return response.status == 401 || response.status == 403 || response.status == 407;
}

// Whether the object of the request is absent: a 404 with a JSON message (a proxy's has none).
bool is_absent(const HttpResponse& response) {
  if (response.status != 404) return false;
  // The words of an error that passes can come with any status.
  const ErrorText error = error_text(response);
  return error.is_json && !will_pass(error.text);
}

bool passes(const HttpResponse& response) {
  return response.status >= 300 && will_pass(error_text(response).text);
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
  if (status < 300) throw_malformed(request, fmt::format("its status is {}", status));
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
                     "See the engine's log: journalctl -u docker.", status});
}

}  // namespace

void Engine::stop_if_interrupted() { means_.interruption.check(); }

Engine::Engine(const Endpoint& endpoint, std::optional<ApiVersion> pinned, Means means)
    : endpoint_(endpoint),
      means_(std::move(means)),
      http_(endpoint_, means_.interruption, means_.watcher) {
  identify(pinned);
}

HttpResponse Engine::exchange(Method method, const std::string& target, const SendHooks& hooks) {
  using Kind = TransportError::Kind;
  for (bool repeated = false;; repeated = true) {
    try {
      return http_.send(method, target, hooks);
    } catch (const TransportError& error) {
      if (error.kind() == Kind::connect) {
        auto problem =
            connect_problem(endpoint_, error.os_error(), error.what(), means_.environment);
        throw EngineError({problem.denied ? FailureKind::denied : FailureKind::unreachable,
                           std::move(problem.message), std::move(problem.advice)});
      }
      // Reading again is harmless. Whether to write again takes a fresh look at the objects.
      if (error.kind() == Kind::closed && method == Method::get && !repeated) continue;
      const std::string request = named(method, target);
      if (error.kind() == Kind::lost || error.kind() == Kind::closed) {
        throw EngineError(
            {FailureKind::lost,
             fmt::format("{}: the connection to the engine broke before the answer was "
                         "complete: {}",
                         request, error.what()),
             "The engine may have been restarted. Run again; items already removed are skipped."});
      }
      throw_malformed(request, error.what());
    }
  }
}

Answer Engine::ask(Method method, const std::string& endpoint, const SendHooks& hooks) {
  const std::string target = fmt::format("/v{}{}", text_of(identity_.api), endpoint);
  Answer answer{named(method, endpoint), exchange(method, target, hooks)};
  // The socket can have gone to somebody else since the ping.
  if (is_podman(answer.response)) {
    throw EngineError(
        {FailureKind::not_docker,
         fmt::format("{}: the answer is Podman's, not Docker's any more", answer.request),
         "Check what is listening at this address."});
  }
  return answer;
}

Answer Engine::patient_ask(Method method, const std::string& endpoint, const SendHooks& hooks) {
  for (Patience patience;;) {
    Answer answer = ask(method, endpoint, hooks);
    answer.tries = patience.tries();
    if (!passes(answer.response) || !patience.wait(means_.interruption)) return answer;
  }
}

Answer Engine::request(Method method, const std::string& endpoint, const SendHooks& hooks) {
  Answer answer = patient_ask(method, endpoint, hooks);
  if (answer.response.status == 200) return answer;
  if (!is_absent(answer.response)) throw_refusal(answer);
  throw EngineError({FailureKind::refused,
                     fmt::format("{}: the engine does not know this endpoint", answer.request),
                     "Is it a Docker Engine? See its log: journalctl -u docker.", 404});
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
  const Progress::Activity activity(means_.progress, "connecting to the engine");
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
                       "See the engine's log: journalctl -u docker.", response.status});
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
  // Docker 20.10 and before refuse a concurrent request instead.
  shares_build_cache_answers_ = *theirs >= ApiVersion{1, 42};
}

std::vector<Image> Engine::list_images(const char* filter, std::string_view value) {
  const Progress::Activity activity(means_.progress, "reading the images");
  return images_from(request(Method::get, "/images/json?" + filters(filter, value)));
}

std::vector<Image> Engine::images(std::string_view reference_pattern) {
  auto images = list_images("reference", reference_pattern);
  // What was selected by its name has one; an image that was pulled by digest has only that.
  for (Image& image : images) {
    if (image.tags.empty() && image.repo_digests.empty()) image.names_known = false;
  }
  return images;
}

std::vector<Image> Engine::dangling_images() { return list_images("dangling", "true"); }

std::optional<Image> Engine::image(std::string_view name) {
  const Progress::Activity activity(means_.progress, fmt::format("looking up {}", name));
  const Answer answer =
      patient_ask(Method::get, fmt::format("/images/{}/json", path_encoded(name)));
  if (is_absent(answer.response)) return std::nullopt;
  if (answer.response.status != 200) throw_refusal(answer);
  return image_from(answer);
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

ImageRemoval Engine::remove_image(std::string_view name, const std::string& id) {
  using Result = ImageRemoval::Result;
  const Progress::Activity activity(means_.progress, fmt::format("removing {}", name));
  const std::string endpoint = fmt::format("/images/{}?force=1", path_encoded(name));
  std::optional<EngineError> lost;
  int lost_answers = 0;
  std::vector<std::string> other_names;
  // The answer that was lost may have said that the image is gone.
  const auto settled = [&]() -> ImageRemoval {
    if (!lost) return {Result::absent};
    return {image(id) ? Result::untagged : Result::deleted, other_names};
  };
  for (Patience patience;;) {
    const auto found = [&] {
      try {
        return image(name);
      } catch (const EngineError&) {
        if (lost) throw *lost;
        throw;
      }
    }();
    if (!found) return settled();
    // After a removal whose answer was lost, the name was given anew.
    if (found->id != id) return lost ? settled() : ImageRemoval{Result::retagged};
    other_names = found->tags;
    std::erase(other_names, name);
    try {
      Answer answer = ask(Method::del, endpoint);
      answer.tries = patience.tries();
      if (passes(answer.response) && patience.wait(means_.interruption)) continue;
      if (is_absent(answer.response)) return settled();
      if (answer.response.status != 200) throw_refusal(answer);
      const auto ids = deleted_ids(answer);
      if (ids.empty()) return {Result::untagged, other_names};
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) return {Result::deleted, other_names};
      return {Result::retagged, {}, ids.front()};
    } catch (const EngineError& error) {
      if (error.failure().kind != FailureKind::lost || ++lost_answers == max_lost_answers) throw;
      lost = error;
    }
  }
}

Pruned Engine::prune_dangling_images() {
  const Progress::Activity activity(means_.progress, "pruning dangling images");
  return pruned_from(request(Method::post, "/images/prune?" + filters("dangling", "true")),
                     "ImagesDeleted");
}

bool Engine::tag_image(const std::string& id, std::string_view repository, std::string_view tag) {
  const std::string name = fmt::format("{}:{}", repository, tag);
  const Progress::Activity activity(means_.progress, fmt::format("tagging {}", name));
  std::optional<EngineError> lost;
  try {
    const Answer answer =
        patient_ask(Method::post, fmt::format("/images/{}/tag?repo={}&tag={}", path_encoded(id),
                                              query_encoded(repository), query_encoded(tag)));
    if (is_absent(answer.response)) return false;
    if (answer.response.status != 201) throw_refusal(answer);
  } catch (const EngineError& error) {
    if (error.failure().kind != FailureKind::lost) throw;
    lost = error;
  }
  const auto tagged = image(name);
  if (tagged && tagged->id == id) return true;
  if (lost) throw *lost;
  throw EngineError({FailureKind::refused,
                     fmt::format("{} does not name the image that was just tagged so", name),
                     "Check what is tagging images on this engine, then run again."});
}

Pruned Engine::prune_build_cache(const CachePrune& prune) {
  const Progress::Activity activity(means_.progress, "pruning the build cache");
  std::string endpoint = "/build/prune";
  char separator = '?';
  for (const auto& [key, value] : parameters_of(prune, identity_.api)) {
    endpoint += fmt::format("{}{}={}", separator, key, query_encoded(value));
    separator = '&';
  }
  std::optional<ConnectionKeeper> keeper;
  const SendHooks hooks{
      .before_sending =
          [&](int socket) {
            keeper.emplace(socket);
            if (keeper->error() == 0) return;
            throw EngineError(
                {FailureKind::internal,
                 fmt::format("POST /build/prune: not sent, because no process could be started "
                             "that would keep the connection open if this one ended: {}",
                             std::generic_category().message(keeper->error())),
                 "Raise the limits on open files and processes (ulimit -n, ulimit -u), then run "
                 "again."});
          },
      .waiting = [&] { keeper->expect_answer(); },
      .finished =
          [&] {
            if (keeper) keeper->dismiss();
          }};
  return pruned_from(request(Method::post, endpoint, hooks), "CachesDeleted");
}

}  // namespace cac
