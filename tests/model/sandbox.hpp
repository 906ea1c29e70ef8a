// The directory of a run: home, temporary files and the application's directories are in it, and
// nothing in it may change but what the run is asked to clear.
#pragma once

#include <map>
#include <string>

#include "asked.hpp"

namespace cac::model {

class Sandbox {
 public:
  // parent: the directory in which it is made. It is left to whoever has made that.
  explicit Sandbox(const std::string& parent);

  const std::string& path() const { return path_; }

  // Makes all that is in it anew.
  void fill(const Asked& asked);
  // Paths, and what is there: a file's contents, a link's target.
  using Contents = std::map<std::string, std::string>;
  Contents list() const;

 private:
  std::string path_;
};

// Whether a file below the sandbox is a cache source of the run's target: a build artifact, or of a
// directory that is nothing but a cache.
bool is_file_source(const Asked& asked, const std::string& file);

}  // namespace cac::model
