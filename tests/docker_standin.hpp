// A `docker` in front of all others, which prints what a test has it say.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "temporary_directory.hpp"

namespace cac::test {

class DockerStandIn {
 public:
  DockerStandIn() {
    run(R"(words=$(printf %s "$*" | tr / _)
echo "$*" >>"$0.calls"
if [ -e "$0.answers/$words" ]; then exec cat "$0.answers/$words"; fi
echo "nobody has told it about $*" >&2
exit 1)");
    std::filesystem::create_directory(directory_.path / "docker.answers");
    setenv("PATH", path().c_str(), 1);
  }
  ~DockerStandIn() { setenv("PATH", path_before_.c_str(), 1); }
  DockerStandIn(const DockerStandIn&) = delete;
  DockerStandIn& operator=(const DockerStandIn&) = delete;

  // PATH with this docker in it.
  std::string path() const { return directory_.path.string() + ":" + path_before_; }

  // words: all that it is called with, but for the first.
  void answer(std::string words, const std::string& output) const {
    std::ranges::replace(words, '/', '_');
    std::ofstream(directory_.path / "docker.answers" / words) << output;
  }
  // As docker context inspect answers. endpoints: JSON.
  void add_context(const std::string& name, const std::string& endpoints,
                   const std::string& more = "") const {
    answer("--context " + name + " context inspect",
           R"([{"Name":")" + name + R"(","Metadata":{},"Endpoints":)" + endpoints + more + "}]");
  }
  void add_address(const std::string& name, const std::string& host) const {
    add_context(name, R"({"docker":{"Host":")" + host + R"(","SkipTLSVerify":false}})");
  }
  // Replaces what it does by a script of a shell's.
  void run(const std::string& script) const {
    std::ofstream(directory_.path / "docker") << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(directory_.path / "docker", std::filesystem::perms::owner_all);
  }
  // The words of each call so far, a line each.
  std::string calls() const { return directory_.text_of("docker.calls"); }

 private:
  TemporaryDirectory directory_;
  std::string path_before_ = std::getenv("PATH");
};

}  // namespace cac::test
