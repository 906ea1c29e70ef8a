// The environment variables of the process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cac {

// Returns a variable's value; nullopt if it is not set or empty.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// Returns HOME, else, under cron or systemd say, the user's directory in /etc/passwd, else "". The
// C library may ask a server as well, by modules that a static program cannot load.
std::string find_home(const Environment& environment);

}  // namespace cac
