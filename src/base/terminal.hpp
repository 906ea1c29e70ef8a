// What the device behind a stream can show, and texts made fit for it. Knows nothing of reports.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"

namespace cac {

struct TerminalStyle {
  std::size_t width = 0;  // columns; 0: no terminal, lines are as long as they are
  bool redraws = false;   // a line can be written over
  bool color = false;
  bool utf8 = false;
};

// Returns whether the locale's name says so: the C library needs the locale's files, too, which an
// empty root or an SSH session with the client's LANG does not have. GitHub's logs always do.
bool shows_utf8(const Environment& environment);

// The codes of ECMA-48.
enum class Style { plain = 0, bold = 1, dim = 2, red = 31, green = 32, yellow = 33 };
std::string styled(std::string_view text, Style emphasis, const TerminalStyle& style);

// An engine's error can be of any length. In characters.
inline constexpr std::size_t max_untrusted = 2000;

// Makes one harmless line of an untrusted text: escapes control characters, direction overrides and
// broken UTF-8; without UTF-8, replaces everything beyond ASCII by '?'. Cuts a text of more than
// max_untrusted characters, and ends it with "...".
std::string escape_untrusted(std::string_view text, const TerminalStyle& style);

// Returns the columns that an escaped text takes.
std::size_t display_width(std::string_view text);

// Appends blanks up to the number of columns.
std::string pad(std::string_view text, std::size_t columns);

// Cuts a text that is longer than so many columns, and ends it with "...".
std::string shorten(std::string_view text, std::size_t columns);

// Breaks a text into lines of at most `width` columns (0: one line), at blanks or, if it must be,
// within a word. No line ends with a blank.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace cac
