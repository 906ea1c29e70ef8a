#include "base/terminal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "connected.hpp"

using cac::Style;
using cac::TerminalStyle;

namespace {

constexpr TerminalStyle plain{};
constexpr TerminalStyle unicode{.width = 0, .color = false, .utf8 = true};
constexpr TerminalStyle colored{.width = 0, .color = true, .utf8 = true};

std::string joined_by_bars(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "|") + line;
  return text;
}

}  // namespace

TEST_CASE("a text is painted only with color, and always switched back") {
  CHECK(cac::styled("x", Style::red, unicode) == "x");
  CHECK(cac::styled("x", Style::plain, colored) == "x");
  CHECK(cac::styled("", Style::red, colored).empty());
  struct {
    Style paint;
    std::string expected;
  } const rows[] = {
      {Style::bold, "\x1b[1mx\x1b[0m"},    {Style::dim, "\x1b[2mx\x1b[0m"},
      {Style::red, "\x1b[31mx\x1b[0m"},    {Style::green, "\x1b[32mx\x1b[0m"},
      {Style::yellow, "\x1b[33mx\x1b[0m"},
  };
  for (const auto& row : rows) CHECK(cac::styled("x", row.paint, colored) == row.expected);
}

TEST_CASE("nothing in a foreign text can command the terminal") {
  struct {
    std::string text;
    std::string in_utf8;
    std::string in_ascii;
  } const rows[] = {
      {"[2/4] RUN npm ci", "[2/4] RUN npm ci", "[2/4] RUN npm ci"},
      {"a\nb\tc", "a b c", "a b c"},
      {"a\rb", "a\\x0db", "a\\x0db"},
      {"\x1b[2Jx", "\\x1b[2Jx", "\\x1b[2Jx"},
      {"\x07\x7f", "\\x07\\x7f", "\\x07\\x7f"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr??"},
      {"\xe4\xb8\x96\xe7\x95\x8c", "\xe4\xb8\x96\xe7\x95\x8c", "??"},
      {"\xc2\x9b"
       "31m",
       "\\u009b31m", "?31m"},  // CSI as one character
      {"\xe2\x80\xae"
       "x",
       "\\u202ex", "?x"},  // right to left override
      {"\xe2\x81\xa6"
       "x\xe2\x80\x8f",
       "\\u2066x\\u200f", "?x?"},  // isolate and mark
      {"a\xff"
       "b",
       "a?b", "a?b"},         // no UTF-8
      {"a\xc3", "a?", "a?"},  // cut off
      // A slash in two bytes, half of a pair, past the last one.
      {"\xc0\xaf", "?", "?"},
      {"\xed\xa0\x80", "?", "?"},
      {"\xf4\x90\x80\x80", "?", "?"},
      {"\xf0\x9f\x8e\x89!", "\xf0\x9f\x8e\x89!", "?!"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(cac::escape_untrusted(row.text, unicode) == row.in_utf8);
    CHECK(cac::escape_untrusted(row.text, plain) == row.in_ascii);
  }
  CHECK(cac::escape_untrusted(std::string_view("a\0b", 3), unicode) == "a\\x00b");
}

TEST_CASE("columns are what a terminal shows, not bytes") {
  struct {
    std::string text;
    std::size_t columns;
  } const rows[] = {
      {"", 0},
      {"abc", 3},
      {"gr\xc3\xbc\xc3\x9f", 4},
      {"\xe4\xb8\x96\xe7\x95\x8c", 4},
      {"e\xcc\x81", 1},  // a combining accent
      {"\xe2\x9c\x93", 1},
      {"\xe2\x80\xa6", 1},
      {"\xf0\x9f\x8e\x89", 2},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(cac::display_width(row.text) == row.columns);
  }
}

TEST_CASE("UTF-8 is shown where the locale's name says so, and in GitHub's logs") {
  const auto shows = [](const std::map<std::string, std::string>& variables) {
    return cac::shows_utf8(cac::test::environment_of(variables));
  };
  CHECK_FALSE(shows({}));
  CHECK_FALSE(shows({{"LANG", "C"}}));
  CHECK_FALSE(shows({{"LANG", "de_DE@euro"}}));
  for (const char* const locale : {"C.UTF-8", "de_DE.utf8", "en_US.UTF-8@x"}) {
    CHECK(shows({{"LANG", locale}}));
  }
  CHECK(shows({{"LANG", "C"}, {"LC_CTYPE", "C.UTF-8"}}));
  CHECK_FALSE(shows({{"LANG", "C.UTF-8"}, {"LC_CTYPE", "C.UTF-8"}, {"LC_ALL", "POSIX"}}));
  CHECK(shows({{"LC_ALL", "C"}, {"GITHUB_ACTIONS", "true"}}));
}

TEST_CASE("a text is padded by columns and never shortened") {
  CHECK(cac::pad("ab", 4) == "ab  ");
  CHECK(cac::pad("\xe4\xb8\x96", 4) == "\xe4\xb8\x96  ");
  CHECK(cac::pad("abcd", 2) == "abcd");
}

TEST_CASE("what is too long is cut, and shows that it is") {
  struct {
    std::string text;
    std::size_t columns;
    std::string expected;
  } const rows[] = {
      {"abcdefgh", 8, "abcdefgh"},
      {"abcdefgh", 7, "abcd..."},
      {"abcdefgh", 4, "a..."},
      {"", 0, ""},
      {"gr\xc3\xbc\xc3\x9f"
       "e an alle",
       7, "gr\xc3\xbc\xc3\x9f..."},
      {"\xe4\xb8\x96\xe7\x95\x8c\xe4\xb8\x96", 5, "\xe4\xb8\x96..."},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.columns);
    CHECK(cac::shorten(row.text, row.columns) == row.expected);
  }
}

TEST_CASE("a text is broken at blanks, and within a word only if it must be") {
  struct {
    std::string text;
    std::size_t width;
    std::string lines;
  } const rows[] = {
      {"one two three", 0, "one two three"},
      {"one two three", 13, "one two three"},
      {"one two three", 12, "one two|three"},
      {"one two three", 7, "one two|three"},
      {"one two three", 6, "one|two|three"},
      {"one two three", 4, "one|two|thre|e"},
      {"abcdefgh", 3, "abc|def|gh"},
      {"one   two", 4, "one|two"},
      {"", 10, ""},
      {"gr\xc3\xbc\xc3\x9f gr\xc3\xbc\xc3\x9f", 4, "gr\xc3\xbc\xc3\x9f|gr\xc3\xbc\xc3\x9f"},
      {"\xe4\xb8\x96\xe7\x95\x8c", 3, "\xe4\xb8\x96|\xe7\x95\x8c"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.width);
    CHECK(joined_by_bars(cac::wrap(row.text, row.width)) == row.lines);
  }
}

TEST_CASE("a character wider than the line stands alone") {
  // On the heap and without a terminating zero: reading past its end would be noticed.
  const std::vector<char> wide{'\xe4', '\xb8', '\x96'};
  CHECK(cac::wrap({wide.data(), wide.size()}, 1) == std::vector<std::string>{"\xe4\xb8\x96"});
}

TEST_CASE("at every width no line is wider and no word is lost") {
  const std::string text =
      "Makes the next docker compose build of an application start from nothing, and proves it.";
  for (std::size_t width = 1; width < text.size() + 2; ++width) {
    CAPTURE(width);
    std::string letters;
    for (const std::string& line : cac::wrap(text, width)) {
      CHECK(cac::display_width(line) <= width);
      CHECK_FALSE(line.starts_with(' '));
      CHECK_FALSE(line.ends_with(' '));
      letters += line;
    }
    std::string expected = text;
    std::erase(letters, ' ');
    std::erase(expected, ' ');
    CHECK(letters == expected);
  }
}

TEST_CASE("no line ends with a blank") {
  CHECK(joined_by_bars(cac::wrap("one  ", 0)) == "one");
  CHECK(joined_by_bars(cac::wrap("one  ", 10)) == "one");
  CHECK(joined_by_bars(cac::wrap("one two ", 4)) == "one|two");
  CHECK(joined_by_bars(cac::wrap("   ", 2)).empty());
}

TEST_CASE("the time that a long text takes grows with it, not with its square") {
  const auto cost = [](const std::string& word, std::size_t size) {
    std::string text;
    while (text.size() < size) text += word;
    std::clock_t least = 0;
    for (int i = 0; i < 3; ++i) {
      const std::clock_t start = std::clock();
      CHECK(cac::wrap(text, 80).size() >= size / 80);
      const std::clock_t spent = std::clock() - start;
      least = i == 0 ? spent : std::min(least, spent);
    }
    return least + 1;
  };
  for (const char* const word : {"word another-word ", "x"}) {
    CAPTURE(word);
    CHECK(cost(word, 1'000'000) < 50 * cost(word, 100'000));
  }
}

TEST_CASE("a foreign text that is too long to read is cut, and shows that it is") {
  const std::string text(cac::max_untrusted, 'x');
  CHECK(cac::escape_untrusted(text, unicode) == text);
  CHECK(cac::escape_untrusted(text + "y", unicode) == text + "...");
  CHECK(cac::escape_untrusted(text + "y", plain) == text + "...");
}
