// Durations and byte sizes, read from the command line and printed for people.
// Knows nothing of options: the caller says which option a bad text came from.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cac {

struct Bytes {
  std::int64_t count = 0;

  auto operator<=>(const Bytes&) const = default;
  Bytes& operator+=(Bytes other) {
    count += other.count;
    return *this;
  }
};

// "90s", "15m", "12h", "7d", "2w"; nothing when the text is no duration or is not above zero.
std::optional<std::chrono::seconds> duration_from(std::string_view text);

// SI, as docker prints it: "0 B", "812 B", "1.2 kB", "345 MB".
std::string text_of(Bytes bytes);

// "35 ms", "1.4 s", "2 min 5 s".
std::string text_of(std::chrono::milliseconds duration);

}  // namespace cac
