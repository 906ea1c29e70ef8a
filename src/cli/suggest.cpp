#include "cli/suggest.hpp"

#include <fmt/format.h>

#include "base/edit_distance.hpp"

namespace cac {

std::string suggest(std::string_view typed, std::span<const std::string_view> words,
                    std::string_view dashes) {
  std::string_view nearest;
  std::size_t least = typed.size() / 3 + 1;  // more wrong letters are another word
  for (const std::string_view word : words) {
    const bool begins = typed.size() >= 3 && word.starts_with(typed);
    const std::size_t distance = begins ? 1 : edit_distance(typed, word);
    if (distance < least) {
      least = distance;
      nearest = word;
    }
  }
  return nearest.empty() ? "" : fmt::format(" (did you mean {}{}?)", dashes, nearest);
}

}  // namespace cac
