#include "base/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
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

// How many bytes of the text fit into so many columns; at least one glyph.
std::size_t bytes_that_fit(std::string_view text, std::size_t columns) {
  std::size_t bytes = 0;
  std::size_t used = 0;
  while (bytes < text.size()) {
    const Glyph glyph = first_glyph(text.substr(bytes));
    if (bytes > 0 && used + glyph.columns > columns) break;
    bytes += glyph.bytes;
    used += glyph.columns;
  }
  return bytes;
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
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      // A line break inside a step's description is nothing special.
      const bool is_blank = byte == '\n' || byte == '\t';
      result += is_blank             ? " "
                : is_dangerous(byte) ? fmt::format("\\x{:02x}", byte)
                                     : std::string(1, text.front());
      text.remove_prefix(1);
      continue;
    }
    const Glyph glyph = first_glyph(text);
    if (!style.utf8 || !glyph.valid) {
      // One '?' for a whole character, not for each of its bytes.
      result += '?';
      text.remove_prefix(1);
      while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0U) == 0x80) {
        text.remove_prefix(1);
      }
      continue;
    }
    result += is_dangerous(glyph.code) ? fmt::format("\\u{:04x}", static_cast<unsigned>(glyph.code))
                                       : std::string(text.substr(0, glyph.bytes));
    text.remove_prefix(glyph.bytes);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string pad(std::string_view text, std::size_t columns) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(used < columns ? columns - used : 0, ' ');
}

std::string shorten(std::string_view text, std::size_t columns) {
  constexpr std::string_view dots = "...";
  if (display_width(text) <= columns) return std::string(text);
  const std::size_t room = columns > dots.size() ? columns - dots.size() : 1;
  return std::string(text.substr(0, bytes_that_fit(text, room))) + std::string(dots);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  const auto without_end = [](std::string_view line) {
    return line.substr(0, line.find_last_not_of(' ') + 1);
  };
  text = without_end(text);
  std::vector<std::string> lines;
  do {
    std::size_t end = width == 0 ? text.size() : bytes_that_fit(text, width);
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
