#include "units.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace cac {

namespace {

// A number and the unit behind it; nothing when the text does not begin with a digit or overflows.
struct Quantity {
  std::int64_t count;
  std::string_view unit;
};

std::optional<Quantity> quantity_from(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  return Quantity{count, text.substr(static_cast<std::size_t>(end - text.data()))};
}

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

template <std::size_t N>
std::optional<std::int64_t> scaled(const Quantity& quantity, const std::array<Unit, N>& units,
                                   std::int64_t most) {
  for (const Unit& unit : units) {
    if (unit.name != quantity.unit) continue;
    if (quantity.count > most / unit.factor) return std::nullopt;
    return quantity.count * unit.factor;
  }
  return std::nullopt;
}

constexpr std::array duration_units{Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}, Unit{"d", 86400},
                                    Unit{"w", 7 * 86400}};

// A century: far from every overflow in the clocks that add to it.
constexpr std::int64_t longest_duration = 36525LL * 86400;

}  // namespace

std::optional<std::chrono::seconds> duration_from(std::string_view text) {
  const auto quantity = quantity_from(text);
  if (!quantity || quantity->count == 0) return std::nullopt;
  const auto seconds = scaled(*quantity, duration_units, longest_duration);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

std::string text_of(Bytes bytes) {
  if (bytes.count < 1000) return fmt::format("{} B", bytes.count);
  constexpr std::array prefixes{"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes.count) / 1000;
  std::size_t prefix = 0;
  while (value >= 999.5 && prefix + 1 < prefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  // Three digits, never "1e+03".
  if (value < 9.995) return fmt::format("{:.2f} {}", value, prefixes[prefix]);
  if (value < 99.95) return fmt::format("{:.1f} {}", value, prefixes[prefix]);
  return fmt::format("{:.0f} {}", value, prefixes[prefix]);
}

std::string text_of(std::chrono::milliseconds duration) {
  using std::chrono::milliseconds;
  if (duration < milliseconds(1000)) return fmt::format("{} ms", duration.count());
  if (duration < milliseconds(59950)) {
    return fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1000);
  }
  const auto seconds = std::chrono::round<std::chrono::seconds>(duration).count();
  return seconds % 60 == 0 ? fmt::format("{} min", seconds / 60)
                           : fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

}  // namespace cac
