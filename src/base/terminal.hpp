// What the device behind a stream can show, and texts made fit for it.
// Knows nothing of reports: it is told texts and widths.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cac {

struct TerminalStyle {
  std::size_t width = 0;  // columns; 0: no terminal, lines are as long as they are
  bool redraws = false;   // a line can be written over
  bool color = false;
  bool utf8 = false;
};

enum class Paint { plain, bold, dim, green, yellow, red };
std::string painted(std::string_view text, Paint paint, const TerminalStyle& style);

// An engine's error can be of any length. In characters.
inline constexpr std::size_t max_untrusted = 2000;

// Foreign text as one harmless line: control characters, direction overrides and broken UTF-8
// shown as escapes; without UTF-8 everything beyond ASCII becomes '?'. A text of more than
// max_untrusted characters is cut, and ends with "...".
std::string harmless(std::string_view text, const TerminalStyle& style);

// The columns that a harmless text takes. Looks at the process's LC_CTYPE.
std::size_t columns_of(std::string_view text);

// The text padded with blanks to so many columns.
std::string padded(std::string_view text, std::size_t columns);

// The front of a text that is longer than so many columns, and "...".
std::string shortened(std::string_view text, std::size_t columns);

// Lines of at most `width` columns (0: one line), broken at blanks, within a word if it must be. No
// line ends with a blank.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace cac
