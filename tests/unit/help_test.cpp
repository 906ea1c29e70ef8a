#include "cli/help.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "cli/option_table.hpp"
#include "texts.hpp"

using cac::test::Containing;

namespace {

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

std::string without_line_breaks(const std::string& text) {
  std::istringstream words(text);
  std::string joined;
  for (std::string word; words >> word;) joined += " " + word;
  return joined;
}

}  // namespace

TEST_CASE("the long help fits its width and says the same at each") {
  const std::string help = cac::long_help(80);
  CHECK(cac::long_help(0) == help);
  for (const std::size_t width : {40U, 60U, 80U, 100U}) {
    const std::string other = cac::long_help(width);
    CHECK(widest_line(other) <= width);
    CHECK(widest_line(other) > width - 12);
    CHECK(without_line_breaks(other) == without_line_breaks(help));
  }
  CHECK(cac::long_help(10) == cac::long_help(40));
  CHECK(cac::long_help(1000) == cac::long_help(100));
}

TEST_CASE("the text around the options prints as it reads in the source") {
  // At 80 columns, for which it is written; neither paragraphs nor tags are run together.
  const std::string help = cac::long_help(80);
  CHECK(help == Containing{"Results go to standard output. Messages, progress and GitHub workflow "
                           "commands\ngo to standard error.\n\nTarget:\n  TARGET\n"});
  CHECK(help == Containing{"\n\nExit status:\n  0       Clean: queries made"});
  CHECK(help == Containing{"\n  128+N   Ended by signal N; 130 is Ctrl-C. Deleted items stay "
                           "deleted.\n\n  A build command is run only"});
  CHECK(help == Containing{" steps.\n\nEnvironment:\n  CLEAR_APP_CACHE_PROJECT\n          Default "
                           "for --project.\n  DOCKER_HOST\n          Default for --host.\n"});
}

TEST_CASE("help says what an option excludes, requires and is by default") {
  const std::string help = without_line_breaks(cac::long_help(80));
  CHECK(help == Containing{"--dry-run Prints the plan"});
  CHECK(help == Containing{"without changing anything. Cannot be combined with --verify-only. "
                           "--verify-only Reports"});
  CHECK(help ==
        Containing{"Cannot be combined with --verify-only, TARGET, --project, --file, --app-dir, "
                   "--keep-as or a build command."});
  CHECK(help == Containing{"-- BUILD COMMAND Clears everything"});
  CHECK(help == Containing{"Cannot be combined with --prune-only, TARGET, --file or --project."});
  CHECK(help == Containing{"s, m, h, d or w. Requires --prune-only."});
  CHECK(help == Containing{"Environment: CLEAR_APP_CACHE_PROJECT. Default: watchparty."});
  CHECK(cac::enumerate("a b c d e") == "a, b, c, d or e");
  CHECK(cac::enumerate("a b") == "a or b");
  CHECK(cac::enumerate("a") == "a");
}

TEST_CASE("the short help has a line for each option, and says what a build command is for") {
  const std::string help = cac::short_help();
  CHECK(help == Containing{"-- BUILD COMMAND  (clear for it, then run it)\n"});
  for (const cac::OptionSpec& spec : cac::option_table) {
    CHECK(help == Containing{"--" + std::string(spec.name)});
    CHECK(help == Containing{"  " + std::string(spec.short_help)});
  }
  CHECK(help == Containing{"backend, frontend or all [all]\n"});
  CHECK(help == Containing{"limit for the whole run [10m]\n"});
}
