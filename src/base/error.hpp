// What can go wrong, and the exit status that it leads to.
// Exceptions are for "cannot go on"; an expected outcome (absent, in use) is a value elsewhere.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace cac {

// A run ended by signal N exits with 128+N instead.
enum class ExitStatus {
  success = 0,    // the verdict is clean; of a dry run: the plan could be made
  failure = 1,    // a request failed, the engine was lost, or the timeout ran out
  usage = 2,      // invalid command line or environment
  residue = 3,    // a cache source is left, or the engine did not say
  no_engine = 4,  // no usable Docker engine
};

enum class FailureKind {
  usage,
  unreachable,          // no answer at the address
  denied,               // the socket or a proxy in front of the engine refuses us
  tls,                  // one side refuses the other's certificate, or does not speak TLS
  not_docker,           // somebody answers, but it is not Docker
  unsupported_version,  // the engine's API is too old or too new
  request_failed,       // the engine answered a request with an error
  malformed,            // the answer is not what the Docker API documents
  connection_lost,      // the connection broke
  backup_lost,          // the image that --keep-as was to keep is gone
  filesystem,           // a directory of --app-dir could not be read or cleared
  timeout,
  interrupted,
  internal,
};

inline constexpr std::string_view failure_words[] = {"usage",           "unreachable",
                                                     "denied",          "tls",
                                                     "not-docker",      "unsupported-version",
                                                     "request-failed",  "malformed",
                                                     "connection-lost", "backup-lost",
                                                     "filesystem",      "timeout",
                                                     "interrupted",     "internal"};
constexpr std::string_view to_string(FailureKind kind) {
  return failure_words[static_cast<std::size_t>(kind)];
}

// A failure as it is reported: what failed, on which object and why, and what to do about it.
struct Failure {
  FailureKind kind{};
  std::string message;
  std::string advice = {};  // may be empty
  int http_status = 0;      // 0: no answer
};

// Where the system has no descriptor left for the process (EMFILE, ENFILE).
inline constexpr const char* advise_more_descriptors =
    "Raise the limit on open files (ulimit -n), then run again.";

// An invalid command line, environment or file.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message,
                      std::string advice = "See clear-app-cache --help.")
      : std::runtime_error(message), advice_(std::move(advice)) {}
  Failure failure() const { return {FailureKind::usage, what(), advice_}; }

 private:
  std::string advice_;
};

class EngineError : public std::runtime_error {
 public:
  explicit EngineError(Failure failure)
      : std::runtime_error(failure.message), failure_(std::move(failure)) {}
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

}  // namespace cac
