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

// RFC 3339, as engines write times: "2026-01-31T10:00:00.123456789Z". Nothing as well for a time
// before 1970 ("0001-01-01T00:00:00Z" is Go's "never") or past what the clock can count (2262).
std::optional<std::chrono::system_clock::time_point> time_from(std::string_view text);

// SI, as docker prints it: "0 B", "812 B", "1.2 kB", "345 MB".
std::string text_of(Bytes bytes);

// Below a second "35 ms", below a minute "1.4 s", else in whole units: "1 min 30 s", "12 h", "7 d".
std::string text_of(std::chrono::milliseconds duration);

}  // namespace cac
