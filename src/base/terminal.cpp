#include "base/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cwchar>

namespace cac {

namespace {

// One character at the front of a text.
struct Glyph {
  std::size_t bytes;    // at least 1
  std::size_t columns;  // 0: a combining character
  wchar_t code;
  bool valid;  // false: no character in this locale
};

Glyph first_glyph(std::string_view text) {
  std::mbstate_t state{};
  wchar_t code = 0;
  const std::size_t bytes = std::mbrtowc(&code, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return {1, 1, 0, false};
  const int columns = wcwidth(code);
  return {bytes, columns < 0 ? 1 : static_cast<std::size_t>(columns), code, true};
}

// Controls of both sets, and what turns the direction of the text around it.
bool is_dangerous(wchar_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0x200e || code == 0x200f;
}

struct Extent {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

// How much of the text fits into so many columns; at least one glyph.
Extent measure(std::string_view text, std::size_t max_columns) {
  Extent used;
  while (used.bytes < text.size()) {
    const Glyph glyph = first_glyph(text.substr(used.bytes));
    if (used.bytes > 0 && used.columns + glyph.columns > max_columns) break;
    used.bytes += glyph.bytes;
    used.columns += glyph.columns;
  }
  return used;
}

}  // namespace

std::string styled(std::string_view text, Style emphasis, const TerminalStyle& style) {
  if (!style.color || text.empty() || emphasis == Style::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(emphasis), text);
}

std::string escape_untrusted(std::string_view text, const TerminalStyle& style) {
  std::string result;
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters == max_untrusted) return result + "...";
    Glyph glyph = first_glyph(text);
    const bool is_ascii = static_cast<unsigned char>(text.front()) < 0x80;
    if (!is_ascii && (!style.utf8 || !glyph.valid)) {
      // One '?' for a whole character, not for each of its bytes.
      result += '?';
      glyph.bytes = 1;
      while (glyph.bytes < text.size() && (text[glyph.bytes] & 0xc0) == 0x80) ++glyph.bytes;
    } else if (glyph.code == '\n' || glyph.code == '\t') {
      result += ' ';  // a line break inside a step's description is nothing special
    } else if (is_dangerous(glyph.code)) {
      result += fmt::format(fmt::runtime(is_ascii ? "\\x{:02x}" : "\\u{:04x}"),
                            static_cast<unsigned>(glyph.code));
    } else {
      result += text.substr(0, glyph.bytes);
    }
    text.remove_prefix(glyph.bytes);
  }
  return result;
}

std::size_t display_width(std::string_view text) { return measure(text, SIZE_MAX).columns; }

std::string pad(std::string_view text, std::size_t columns) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(used < columns ? columns - used : 0, ' ');
}

std::string shorten(std::string_view text, std::size_t columns) {
  constexpr std::string_view dots = "...";
  if (display_width(text) <= columns) return std::string(text);
  const std::size_t room = columns > dots.size() ? columns - dots.size() : 1;
  return fmt::format("{}{}", text.substr(0, measure(text, room).bytes), dots);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  const auto without_end = [](std::string_view line) {
    return line.substr(0, line.find_last_not_of(' ') + 1);
  };
  text = without_end(text);
  std::vector<std::string> lines;
  do {
    std::size_t end = width == 0 ? text.size() : measure(text, width).bytes;
    // Back to the last blank, unless a word fills the line.
    if (end < text.size() && text[end] != ' ') {
      const auto blank = text.substr(0, end).rfind(' ');
      if (blank != std::string_view::npos && blank > 0) end = blank;
    }
    lines.emplace_back(without_end(text.substr(0, end)));
    text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  } while (!text.empty());
  return lines;
}

}  // namespace cac
