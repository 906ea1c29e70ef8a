#include "docker/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "docker/connection_keeper.hpp"
#include "docker/decode.hpp"
#include "docker/percent_encoding.hpp"
#include "docker/tls.hpp"

namespace cac {

namespace {

std::string filters(const char* key, const std::vector<std::string>& values) {
  using Json = nlohmann::json;
  // What docker calls a project need not be UTF-8.
  return "filters=" +
         query_encoded(Json{{key, values}}.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Returns true, after a pause, if the error is transient and the request should be sent again: as
// long as the engine is busy with the same for somebody else, which the run's timeout ends; about
// 40 seconds otherwise, since an error that lasts longer is reported, and the run goes on.
bool wait_to_retry(const ApiResponse& response, Interruption& interruption) {
  using std::chrono::milliseconds;
  constexpr int max_tries = 12;
  if (is_busy(response)) {
    interruption.sleep_for(milliseconds(200));
    return true;
  }
  if (!is_transient(response) || response.tries == max_tries) return false;
  interruption.sleep_for(std::min(milliseconds(50) * (1 << response.tries), milliseconds(6400)));
  return true;
}

std::optional<SshTunnel> open_tunnel(const Endpoint& endpoint) {
  if (!endpoint.ssh) return std::nullopt;
  return std::optional<SshTunnel>(std::in_place, endpoint);
}

// Thrown before a request goes out on a connection on which Docker has not answered yet.
struct UnknownPeer {};

constexpr int max_lost_answers = 3;  // a removal is sent so often if each answer is lost

// The peer does not speak the version of TLS that the request was repeated with.
bool is_about_version(const TransportError& error) {
  return std::string_view(error.what()).find("protocol version") != std::string_view::npos;
}

}  // namespace

Engine::Engine(const Endpoint& endpoint, std::optional<ApiVersion> pinned,
               Dependencies dependencies)
    : endpoint_(endpoint),
      environment_(dependencies.environment),
      interruption_(dependencies.interruption),
      tunnel_(open_tunnel(endpoint_)),
      http_(tunnel_ ? Endpoint{.socket_path = tunnel_->socket_path()} : endpoint_, interruption_,
            std::move(dependencies.log_request)) {
  if (endpoint_.tls) check_tls_files(*endpoint_.tls);
  identify(pinned);
}

ApiResponse Engine::send(const Request& request) {
  using Kind = TransportError::Kind;
  const auto& [method, path, may_be_absent, expected_status, request_hooks, body] = request;
  const bool is_ping = identity_.api == ApiVersion{};
  const std::string target = is_ping ? path : fmt::format("/v{}{}", to_string(identity_.api), path);
  const std::string name = fmt::format("{} {}", to_string(method), path.substr(0, path.find('?')));
  // With a proxy that closes the connection after each answer there is always a new one.
  int checks_left = method == Method::get ? 0 : 3;
  SendHooks hooks = request_hooks;
  hooks.before_sending = [&, &before_sending = request_hooks.before_sending](int socket) {
    if (checks_left > 0 && http_.connections_made() != docker_connection_) throw UnknownPeer{};
    if (before_sending) before_sending(socket);
  };
  for (std::optional<TransportError> first;;) {
    try {
      ApiResponse response{name, http_.send(method, target, hooks, body)};
      if (response.http.status != 200) response.error = decode_error(response.http.body);
      if (is_docker(response.http)) docker_connection_ = http_.connections_made();
      if (is_ping || !is_podman(response.http)) return response;
      // Another process may listen at the address since the ping.
      throw EngineError({FailureKind::not_docker,
                         name + ": the answer is Podman's, not Docker's any more",
                         "Check what is listening at this address."});
    } catch (const UnknownPeer&) {
      --checks_left;
      check_that_it_is_docker();
    } catch (const TransportError& error) {
      // Reading again is harmless. Before writing again the objects must be looked up.
      const bool may_repeat = error.kind == Kind::closed && method == Method::get && !tunnel_;
      const bool may_be_refusal = error.kind == Kind::lost && is_ping && endpoint_.tls;
      if (first || (!may_repeat && !may_be_refusal)) {
        fail(name, first && is_about_version(error) ? *first : error);
      }
      first = error;
      // With TLS 1.3 an engine refuses our certificate after the handshake. If the request goes out
      // only then, libcurl fails to send it, and does not read the refusal (measured: every second
      // time with a certificate of a stranger's CA).
      if (may_be_refusal) http_.limit_to_tls_1_2();
    }
  }
}

void Engine::check_that_it_is_docker() {
  const ApiResponse ping = send({Method::get, "/_ping"});
  if (is_docker(ping.http)) return;
  throw EngineError({FailureKind::not_docker,
                     "GET /_ping: whoever answers does not say that it is Docker any more",
                     "Check what is listening at this address."});
}

ApiResponse Engine::request(const Request& request) {
  for (int tries = 1;; ++tries) {
    ApiResponse response = send(request);
    response.tries = tries;
    if (wait_to_retry(response, interruption_)) continue;
    const bool is_expected = response.http.status == request.expected_status ||
                             (request.may_be_absent && is_absent(response));
    if (!is_expected) throw_unexpected(response);
    return response;
  }
}

void Engine::fail(const std::string& request, const TransportError& error) {
  using Kind = TransportError::Kind;
  const bool is_connected = identity_.api != ApiVersion{};
  const bool is_broken = error.kind == Kind::lost || error.kind == Kind::closed;
  const bool is_not_http = error.kind == Kind::malformed && !is_connected;
  if (tunnel_ && (is_broken || is_not_http || error.kind == Kind::connect)) {
    const auto failure = tunnel_->find_failure(interruption_, is_not_http);
    if (failure && !is_connected) throw EngineError(*failure);
    if (failure) throw_lost(request, {Kind::lost, failure->message});
    throw_lost(request, {Kind::lost, error.what()});
  }
  if (error.kind == Kind::connect) {
    throw EngineError(connect_failure(endpoint_, error.os_error, error.what(), environment_));
  }
  if (error.kind == Kind::tls || (endpoint_.tls && is_broken && !is_connected)) {
    throw EngineError(tls_failure(endpoint_, error.what()));
  }
  throw_lost(request, error);
}

std::vector<Image> Engine::list_images(const char* filter, const std::vector<std::string>& values) {
  auto images =
      decode<std::vector<Image>>(request({Method::get, "/images/json?" + filters(filter, values)}));
  // Images of the same second come in another order each time.
  std::ranges::stable_sort(images, {}, &Image::tags);
  return images;
}

std::vector<Image> Engine::images(const std::vector<std::string>& reference_patterns) {
  if (reference_patterns.empty()) return {};  // without a filter, an engine lists all
  auto images = list_images("reference", reference_patterns);
  // An image selected by its name has one; an image that was pulled by digest has only that.
  for (Image& image : images) {
    if (image.tags.empty() && image.repo_digests.empty()) image.names_known = false;
  }
  return images;
}

std::vector<Image> Engine::dangling_images() {
  auto images = list_images("dangling", {"true"});
  std::erase_if(images, [this](const Image& listed) {
    const auto found = image(listed.id);
    return found && !found->tags.empty();
  });
  return images;
}

std::optional<Image> Engine::image(std::string_view name) {
  const auto path = fmt::format("/images/{}/json", path_encoded(name));
  const auto response = request({.method = Method::get, .path = path, .may_be_absent = true});
  return is_absent(response) ? std::nullopt : std::optional(decode<Image>(response));
}

std::vector<Container> Engine::containers() {
  return decode<std::vector<Container>>(request({Method::get, "/containers/json?all=1"}));
}

std::vector<std::string> Engine::volumes(std::string_view name_part) {
  const auto path = "/volumes?" + filters("name", {std::string(name_part)});
  std::vector<std::string> names;
  for (const Volume& volume : decode<VolumeList>(request({Method::get, path})).volumes) {
    names.push_back(volume.name);
  }
  return names;
}

std::optional<std::vector<CacheRecord>> Engine::build_cache() {
  const std::string path = "/system/df?type=build-cache";
  const bool verbose = identity_.api.lists_usage_if_verbose();
  return decode<BuildCache>(request({Method::get, verbose ? path + "&verbose=1" : path}));
}

ImageRemoval Engine::remove_image(std::string_view name, const std::string& id) {
  using Result = ImageRemoval::Result;
  const std::string path = fmt::format("/images/{}?force=1", path_encoded(name));
  std::optional<EngineError> lost;
  std::vector<std::string> other_names;
  // The lost answer may have said that the image was deleted.
  const auto settle = [&](Result otherwise) -> ImageRemoval {
    if (!lost) return {otherwise};
    return {image(id) ? Result::untagged : Result::deleted, other_names};
  };
  for (int tries = 1, lost_answers = 0;; ++tries) {
    bool is_sent = false;
    try {
      const auto found = image(name);
      if (!found) return settle(Result::absent);
      // After a lost answer the name was removed, and given to another image.
      if (found->id != id) return settle(Result::retagged);
      other_names = found->tags;
      std::erase(other_names, name);
      is_sent = true;
      ApiResponse response = send({Method::del, path});
      response.tries = tries;
      if (wait_to_retry(response, interruption_)) continue;
      if (is_absent(response)) return settle(Result::absent);
      if (response.http.status != 200) throw_unexpected(response);
      auto deletions = decode<std::vector<ImageDeletion>>(response);
      // 200 alone does not mean that the image is gone.
      std::erase(deletions, ImageDeletion{});
      if (deletions.empty()) return {Result::untagged, other_names};
      const auto expected = std::find(deletions.begin(), deletions.end(), ImageDeletion{id});
      if (expected != deletions.end()) return {Result::deleted, other_names};
      return {Result::retagged, {}, deletions.front().id};
    } catch (const EngineError& error) {
      if (!is_sent) throw lost.value_or(error);
      if (error.failure().kind != FailureKind::connection_lost ||
          ++lost_answers == max_lost_answers)
        throw;
      lost = error;
    }
  }
}

bool Engine::remove_dangling_image(const std::string& id) {
  const std::string path = fmt::format("/images/{}?force=0&noprune=1", path_encoded(id));
  for (int tries = 1, lost_answers = 0;; ++tries) {
    const auto found = image(id);
    if (!found) return lost_answers > 0;
    if (!found->names_known || !found->tags.empty()) return false;
    try {
      ApiResponse response = send({Method::del, path});
      response.tries = tries;
      if (wait_to_retry(response, interruption_)) continue;
      if (is_absent(response) || response.http.status == 409) return false;
      if (response.http.status != 200) throw_unexpected(response);
      const auto deletions = decode<std::vector<ImageDeletion>>(response);
      return std::ranges::find(deletions, ImageDeletion{id}) != deletions.end();
    } catch (const EngineError& error) {
      if (error.failure().kind != FailureKind::connection_lost ||
          ++lost_answers == max_lost_answers)
        throw;
    }
  }
}

bool Engine::tag_image(const std::string& id, std::string_view repository, std::string_view tag) {
  std::optional<EngineError> lost;
  try {
    const auto path = fmt::format("/images/{}/tag?repo={}&tag={}", path_encoded(id),
                                  query_encoded(repository), query_encoded(tag));
    if (is_absent(request({Method::post, path, true, 201}))) return false;
  } catch (const EngineError& error) {
    if (error.failure().kind != FailureKind::connection_lost) throw;
    lost = error;
  }
  const std::string name = fmt::format("{}:{}", repository, tag);
  const auto tagged = image(name);
  if (tagged && tagged->id == id) return true;
  if (lost) throw *lost;
  throw EngineError({FailureKind::request_failed,
                     name + " does not name the image that was just tagged so",
                     "Check what is tagging images on this engine, then run again."});
}

Pruned Engine::prune_build_cache(const CachePrune& prune) {
  std::optional<ConnectionKeeper> keeper;
  const auto start_keeper = [&](int socket) {
    keeper.emplace(socket);
    if (keeper->error() == 0) {
      if (tunnel_) tunnel_->keep_running(true);
      return;
    }
    throw EngineError(
        {FailureKind::internal,
         fmt::format("POST /build/prune: not sent, because no process could be started that would "
                     "keep the connection open if this one ended: {}",
                     std::generic_category().message(keeper->error())),
         "Raise the limits on open files and processes (ulimit -n, ulimit -u), then run again."});
  };
  const auto dismiss_keeper = [&] {
    if (keeper) keeper->dismiss();
    if (tunnel_) tunnel_->keep_running(false);
  };
  const SendHooks hooks{.before_sending = start_keeper,
                        .waiting = [&] { keeper->expect_answer(); },
                        .finished = dismiss_keeper,
                        .interrupted = [&] { keeper->take_over(); }};
  const std::string path = prune_target(prune, identity_.api, query_encoded);
  return decode<Pruned>(request({.method = Method::post, .path = path, .hooks = hooks}));
}

}  // namespace cac
