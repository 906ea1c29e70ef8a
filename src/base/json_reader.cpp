#include "base/json_reader.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace cac {

namespace {

// An engine nests about ten levels deep, and its largest responses hold some hundred thousand
// values. Counted beforehand: a parser with a callback takes a time that grows with the square of
// the number of objects in a list (nlohmann/json 3.11 looks at each of them after every one).
bool is_within_limits(const std::string& text) {
  constexpr int max_depth = 32;
  constexpr std::size_t max_values = 2'000'000;
  int depth = 0;
  std::size_t values = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      if (c == '\\') ++i;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth || ++values > max_values) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' && ++values > max_values) {
      return false;
    }
  }
  return true;
}

}  // namespace

nlohmann::json parse_json(const std::string& text) {
  if (!is_within_limits(text)) throw MalformedJson("it is larger or deeper than any engine's");
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) throw MalformedJson("it is not JSON, or it is cut off");
  return json;
}

std::optional<std::string> read_text_file(const std::filesystem::path& path) {
  const auto refusal = [&path](const std::string& reason) {
    return MalformedJson(path.string() + ": " + reason);
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw refusal("it is not a file");
  }
  errno = 0;
  std::ifstream file(path);
  std::string text;
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (text.starts_with("\xef\xbb\xbf")) throw refusal("it begins with a byte order mark");
  if (file) return text;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw refusal("it cannot be read: " + std::generic_category().message(errno));
}

}  // namespace cac
