// The proof: fresh reads after the last action, and a verdict from nothing else.
// A prune's own answer is no evidence, and no clock is compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clear/execute.hpp"

namespace cac {

class Engine;

enum class Verdict { clean, residue, unknown };
std::string_view text_of(Verdict verdict);

enum class ResidueKind { artifact, image, build_cache };

// A cache source that is still there, and what holds it.
struct Residue {
  ResidueKind kind{};
  std::string object = {};  // the path; the image's name; the record's name_of()
  std::string id = {};
  std::string record_type = {};
  Bytes size = {};
  bool held = false;                 // by a running build
  bool held_by_cache_mount = false;  // by one that is kept
  std::string reason = {};
};

struct Verification {
  Verdict verdict = Verdict::unknown;
  std::vector<Residue> residue = {};
  std::vector<CacheRecord> kept = {};  // spared on request: no residue
  std::vector<std::string> warnings = {};
  std::vector<std::string> notes = {};
  std::optional<Failure> failure = {};  // why it is unknown, where a request failed
};

// The record's description, or its ID when it has none.
std::string name_of(const CacheRecord& record);

// After a run: records that nothing holds are pruned again, at most three times, and each such
// prune is appended to the outcomes. Nothing else is repeated. In the mode verify_only it only
// reads. Records that the options spare are listed as kept, and are no residue.
Verification verify(Engine& engine, const Options& options, const Inventory& before,
                    std::vector<Outcome>& outcomes);

}  // namespace cac
