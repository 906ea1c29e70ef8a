#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "faults.hpp"

namespace cac::model {

namespace {

using Json = nlohmann::json;

// Stands for what JSON for nlohmann cannot hold, until the text is made.
constexpr const char* placeholder = "@@spoiled@@";

// The shallow ones more often: there are fewer of them, and more depends on each.
Json& choose_node(Json& root, Random& random) {
  Json* node = &root;
  while (node->is_structured() && !node->empty() && !random.percent(45)) {
    auto child = node->begin();
    std::advance(child, random.below(node->size()));
    node = &*child;
  }
  return *node;
}

// What takes the placeholder's place, quotes included.
std::string choose_raw(Random& random) {
  switch (random.below(6)) {
    case 0:
      return "\"\xff\xc0 \x80\"";
    case 1:
      return "1e400";
    case 2:
      return "18446744073709551615";
    case 3:
      return std::string(5000, '[') + std::string(5000, ']');
    case 4:
      return "123456789012345678901234567890";
    default:
      return "NaN";
  }
}

Json choose_value(Random& random) {
  static const std::vector<Json> values{nullptr,
                                        nullptr,
                                        nullptr,
                                        true,
                                        false,
                                        0,
                                        -1,
                                        7,
                                        1.5,
                                        9223372036854775807LL,
                                        "",
                                        "x",
                                        "sha256:" + std::string(64, 'a'),
                                        std::string(70'000, 'y'),
                                        "\x1b[2J\n",
                                        Json::array(),
                                        Json::array({1}),
                                        Json::object(),
                                        Json{{"a", 1}},
                                        Json::array({nullptr})};
  return random.pick(values);
}

// A list that is empty is the likeliest to be believed.
Json choose_value_for(const Json& member, Random& random) {
  if (member.is_array() && random.percent(50)) return random.percent(50) ? Json() : Json::array();
  return choose_value(random);
}

// Members by which a client decides, wherever they are.
void find_important(Json& json, std::map<std::string, std::vector<Json*>>& parents) {
  static const std::set<std::string> important{
      "BuildCache", "BuildCacheUsage", "Items",   "ID",       "Type",           "InUse",
      "Id",         "RepoTags",        "Deleted", "Untagged", "SpaceReclaimed", "CachesDeleted",
      "Names",      "RepoDigests",     "Labels",  "State",    "ExitCode",       "TotalCount",
      "Volumes"};
  if (!json.is_structured()) return;
  for (auto child = json.begin(); child != json.end(); ++child) {
    if (json.is_object() && important.contains(child.key())) parents[child.key()].push_back(&json);
    find_important(*child, parents);
  }
}

// Takes one of them away, or makes it something else: once, or everywhere. False: there is none.
bool spoil_important(Json& json, Random& random) {
  std::map<std::string, std::vector<Json*>> parents;
  find_important(json, parents);
  if (parents.empty()) return false;
  auto chosen = parents.begin();
  std::advance(chosen, random.below(parents.size()));
  const auto& [key, places] = *chosen;
  const bool takes_away = random.percent(60);
  const Json value = choose_value_for(places.front()->at(key), random);
  const auto change = [&, &name = key](Json& parent) {
    if (takes_away) {
      parent.erase(name);
    } else {
      parent[name] = value;
    }
  };
  if (random.percent(50)) {
    change(*random.pick(places));
  } else {
    // The deepest first: what holds them may be changed itself.
    for (auto place = places.rbegin(); place != places.rend(); ++place) change(**place);
  }
  return true;
}

// One thing anywhere. Returns what is to take the placeholder's place.
std::string spoil_anything(Json& json, Random& random) {
  Json& node = choose_node(json, random);
  switch (random.weighted({25, 45, 15, 15})) {
    case 0:
      node = choose_value(random);
      return "";
    case 1:  // a key or an element less
      if (node.is_structured() && !node.empty()) {
        auto child = node.begin();
        std::advance(child, random.below(node.size()));
        node.erase(child);
      } else {
        node = nullptr;
      }
      return "";
    case 2:
      node = placeholder;
      return choose_raw(random);
    default:  // a key that nobody knows, or an element that is there twice
      if (node.is_object()) {
        node["Unknown"] = choose_value(random);
      } else if (node.is_array() && !node.empty()) {
        node.push_back(node.front());
      } else {
        node = Json{{"value", node}};
      }
      return "";
  }
}

}  // namespace

std::string spoil(const std::string& text, std::uint64_t seed) {
  Random random(seed);
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || random.percent(8)) {
    // Cut, with a length that fits; or with something behind it.
    return random.percent(50)
               ? text.substr(0, static_cast<std::size_t>(random.below(text.size() + 1)))
               : text + (random.percent(50) ? "x" : "{}");
  }
  std::string raw;
  if (random.percent(50) || !spoil_important(json, random)) raw = spoil_anything(json, random);
  std::string result = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (raw.empty()) return result;
  const std::string quoted = fmt::format("\"{}\"", placeholder);
  return result.replace(result.find(quoted), quoted.size(), raw);
}

}  // namespace cac::model
