// The options as roff, for @OPTIONS@ in man/clear-app-cache.1.in.
#pragma once

#include <string>

namespace cac {

std::string man_options();

}  // namespace cac
