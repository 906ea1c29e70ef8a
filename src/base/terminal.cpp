#include "base/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/to_lower.hpp"

namespace cac {

namespace {

// One character at the front of a text.
struct Glyph {
  std::size_t bytes;    // at least 1
  std::size_t columns;  // 0: a combining character
  char32_t code;
  bool valid;  // false: no UTF-8
};

// The marks that are put over the character before them, in the scripts that have them apart.
bool is_combining(char32_t code) {
  return (code >= 0x300 && code <= 0x36f) || (code >= 0x1ab0 && code <= 0x1aff) ||
         (code >= 0x1dc0 && code <= 0x1dff) || (code >= 0x200b && code <= 0x200d) ||
         (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f);
}

// By the C library only a locale's files tell, which an empty root does not have.
std::size_t count_columns(std::string_view character, char32_t code) {
  constexpr std::size_t most = 2;
  if (is_combining(code)) return 0;
  return character.size() + most - fmt::formatted_size("{:2}", character);
}

Glyph first_glyph(std::string_view text) {
  struct Kind {
    unsigned char mask;
    unsigned char lead;
    char32_t least;  // shorter forms are for less
  };
  constexpr std::array<Kind, 4> kinds{
      {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}}};
  constexpr char32_t last = 0x10ffff;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Glyph broken{1, 1, 0, false};
  const auto* const kind = std::ranges::find_if(
      kinds, [&](const Kind& each) { return (byte(0) & each.mask) == each.lead; });
  const auto bytes = static_cast<std::size_t>(kind - kinds.begin()) + 1;
  if (kind == kinds.end() || bytes > text.size()) return broken;
  if (bytes == 1) return {1, 1, byte(0), true};
  char32_t code = byte(0) & static_cast<unsigned char>(~kind->mask);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return broken;
    code = code << 6 | (byte(i) & 0x3f);
  }
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kind->least || code > last || is_surrogate) return broken;
  return {bytes, count_columns(text.substr(0, bytes), code), code, true};
}

// Controls of both sets, and what turns the direction of the text around it.
bool is_dangerous(char32_t code) {
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

bool shows_utf8(const Environment& environment) {
  if (environment("GITHUB_ACTIONS") == "true") return true;
  std::string locale;
  for (const char* const name : {"LANG", "LC_CTYPE", "LC_ALL"}) {
    locale = environment(name).value_or(locale);
  }
  locale = to_lower(locale);
  return locale.find(".utf-8") != std::string::npos || locale.find(".utf8") != std::string::npos;
}

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
