// A Docker Engine: its endpoints and the version it speaks; `decode` reads its answers.
// Only this room knows paths; it decides nothing about what to clear.
//
// Every call throws EngineError when the answer is none, an error or not what the API documents,
// and Interrupted or TimedOut when the run must end. What may well be (absent) is a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/progress.hpp"
#include "docker/cache_prune.hpp"
#include "docker/decode.hpp"
#include "docker/endpoint.hpp"
#include "docker/http.hpp"
#include "docker/objects.hpp"

namespace cac {

struct ImageRemoval {
  enum class Result {
    absent,    // there was no such image
    retagged,  // the name stands for another image than expected: left alone
    untagged,  // the name is gone; the image stays: another name or a container holds it
    deleted,
  } result{};
  std::vector<std::string> other_names = {};  // that the image had when it was looked up
  std::string deleted_instead = {};  // ID of another image that got the name between the look-up
                                     // and the removal, and was deleted; retagged
};

class Engine {
 public:
  // What a call works with, for as long as the engine is talked to.
  struct Means {
    const Environment& environment;
    Interruption& interruption;
    Progress& progress;
    RequestLogger watcher;
  };

  // Asks who answers and settles the API version: the pinned one, else the newest that both know.
  // Throws EngineError for anybody but Docker, so that nothing else is ever written to.
  Engine(const Endpoint& endpoint, std::optional<ApiVersion> pinned, Means means);

  const EngineIdentity& identity() const { return identity_; }

  // Throws Interrupted or TimedOut when it is time. For work between the requests.
  void stop_if_interrupted();

  // The images with a name that matches a pattern like "app-*", with all their matching names.
  // Selected by the engine: on the containerd store a list of everything takes seconds.
  std::vector<Image> images(std::string_view reference_pattern);
  std::vector<Image> dangling_images();
  // Nothing: absent.
  std::optional<Image> image(std::string_view name);
  // Stopped ones, too.
  std::vector<Container> containers();
  // nullopt: the answer does not say (not the same as an empty cache).
  std::optional<std::vector<CacheRecord>> build_cache();
  // Whether an answer about the build cache can be older than its request: engines from 23 on let
  // concurrent requests share one result. The answer to a second request is not older than the
  // first.
  bool shares_build_cache_answers() const { return shares_build_cache_answers_; }

  // Removes the name, by force (also from a running container's image), if it stands for the image
  // with this ID; looked up anew before each try. A container keeps its image, without a name, and
  // is not touched. When the answer is lost, the outcome is looked up: a name that is gone then was
  // removed.
  ImageRemoval remove_image(std::string_view name, const std::string& id);
  // Those that no container holds.
  Pruned prune_dangling_images();
  // Gives an image another name, and looks it up by that name. False: there is no such image.
  // Throws EngineError unless the name is there.
  bool tag_image(const std::string& id, std::string_view repository, std::string_view tag);
  // Of the records that the prune is about, those that no running build holds. Comes back when it
  // is done, and the engine finishes it if this process ends before. Hanging up would cancel it,
  // whereupon 28.5's containerd store keeps the parents of the record that was being removed in use
  // until it is restarted (measured; a lease's removal fails before the parents are let go).
  Pruned prune_build_cache(const CachePrune& prune);

 private:
  HttpResponse exchange(Method method, const std::string& target, const SendHooks& hooks = {});
  // One answer, whatever it is. endpoint: without the version.
  Answer ask(Method method, const std::string& endpoint, const SendHooks& hooks = {});
  // The answer that comes once the engine is not busy any more: repeats the request for a while on
  // errors that pass.
  Answer patient_ask(Method method, const std::string& endpoint, const SendHooks& hooks = {});
  // An answer with status 200; everything else throws.
  Answer request(Method method, const std::string& endpoint, const SendHooks& hooks = {});
  std::vector<Image> list_images(const char* filter, std::string_view value);
  HttpResponse first_exchange();
  void identify(std::optional<ApiVersion> pinned);

  Endpoint endpoint_;
  Means means_;
  HttpConnection http_;
  EngineIdentity identity_;
  bool shares_build_cache_answers_ = true;
};

}  // namespace cac
