// What an engine has, and how its requests change that: the rules of both stores and of the API's
// versions, without a socket. The contract cases run on them and on real engines, so that they
// cannot drift from these.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "request.hpp"

namespace cac::test {

struct FakeImage {
  std::string id;
  std::vector<std::string> tags;  // empty: dangling
  long long size = 1000;
  std::vector<std::string> repo_digests = {};
  std::string compose_project = {};  // its label
  std::string parent = {};           // ID of the image that the classic builder built it on
};

struct FakeContainer {
  std::string name;
  std::string image_id;
  std::string state = "running";
};

inline constexpr long long year_2024 = 1'704'067'200;  // its begin, in seconds since 1970

struct FakeRecord {
  std::string id;
  std::string type = "regular";
  std::string description = {};
  bool in_use = false;
  long long size = 100;
  bool shared = false;    // an image has its layers: a prune without all=1 leaves it
  bool released = false;  // the build that made it has ended
  std::vector<std::string> parents = {};  // IDs: they stay as long as this record
  long long used_at = year_2024;          // made then, and used if it was released
};

// They differ in what becomes of an image that only a stopped container holds.
enum class FakeStore { classic, containerd };

// What the engine has. Tests set it up, and look at what is left of it.
struct FakeScene {
  std::vector<FakeImage> images = {};
  std::vector<FakeContainer> containers = {};
  std::vector<FakeRecord> records = {};  // the least recently used first
  std::vector<std::string> volumes = {};
  long long free_space = 100'000'000'000;
};

// The sample application beside another one, as the scripts fill a real engine with it: a running
// container of the backend, a stopped one of the frontend, an older backend to go back to, and
// records of every kind, none in use.
FakeScene sample_scene();

// "sha256:" and 64 times this digit, as long as a real ID.
std::string image_id(char digit);

// A scripted reply, or how not to give one.
struct FakeReply {
  int status = 200;
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  enum class Fault {
    none,
    cut_off,      // closes the connection in the middle of the body
    hang_up,      // closes it without an answer
    no_answer,    // says nothing until the client gives up
    late,         // says nothing until the test wants it to, if the client is still there then
    endless,      // sends body after body, for ever
    not_http,     // sends the body and no head, then closes
    raw,          // sends the body and no head, and goes on
    close_after,  // closes the connection after the answer, without having said so
  } fault = Fault::none;
  bool by_scene =
      false;  // the scene is changed and answers; only the fault and cut_at are scripted
  std::optional<std::size_t> cut_at =
      {};  // closes the connection after so many bytes of head and body
};

// A kind of engine.
struct FakeRules {
  FakeStore store = FakeStore::classic;
  int newest_minor = 51;  // of the API's versions that it speaks
  int oldest_minor = 24;

  // Changes the scene as an engine does, and answers.
  FakeReply answer(FakeScene& scene, const FakeRequest& request) const;
};

}  // namespace cac::test
