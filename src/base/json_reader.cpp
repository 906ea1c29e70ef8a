#include "base/json_reader.hpp"

namespace cac {

nlohmann::json parse_json(const std::string& text) {
  // An engine nests about ten levels deep, and its largest responses hold some hundred thousand
  // values.
  constexpr int max_depth = 32;
  constexpr std::size_t max_values = 2'000'000;
  using Json = nlohmann::json;
  std::size_t values = 0;
  const auto check_limits = [&](int depth, Json::parse_event_t event, const Json&) {
    if (event != Json::parse_event_t::key) ++values;
    if (depth <= max_depth && values <= max_values) return true;
    throw MalformedJson("it is larger or deeper than any engine's");
  };
  Json json = Json::parse(text, check_limits, false);
  if (json.is_discarded()) throw MalformedJson("it is not JSON, or it is cut off");
  return json;
}

}  // namespace cac
