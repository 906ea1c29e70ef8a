// The environment variables of the process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cac {

// Returns a variable's value; nullopt if it is not set or empty.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

}  // namespace cac
