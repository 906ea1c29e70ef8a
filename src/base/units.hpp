// Durations and byte sizes, parsed from the command line and printed for people. Knows nothing of
// options.
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

// Parses "90s", "15m", "12h", "7d" or "2w"; nullopt if it is not a duration above zero.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

// Parses "512MB", "5GB" (SI, powers of 1000), "2GiB" (IEC, powers of 1024) or "100B"; nullopt if it
// is not a size above zero.
std::optional<Bytes> parse_bytes(std::string_view text);

// Parses RFC 3339, as engines write times: "2026-01-31T10:00:00.123456789Z". nullopt also for a
// time before 1970 ("0001-01-01T00:00:00Z" is Go's "never") or beyond the clock's range (2262).
std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text);

// SI, as docker prints it: "0 B", "812 B", "1.2 kB", "345 MB".
std::string to_string(Bytes bytes);

// Below a second "35 ms", below a minute "1.4 s", else in whole units: "1 min 30 s", "12 h", "7 d".
std::string to_string(std::chrono::milliseconds duration);

}  // namespace cac
