// Asks docker buildx history what BuildKit has recorded of builds: Docker 23 and newer keep the
// last ones, and buildx 0.20 and newer reads them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/child_process.hpp"

namespace cac {

struct BuildRecord {
  std::string id = {};
  std::size_t steps = 0;  // as BuildKit counts them: its own, such as "load build context", too
  std::size_t cached_steps = 0;  // a FROM of an image on this engine is none (measured)
  std::string started = {};      // RFC 3339; empty: not known
};

// What was built, and where its files were: buildx knows that of this user's own builds alone.
struct BuildOrigin {
  std::string project = {};     // Compose's
  std::string service = {};     // Compose's
  std::string context = {};     // a directory, relative to the current one; a URL; or "-"
  std::string dockerfile = {};  // relative to the context, if it is in there
  std::string stage = {};       // of --target
};

// All calls throw std::runtime_error with one line that says why nothing is known, and Interrupted
// or TimedOut.
class BuildHistory {
 public:
  // docker: the program and its options for the engine. builder: buildx's name of it.
  BuildHistory(std::vector<std::string> docker, std::string builder, Interruption& interruption);

  // Returns the builds that run or have ended, the newest first.
  std::vector<BuildRecord> list() const;
  BuildOrigin find_origin(const std::string& id) const;
  // Returns the caches that the build could import.
  std::vector<std::string> list_imports(const std::string& id) const;

 private:
  ChildResult ask(const std::vector<std::string>& words) const;

  std::vector<std::string> docker_;
  std::string builder_;
  Interruption& interruption_;
};

}  // namespace cac
