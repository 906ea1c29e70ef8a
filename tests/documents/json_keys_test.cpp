// The keys and words of --json are those that the man page documents, no more and no fewer.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "clear/result.hpp"
#include "source.hpp"

namespace cac {

namespace {

using nlohmann::ordered_json;
using Names = std::set<std::string>;
using Types = std::map<std::string, Names>;  // by path, "actions[].status"

struct DocumentedKey {
  std::string path;
  std::string text;
};

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

// The tagged paragraphs of JSON OUTPUT, without markup.
std::vector<DocumentedKey> documented_keys() {
  std::string page = test::read_source("man/clear-app-cache.1");
  for (const std::string_view markup : {"\\fB", "\\fR"}) replace_all(page, markup, "");
  replace_all(page, "\\-", "-");
  const auto begin = page.find(".SH JSON OUTPUT\n");
  REQUIRE(begin != std::string::npos);
  std::istringstream lines(page.substr(begin, page.find("\n.SH ", begin) - begin));
  std::vector<DocumentedKey> keys;
  for (std::string line; std::getline(lines, line);) {
    if (line == ".TP") {
      keys.emplace_back();
      std::getline(lines, keys.back().path);
    } else if (!keys.empty()) {
      keys.back().text += line + " ";
    }
  }
  return keys;
}

// "Array of strings." or "String or null." as the types that json names. A list that may be null is
// never empty.
Names documented_types(const DocumentedKey& key) {
  std::string type = key.text.substr(0, key.text.find('.'));
  type.front() = static_cast<char>(std::tolower(type.front()));
  Names types;
  constexpr std::string_view nullable = " or null";
  if (type.ends_with(nullable)) {
    types.insert("null");
    type.resize(type.size() - nullable.size());
  }
  // A list may be empty, and its elements are then unknown.
  if (type == "array of strings" && types.empty()) types.insert("array");
  types.insert(type);
  return types;
}

// Of "One of: clear, verify-only." or "Always build-cache."
Names documented_words(std::string_view path) {
  for (const DocumentedKey& key : documented_keys()) {
    if (key.path != path) continue;
    Names words;
    for (const std::string_view introduction : {"One of: ", "Always "}) {
      const auto begin = key.text.find(introduction);
      if (begin == std::string::npos) continue;
      std::istringstream list(key.text.substr(
          begin + introduction.size(), key.text.find('.', begin) - begin - introduction.size()));
      for (std::string word; list >> word;) {
        if (word.ends_with(',')) word.pop_back();
        words.insert(word);
      }
    }
    return words;
  }
  return {};
}

std::string type_of(const ordered_json& value) {
  if (value.is_number_integer()) return "integer";
  if (!value.is_array() || value.empty() || !value.front().is_string()) return value.type_name();
  return "array of strings";
}

// Each object's keys, with the types that their values have.
void collect(const ordered_json& object, const std::string& prefix, Types& types) {
  for (const auto& [key, value] : object.items()) {
    const std::string path = prefix + key;
    types[path].insert(type_of(value));
    if (value.is_array()) {
      for (const auto& element : value) {
        if (element.is_object()) collect(element, path + "[].", types);
      }
    } else if (value.is_object()) {
      // An action's error has the keys of the run's, which are documented once.
      collect(value, path == "actions[].error" ? "error." : path + ".", types);
    }
  }
}

// What the program printed in the tests of tests/cli.
std::vector<ordered_json> goldens() {
  std::vector<ordered_json> reports;
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/tests/cli/golden")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("json-")) continue;
    std::string text = test::read_source("tests/cli/golden/" + name);
    replace_all(text, "\"duration_ms\": TIME", "\"duration_ms\": 1");
    INFO(name);
    reports.push_back(ordered_json::parse(text, nullptr, false));
    REQUIRE(reports.back().is_object());
  }
  return reports;
}

template <std::size_t N>
Names to_names(const std::string_view (&words)[N]) {
  return {std::begin(words), std::end(words)};
}

}  // namespace

TEST_CASE("the man page documents the keys that the goldens have, with their types") {
  Types printed;
  for (const auto& report : goldens()) collect(report, "", printed);
  Types documented;
  for (const DocumentedKey& key : documented_keys()) {
    CAPTURE(key.path);
    CHECK(documented.emplace(key.path, documented_types(key)).second);
  }
  for (const auto& row : printed) {
    CAPTURE(row.first);
    CHECK_MESSAGE(documented.contains(row.first), "a golden has a key that the man page has not");
  }
  for (const auto& row : documented) {
    CAPTURE(row.first);
    REQUIRE_MESSAGE(printed.contains(row.first), "no golden has this key");
    CHECK(row.second == printed[row.first]);
  }
}

TEST_CASE("the man page documents the keys in the order in which they are printed") {
  std::vector<std::string> documented;
  for (const DocumentedKey& key : documented_keys()) {
    if (key.path.find('.') == std::string::npos) documented.push_back(key.path);
  }
  for (const auto& report : goldens()) {
    std::vector<std::string> printed;
    for (const auto& [key, value] : report.items()) printed.push_back(key);
    CHECK(documented == printed);
  }
}

TEST_CASE("every word is documented, and every documented word is written") {
  CHECK(documented_words("mode") == Names{"clear", "verify-only", "prune-only"});
  CHECK(documented_words("targets") == Names{"backend", "frontend", "all"});
  CHECK(documented_words("verdict") == to_names(verdict_words));
  CHECK(documented_words("error.kind") == to_names(failure_words));
  CHECK(documented_words("residue[].kind") == to_names(residue_words));
  CHECK(documented_words("caveats[].kind") == to_names(caveat_words));
  CHECK(documented_words("kept[].kind") == Names{std::string(to_string(ResidueKind::build_cache))});
  CHECK(documented_words("actions[].action") == to_names(action_words));
  Names statuses = to_names(outcome_words);
  statuses.merge(Names{"planned", "not-reached"});
  CHECK(documented_words("actions[].status") == statuses);
  Names reasons = documented_words("actions[].reason");
  reasons.merge(documented_words("residue[].reason"));
  CHECK(reasons == to_names(reason_words));
}

}  // namespace cac
