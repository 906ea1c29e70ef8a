#include "golden.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "version.hpp"

namespace cac::test {

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string section(const std::string& title, const std::string& text) {
  if (text.empty()) return "";
  return "[" + title + "]\n" + text + (text.ends_with('\n') ? "" : "[no end of line]\n");
}

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::string(value) != "0";
}

}  // namespace

std::string normalized(std::string text, const std::string& engine_url) {
  replace_all(text, engine_url, "unix:///ENGINE");
  replace_all(text, std::string(version), "VERSION");
  const std::string time = "[0-9]+ ms|[0-9]+(\\.[0-9])? s|[0-9]+ min( [0-9]+ s)?";
  text =
      std::regex_replace(text, std::regex("reclaimed in (" + time + ")\\."), "reclaimed in TIME.");
  // At the end of a line of --verbose.
  text = std::regex_replace(text, std::regex("B, (" + time + ")\n"), "B, TIME\n");
  return std::regex_replace(text, std::regex("\"duration_ms\": ?[0-9]+"), "\"duration_ms\": TIME");
}

std::string transcript(const Invocation& invocation, const Result& result,
                       const std::string& engine_url) {
  std::string text = "$ clear-app-cache";
  for (const std::string& argument : invocation.arguments) text += " " + argument;
  text += "\n" + section("standard output", result.out) + section("standard error", result.err);
  return normalized(text, engine_url) + "[exit status " + std::to_string(result.status) + "]\n";
}

std::string spread_out(const std::string& json_line) {
  CHECK(json_line.find('\n') == json_line.size() - 1);
  const auto json = nlohmann::ordered_json::parse(json_line, nullptr, false);
  REQUIRE(json.is_object());
  return json.dump(2) + "\n";
}

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GOLDEN_DIRECTORY) + "/" + name + ".txt";
  if (is_set("UPDATE_GOLDEN")) {
    if (is_set("CI")) FAIL("UPDATE_GOLDEN is refused in CI: a golden file is changed by a person");
    std::ofstream file(path, std::ios::binary);
    file << text;
    REQUIRE(file.flush().good());
    return;
  }
  std::ifstream file(path, std::ios::binary);
  INFO("UPDATE_GOLDEN=1 writes it: ", path);
  REQUIRE(file.good());
  std::ostringstream expected;
  expected << file.rdbuf();
  CHECK(text == expected.str());
}

}  // namespace cac::test
