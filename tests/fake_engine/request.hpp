// A request to an engine, taken apart.
#pragma once

#include <string>
#include <vector>

namespace cac::test {

struct FakeRequest {
  std::string method;
  std::string target;  // as it came in

  int minor() const;  // of the API's version in the path; 0: there is none
  std::string path() const;
  std::string query() const;
  // The value of name=value in the query; empty when it is not there.
  std::string parameter(const std::string& name) const;
  // The values of filters={"key":["value", ...]} in the query, and the first of them.
  std::vector<std::string> filter_values(const std::string& key) const;
  std::string filter(const std::string& key) const;
};

// "%7B" as "{".
std::string decoded(const std::string& text);
// "/v1.41/images/json" without the version.
std::string without_version(const std::string& path);
// Whether a "reference" filter's pattern selects an image's name.
bool matches_reference(const std::string& pattern, const std::string& name);

}  // namespace cac::test
