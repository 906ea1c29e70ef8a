// For checks on texts whose failure shows what was there.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace cac::test {

// CHECK(text == Containing{"words"})
struct Containing {
  std::string words;

  friend bool operator==(std::string_view text, const Containing& expected) {
    return text.find(expected.words) != std::string_view::npos;
  }
  friend std::ostream& operator<<(std::ostream& out, const Containing& expected) {
    return out << "…" << expected.words << "…";
  }
};

using Texts = std::vector<std::string>;

// Each line with its end.
inline std::string joined(const Texts& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// What a call is refused with.
template <typename Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

inline std::size_t count_of(std::string_view words, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(words); at != std::string_view::npos; at = text.find(words, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace cac::test
