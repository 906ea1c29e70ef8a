// What an answer of an engine says, read by rules of the model's own: those of the API, not those
// of the tool. Decides which spoiled answers are still true, which say nothing, and which would
// lie: no client could notice a lie, so none is sent where a verdict or a removal rests on the
// answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fake_engine/request.hpp"

namespace cac::model {

// The requests that the tool may send.
enum class Kind {
  ping,
  list_images,  // by name
  list_dangling,
  list_labeled,
  list_containers,
  list_volumes,
  disk_usage,
  inspect,
  remove,
  tag,
  remove_dangling,  // by its ID
  prune_records,
  create_exec,
  start_exec,
  inspect_exec,
  other,  // none that it may send
};
Kind find_kind(const test::FakeRequest& request);
// Writes change the engine, or what runs in one of its containers.
bool is_write(Kind kind);

enum class Says { truth, nothing, a_lie };
// sent: what is to be sent in the place of the engine's true answer.
Says compare(Kind kind, int minor, const std::string& truth, const std::string& sent);

// A record in an answer.
struct ListedRecord {
  std::string id;
  std::string type;
  std::string description;
  std::vector<std::string> parents;
  bool in_use = false;
  bool shared = false;
  long long size = 0;
};
// nullopt: the answer does not say which records there are.
std::optional<std::vector<ListedRecord>> read_records(const std::string& body, int minor);

struct ListedImage {
  std::string id;
  std::vector<std::string> names;
  std::string project;
  bool has_digest = false;
};
// by_name: the images were selected by their names, so each has one, or a digest.
std::optional<std::vector<ListedImage>> read_images(const std::string& body, bool by_name);

// The ID in the answer to an inspect; "": there is none.
std::string read_id(const std::string& body);

// The two streams' frames of an exec, taken apart: standard output alone.
std::optional<std::string> read_frames(std::string_view body);
std::string make_frames(std::string_view output, std::size_t max_frame);
std::optional<std::vector<ListedRecord>> read_builder_records(const std::string& output);

}  // namespace cac::model
