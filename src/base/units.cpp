#include "base/units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>

namespace cac {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Parses a number above zero and the unit behind it; nullopt if it is something else, or too much.
std::optional<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
                                           std::int64_t most) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || count <= 0) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == std::string_view(rest, end) && count <= most / unit.factor) {
      return count * unit.factor;
    }
  }
  return std::nullopt;
}

constexpr std::array duration_units{Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86400},
                                    Unit{"w", 7LL * 86400}};

constexpr std::array size_units{
    Unit{"B", 1},           Unit{"kB", 1000},         Unit{"KB", 1000},
    Unit{"MB", 1000'000},   Unit{"GB", 1000'000'000}, Unit{"TB", 1000'000'000'000},
    Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20},   Unit{"GiB", 1LL << 30},
    Unit{"TiB", 1LL << 40},
};

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  // A century: far from every overflow in the clocks that add to it.
  const auto seconds = parse_quantity(text, duration_units, 36525LL * 86400);
  return seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  const auto count = parse_quantity(text, size_units, INT64_MAX);
  return count ? std::optional(Bytes{*count}) : std::nullopt;
}

std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::chrono::duration<double> fraction{};
  if (*rest == '.') {
    const std::string digits(rest, 1 + std::strspn(rest + 1, "0123456789"));
    fraction = std::chrono::duration<double>(std::strtod(("0" + digits).c_str(), nullptr));
    rest += digits.size();
  }
  std::tm zone{};
  if (*rest != 'Z' && strptime(rest, "%z", &zone) == nullptr) return std::nullopt;
  using Clock = std::chrono::system_clock;
  const std::chrono::seconds seconds(timegm(&parts) - zone.tm_gmtoff);
  // Callers subtract times: from 1970 on no difference of two overflows.
  constexpr auto latest = std::chrono::floor<std::chrono::seconds>(Clock::duration::max());
  if (seconds.count() < 0 || seconds >= latest) return std::nullopt;
  return Clock::time_point(seconds) + std::chrono::duration_cast<Clock::duration>(fraction);
}

std::string to_string(Bytes bytes) {
  if (bytes.count < 1000) return fmt::format("{} B", bytes.count);
  constexpr std::array prefixes{"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes.count) / 1000;
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < prefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  // Three digits, never "1e+03".
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, prefixes[prefix]);
}

std::string to_string(std::chrono::milliseconds duration) {
  using std::chrono::milliseconds;
  if (duration < milliseconds(1000)) return fmt::format("{} ms", duration.count());
  if (duration < milliseconds(59950)) {
    const auto tenths = (duration.count() + 50) / 100;
    return fmt::format("{:g} s", static_cast<double>(tenths) / 10);
  }
  auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
  std::string text;
  for (const Unit& unit : {Unit{"d", 86400}, Unit{"h", 3600}, Unit{"min", 60}, Unit{"s", 1}}) {
    const auto count = seconds / unit.factor;
    seconds %= unit.factor;
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : " ", count, unit.name);
  }
  return text;
}

}  // namespace cac
