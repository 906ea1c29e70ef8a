// The committed man page is its template with the marks filled in.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "man_options.hpp"
#include "source.hpp"
#include "version.hpp"

namespace {

void fill_in(std::string& page, const std::string& mark, const std::string& text) {
  const auto at = page.find(mark);
  REQUIRE_MESSAGE(at != std::string::npos, mark, " is not in the template");
  page.replace(at, mark.size(), text);
}

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::string(value) != "0";
}

}  // namespace

TEST_CASE("the committed man page is the template, filled in with version, date and options") {
  std::string page = cac::test::read_source("man/clear-app-cache.1.in");
  fill_in(page, "@VERSION@", std::string(cac::version));
  fill_in(page, "@RELEASE_DATE@", RELEASE_DATE);
  fill_in(page, "@OPTIONS@\n", cac::man_options());
  const std::string committed = "man/clear-app-cache.1";
  if (is_set("UPDATE_GOLDEN") && !is_set("CI")) {
    std::ofstream file(std::string(SOURCE_DIR) + "/" + committed, std::ios::binary);
    file << page;
    REQUIRE(file.flush().good());
  }
  INFO("UPDATE_GOLDEN=1 writes it: ", committed);
  std::istringstream expected(page);
  std::istringstream lines(cac::test::read_source(committed));
  // One line at a time: the whole page would be hard to read in a failure.
  for (std::string line; std::getline(expected, line);) {
    std::string found;
    std::getline(lines, found);
    REQUIRE(found == line);
  }
  CHECK(cac::test::read_source(committed) == page);
}
