// The proof: a verdict on a state that was read after the last action, and on nothing else. A
// prune's own answer is no evidence, and no clock is compared. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clear/execute.hpp"

namespace cac {

enum class Verdict { clean, residue, unknown };

inline constexpr std::string_view verdict_words[] = {"clean", "residue", "unknown"};
constexpr std::string_view to_string(Verdict verdict) {
  return verdict_words[static_cast<std::size_t>(verdict)];
}

enum class ResidueKind { artifact, local_cache, image, build_cache, external, builder };

inline constexpr std::string_view residue_words[] = {"artifact",    "local-cache", "image",
                                                     "build-cache", "external",    "builder"};
constexpr std::string_view to_string(ResidueKind kind) {
  return residue_words[static_cast<std::size_t>(kind)];
}

// A cache source that is still there, and what holds it.
struct Residue {
  ResidueKind kind{};
  Reason reason{};
  std::string object = {};  // a path, the image's name, the record's description, or what the
                            // build command says
  std::string id = {};
  std::string record_type = {};
  Bytes size = {};
  std::string blocking_mount = {};  // the description of the cache mount that holds the record
  bool is_running = false;          // the record is a step that is running
  std::string project = {};         // of an image that is another Compose project's
  std::string cause = {};           // why a builder cannot be cleared from here; may be empty
  std::vector<std::string> services = {};  // or bake targets, whose builds can use it
};

struct Verification {
  Verdict verdict = Verdict::unknown;
  std::vector<Residue> residue = {};
  std::vector<CacheRecord> kept = {};   // on request: no residue
  bool records_known = true;            // false: the engine did not say which records there are
  bool names_known = true;              // false: it did not say which names its images have
  std::optional<Failure> failure = {};  // why it is unknown, if a request or a directory failed
};

// Returns what no run with this request can clear: what only a build command names, and the
// builders to which builds go.
std::vector<Residue> find_unclearable(const ClearRequest& request, const State& state);

// Judges what a run with this request is expected to leave of the state: what running builds hold
// (with --wait, they are expected to end), and what nobody can clear. Needs the records.
Verification predict(const ClearRequest& request, const State& state);

// outcomes: of the actions before the state was read; none if there were no actions.
Verification judge(const ClearRequest& request, const std::vector<Outcome>& outcomes,
                   const State& after);

}  // namespace cac
