// -h and --help: raw text that reads as it prints, and the options from the table. Pure.
#pragma once

#include <cstddef>
#include <string>

namespace cac {

// Fits a screen of 80 columns and 24 lines.
std::string short_help();

// Complete, wrapped to so many columns, but at least 40 and at most 100; 0: 80.
std::string long_help(std::size_t width);

}  // namespace cac
