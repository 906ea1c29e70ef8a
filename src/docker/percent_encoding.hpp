// Text as a part of a URL.
#pragma once

#include <string>
#include <string_view>

namespace cac {

// Percent-encodes a path: names keep their '/' and ':', as the engine's router wants.
std::string path_encoded(std::string_view text);
// Percent-encodes the value of a query parameter.
std::string query_encoded(std::string_view text);

}  // namespace cac
