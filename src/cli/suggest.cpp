#include "cli/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace cac {

namespace {

// Counts the letters to insert, delete or replace (Levenshtein).
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

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
