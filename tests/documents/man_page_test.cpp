// The committed man page is its template with the marks filled in.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "base/terminal.hpp"
#include "cli/option_table.hpp"
#include "source.hpp"
#include "version.hpp"

using cac::OptionSpec;

namespace {

// Every hyphen as "\-", so that what is copied from the page is ASCII in every output.
std::string escape_roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '-' || c == '\\') escaped += '\\';
    escaped += c == '\\' ? 'e' : c;
  }
  return escaped;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escape_roff(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", escape_roff(text)); }

// The text with the options that it names in bold.
std::string mark_options(std::string_view text) {
  std::string marked;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const std::string_view name = word.substr(0, word.find_last_not_of(".,;:)") + 1);
    const bool is_option = std::ranges::any_of(cac::option_table, [name](const OptionSpec& spec) {
      return name == cac::argument_form(spec.name);
    });
    marked += is_option ? bold(name) + escape_roff(word.substr(name.size())) : escape_roff(word);
    text.remove_prefix(word.size());
    if (!text.empty()) {
      marked += ' ';
      text.remove_prefix(1);
    }
  }
  return marked;
}

// Each sentence begins a new line of roff, as its formatters want it.
void append_text(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find(". ");
    const bool is_last = end == std::string_view::npos;
    const std::string_view sentence = text.substr(0, is_last ? end : end + 1);
    for (const std::string& line : cac::wrap(mark_options(sentence), 78)) {
      out += fmt::format("{}{}\n", line.starts_with('.') ? "\\&" : "", line);
    }
    text.remove_prefix(is_last ? text.size() : end + 2);
  }
}

void append_option(std::string& out, const OptionSpec& spec) {
  out += ".TP\n";
  if (spec.name == cac::target_argument.name) {
    out += italic(spec.name);
  } else if (spec.name == cac::build_command_argument.name) {
    out += bold("--") + "\\ " + italic(spec.name);
  } else {
    if (spec.short_name != 0) out += bold(fmt::format("-{}", spec.short_name)) + ", ";
    out += bold(cac::argument_form(spec.name));
    if (!spec.placeholder.empty()) out += "\\ " + italic(spec.placeholder);
  }
  out += "\n";
  append_text(out, cac::full_help(spec));
  const std::string note = cac::default_note(spec);
  if (note.empty()) return;
  out += ".br\n";
  append_text(out, note);
}

// The options as roff, for @OPTIONS@.
std::string man_options() {
  std::string out = fmt::format(".SS {}\n", cac::target_argument.group);
  append_option(out, cac::target_argument);
  append_option(out, cac::build_command_argument);
  std::string_view group = cac::target_argument.group;
  for (const OptionSpec& spec : cac::option_table) {
    if (spec.group != group) out += fmt::format(".SS {}\n", spec.group);
    group = spec.group;
    append_option(out, spec);
  }
  return out;
}

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
  fill_in(page, "@OPTIONS@\n", man_options());
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
