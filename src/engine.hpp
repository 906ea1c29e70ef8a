// A Docker Engine: its endpoints and the version it speaks; `answers` reads what it says.
// Only this room knows paths; it decides nothing about what to clear.
//
// Every call throws EngineError when the answer is none, an error or not what the API documents,
// and Interrupted or TimedOut when the run must end. What may well be (absent) is a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"
#include "cache_prune.hpp"
#include "endpoint.hpp"
#include "error.hpp"
#include "http.hpp"
#include "interruption.hpp"
#include "progress.hpp"
#include "resources.hpp"

namespace cac {

enum class ImageRemoval {
  absent,    // there was no such image
  untagged,  // the name is gone; the image stays: another name or a container holds it
  deleted,
};

class Engine {
 public:
  // What a call works with, for as long as the engine is talked to.
  struct Means {
    const Environment& environment;
    Interruption& interruption;
    Progress& progress;
    HttpConnection::Watcher watcher;
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
  std::vector<Image> nameless_images();
  // Nothing: absent.
  std::optional<Image> image(std::string_view name);
  // Stopped ones, too.
  std::vector<Container> containers();
  // Nothing: the answer does not tell (which is not the same as none).
  std::optional<std::vector<CacheRecord>> build_cache();

  // Takes the name away, by force: on a running container's image, too. A container keeps its
  // image, nameless; it is not touched. 200 alone does not mean gone: only a "Deleted" entry does.
  ImageRemoval remove_image(std::string_view name);
  // Those that no container holds.
  Pruned prune_nameless_images();
  // Gives an image another name. False: there is no such image.
  bool tag_image(const std::string& id, std::string_view repository, std::string_view tag);
  // Of the records that the prune is about, those that no running build holds. Comes back when it
  // is done. Hanging up before would cancel it, whereupon 28.5's containerd store keeps the parents
  // of the record that was being removed in use until it is restarted (measured; a lease's removal
  // fails before the parents are let go).
  Pruned prune_build_cache(const CachePrune& prune);

 private:
  HttpResponse exchange(Method method, const std::string& target);
  // A success; nothing: the object is absent, which takes a 404 with a JSON message (a proxy's has
  // none). Everything else throws.
  std::optional<Answer> find(Method method, const std::string& endpoint);
  // A success; everything else throws.
  Answer request(Method method, const std::string& endpoint);
  std::vector<Image> list_images(const char* filter, std::string_view value);
  // The answer that comes once the engine is not busy any more; an error that passes is waited out
  // for a while. endpoint: without the version.
  Answer patient_exchange(Method method, const std::string& endpoint);
  HttpResponse first_exchange();
  void identify(std::optional<ApiVersion> pinned);

  Endpoint endpoint_;
  Means means_;
  HttpConnection http_;
  EngineIdentity identity_;
};

}  // namespace cac
