#include "base/units.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "texts.hpp"

using cac::Bytes;
using cac::test::Texts;
using std::chrono::milliseconds;

TEST_CASE("a duration is a whole number and one unit") {
  struct {
    std::string text;
    long long expected;
  } const rows[] = {
      {"1s", 1},         {"90s", 90},        {"15m", 900}, {"12h", 43200},
      {"7d", 7 * 86400}, {"2w", 14 * 86400}, {"007s", 7},  {"36525d", 36525LL * 86400},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto duration = cac::parse_duration(row.text);
    REQUIRE(duration);
    CHECK(duration->count() == row.expected);
  }
}

TEST_CASE("what is not a valid duration, is not above zero or would overflow a clock is refused") {
  for (const std::string& text : Texts{"",
                                       "0s",
                                       "000m",
                                       "10",
                                       "s",
                                       "-1s",
                                       "+1s",
                                       " 1s",
                                       "1s ",
                                       "1 s",
                                       "1S",
                                       "1M",
                                       "1.5h",
                                       "1h30m",
                                       "0x1s",
                                       "1e3s",
                                       "1ss",
                                       "1y",
                                       "abc",
                                       "36526d",
                                       "9223372036854775807w",
                                       "9223372036854775808s",
                                       "99999999999999999999999s"}) {
    CAPTURE(text);
    CHECK_FALSE(cac::parse_duration(text));
  }
}

TEST_CASE("bytes are printed with three digits and SI prefixes") {
  struct {
    long long count;
    std::string expected;
  } const rows[] = {
      {0, "0 B"},
      {1, "1 B"},
      {999, "999 B"},
      {1000, "1.00 kB"},
      {1234, "1.23 kB"},
      {9994, "9.99 kB"},
      {9995, "10.0 kB"},
      {12345, "12.3 kB"},
      {99949, "99.9 kB"},
      {99950, "100 kB"},
      {999499, "999 kB"},
      {999500, "1.00 MB"},
      {345'000'000, "345 MB"},
      {1'000'000'000, "1.00 GB"},
      {2'500'000'000'000, "2.50 TB"},
      {std::numeric_limits<long long>::max(), "9.22 EB"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.count);
    CHECK(to_string(Bytes{row.count}) == row.expected);
  }
}

TEST_CASE(
    "a duration is printed alike, given or measured: in whole units, or below a minute exactly") {
  struct {
    long long count;
    std::string expected;
  } const rows[] = {
      {0, "0 ms"},
      {35, "35 ms"},
      {999, "999 ms"},
      {1000, "1 s"},
      {1449, "1.4 s"},
      {1960, "2 s"},
      {59949, "59.9 s"},
      {59950, "1 min"},
      {60000, "1 min"},
      {90000, "1 min 30 s"},
      {119600, "2 min"},
      {125000, "2 min 5 s"},
      {3600000, "1 h"},
      {3630000, "1 h 30 s"},
      {36LL * 3600000, "1 d 12 h"},
      {14LL * 86400000, "14 d"},
      {36525LL * 86400000, "36525 d"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.count);
    CHECK(cac::to_string(milliseconds(row.count)) == row.expected);
    if (row.count % 1000 != 0) continue;
    CHECK(cac::to_string(std::chrono::seconds(row.count / 1000)) == row.expected);
  }
}

TEST_CASE("a time is read to the nanosecond, in its zone") {
  const auto second = std::chrono::system_clock::from_time_t(1769853600);
  CHECK(cac::parse_time("2026-01-31T10:00:00Z") == second);
  CHECK(cac::parse_time("2026-01-31T12:00:00+02:00") == second);
  CHECK(cac::parse_time("2026-01-31T10:00:00.25Z") == second + milliseconds(250));
  for (const std::string& text : Texts{"", "yesterday", "2026-01-31", "2026-01-31T10:00:00"}) {
    CAPTURE(text);
    CHECK_FALSE(cac::parse_time(text));
  }
}

TEST_CASE("a time that no record can have is none, and overflows nothing") {
  // The first is how Go writes "never".
  for (const std::string& text :
       Texts{"0001-01-01T00:00:00Z", "1677-09-21T00:12:43Z", "1700-01-01T00:00:00Z",
             "1969-12-31T23:59:59Z", "2262-04-11T23:47:17Z", "2263-01-01T00:00:00Z",
             "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999999-23:59"}) {
    CAPTURE(text);
    CHECK_FALSE(cac::parse_time(text));
  }
  CHECK(cac::parse_time("1970-01-01T00:00:00Z"));
  CHECK(cac::parse_time("2262-04-11T00:00:00Z"));
}
