// A Docker Engine: the paths of its API, the version to speak, and when to repeat a request.
// Must not know what should be cleared, nor any screen.
//
// Every call throws EngineError if there is no answer, an error, or an undocumented shape, and
// Interrupted or TimedOut. Expected outcomes such as "absent" are return values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "docker/api_response.hpp"
#include "docker/cache_prune.hpp"
#include "docker/endpoint.hpp"
#include "docker/exec.hpp"
#include "docker/objects.hpp"
#include "docker/ssh.hpp"

namespace cac {

struct ImageRemoval {
  enum class Result {
    absent,    // there was no such image
    retagged,  // the name refers to another image than expected: left alone
    untagged,  // the name is gone; the image stays: another name or a container holds it
    deleted,
  } result{};
  std::vector<std::string> other_names = {};  // of the image, when it was looked up
  std::string deleted_instead = {};  // retagged: ID of another image that got the name between the
                                     // look-up and the removal, and was deleted
};

class Engine {
 public:
  struct Dependencies {
    const Environment& environment;
    Interruption& interruption;
    RequestLogger log_request;  // may be empty
  };

  // Identifies the engine and settles the API version: the pinned one, else the newest that both
  // know. Throws EngineError for anything but Docker, so that nothing else is ever written to.
  Engine(const Endpoint& endpoint, std::optional<ApiVersion> pinned, Dependencies dependencies);

  const EngineIdentity& identity() const { return identity_; }

  // Throws Interrupted or TimedOut when it is time. For work between requests.
  void stop_if_interrupted() { interruption_.check(); }

  // Returns the images with a name that matches a pattern like "app-*", with all matching names. A
  // pattern without a tag matches every tag.
  // The engine selects them: on the containerd store a list of all images takes seconds.
  std::vector<Image> images(const std::vector<std::string>& reference_patterns);
  // Looks each one up: the containerd store of 28.5 lists an image of which another copy has a name
  // (measured: one archive loaded twice).
  std::vector<Image> dangling_images();
  // Returns nullopt when the image is absent.
  std::optional<Image> image(std::string_view name);
  // Includes stopped ones.
  std::vector<Container> containers();
  // Returns the names of the volumes whose name contains the text.
  std::vector<std::string> volumes(std::string_view name_part);
  // Returns nullopt when the engine did not say (not the same as an empty cache).
  std::optional<std::vector<CacheRecord>> build_cache();
  // Returns whether an answer about the build cache can be older than its request, because the
  // engine lets concurrent requests share one result. A second answer is not older than the first.
  bool shares_build_cache_answers() const { return shares_build_cache_answers_; }

  // Removes the name, by force (also from a running container's image), if it refers to the image
  // with this ID; looks it up again before each try. A container keeps its image, without a name,
  // and is not touched. If the answer is lost, looks up the outcome: a name that is gone then
  // counts as removed.
  ImageRemoval remove_image(std::string_view name, const std::string& id);
  // Removes a dangling image, without force and without what it is built on, and looks it up
  // before: its ID would also take a name away that it has got meanwhile. Returns false if it
  // stays, since a container, a name or another image holds it, or if it was gone before.
  bool remove_dangling_image(const std::string& id);
  // Gives an image another name, and looks it up by that name. Returns false when there is no such
  // image. Throws EngineError unless the name is there.
  bool tag_image(const std::string& id, std::string_view repository, std::string_view tag);
  // Prunes the selected records, except those in use. Blocks until done; the engine finishes the
  // prune if this process ends before. Hanging up would cancel it, and 28.5's containerd store then
  // keeps the parents of the record that was being removed in use until the engine is restarted
  // (measured; a lease's removal fails before the parents are released).
  Pruned prune_build_cache(const CachePrune& prune);

  // Runs a command in a running container, and waits for its end. A command that cannot be started
  // is an EngineError on some engines, and a status (126, 127) with a message on others. If this
  // process ends before, the command goes on.
  ExecResult exec(const std::string& container_id, const std::vector<std::string>& command);

 private:
  struct Request {
    Method method;
    std::string path;  // and query, without the API version
    bool may_be_absent = false;
    int expected_status = 200;
    SendHooks hooks = {};
    std::string body = {};  // JSON
  };
  // Sends a request once, and a GET again if the connection was closed before. Before anything else
  // than a GET goes out on a new connection, asks again who answers: the engine may have been
  // replaced.
  ApiResponse send(const Request& request);
  // Throws if it is not Docker any more.
  void check_that_it_is_docker();
  // Repeats the request on transient errors. Throws for any other status than the expected one,
  // unless it says that the object is absent and it may be.
  ApiResponse request(const Request& request);
  std::vector<Image> list_images(const char* filter, const std::vector<std::string>& values);
  void identify(std::optional<ApiVersion> pinned);
  // Throws, with the reason.
  [[noreturn]] void fail(const std::string& request, const TransportError& error);

  Endpoint endpoint_;
  const Environment& environment_;
  Interruption& interruption_;
  std::optional<SshTunnel> tunnel_;  // outlives the connection through it
  HttpConnection http_;
  std::size_t docker_connection_ = 0;  // the last one on which Docker has answered, counted from 1
  EngineIdentity identity_;
  bool shares_build_cache_answers_ = true;
};

}  // namespace cac
