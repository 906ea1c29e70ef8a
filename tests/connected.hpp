// An engine at the other end of a connection, for a test to talk to.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "base/progress.hpp"
#include "docker/endpoint.hpp"
#include "docker/engine.hpp"

namespace cac::test {

// Only these variables are set.
inline Environment environment_of(std::map<std::string, std::string> variables = {}) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// Connects to a fake or a real engine on construction. No test may come near the deadline.
class Connected {
 public:
  explicit Connected(const Endpoint& endpoint, std::optional<ApiVersion> pinned = {},
                     int signal_fd = -1)
      : interruption_(signal_fd, Interruption::Clock::now() + std::chrono::minutes(5)),
        engine(endpoint, pinned, {environment_, interruption_, nullptr}) {}
  explicit Connected(const std::string& url, std::optional<ApiVersion> pinned = {},
                     int signal_fd = -1)
      : Connected(parse_endpoint(url), pinned, signal_fd) {}

 private:
  const Environment environment_ = environment_of();
  Interruption interruption_;
  std::ostream nowhere_{nullptr};

 public:
  Progress progress{nowhere_, {}, false};
  Engine engine;
};

}  // namespace cac::test
