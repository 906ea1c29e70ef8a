#include "request.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cac::test {

int FakeRequest::minor() const {
  return target.starts_with("/v1.") ? std::stoi(target.substr(4)) : 0;
}
std::string FakeRequest::path() const {
  return without_version(target.substr(0, target.find('?')));
}
std::string FakeRequest::query() const {
  const auto question = target.find('?');
  return question == std::string::npos ? "" : target.substr(question + 1);
}

std::string FakeRequest::parameter(const std::string& name) const {
  const std::string text = query();
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('&', begin), text.size());
    const std::string pair = text.substr(begin, end - begin);
    if (pair.starts_with(name + "=")) return decoded(pair.substr(name.size() + 1));
    begin = end + 1;
  }
  return "";
}

std::vector<std::string> FakeRequest::filter_values(const std::string& key) const {
  const std::string text = parameter("filters");
  if (text.empty()) return {};
  return nlohmann::json::parse(text).value(key, std::vector<std::string>());
}

std::string FakeRequest::filter(const std::string& key) const {
  const auto values = filter_values(key);
  return values.empty() ? "" : values.front();
}

std::string decoded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string without_version(const std::string& path) {
  if (!path.starts_with("/v1.")) return path;
  return path.substr(path.find('/', 1));
}

// A star stands for anything but a slash. A pattern without a tag matches any tag.
bool matches_reference(const std::string& pattern, const std::string& name) {
  const std::string repository = name.substr(0, name.rfind(':'));
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) == 0 ||
         fnmatch(pattern.c_str(), repository.c_str(), FNM_PATHNAME) == 0;
}

}  // namespace cac::test
