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
  // Stops at the largest there is.
  Bytes& operator+=(Bytes other) {
    if (__builtin_add_overflow(count, other.count, &count)) count = INT64_MAX;
    return *this;
  }
};

// "90s", "15m", "12h", "7d", "2w"; nothing when the text is no duration or is not above zero.
std::optional<std::chrono::seconds> duration_from(std::string_view text);

// "512MB", "5GB" (SI, powers of 1000), "2GiB" (IEC, powers of 1024), "100B"; nothing when the text
// is no size or is not above zero.
std::optional<Bytes> bytes_from(std::string_view text);

// RFC 3339, as engines write times: "2026-01-31T10:00:00.123456789Z".
std::optional<std::chrono::system_clock::time_point> time_from(std::string_view text);

// SI, as docker prints it: "0 B", "812 B", "1.2 kB", "345 MB".
std::string text_of(Bytes bytes);

// As it was given: "90 s", "15 min", "12 h", "7 d".
std::string text_of(std::chrono::seconds duration);

// As it was measured: "35 ms", "1.4 s", "2 min 5 s".
std::string text_of(std::chrono::milliseconds duration);

}  // namespace cac
