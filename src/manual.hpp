// Help, made from the table of options and the tables of `manual_text`. Pure.
// The man page has a room of its own: it is made when documents are, not at run time.
#pragma once

#include <cstddef>
#include <string>

namespace cac {

// Fits a screen of 80 columns and 24 lines.
std::string short_help();

// Complete, wrapped to so many columns, but at least 24 and at most 100; 0: 80.
std::string long_help(std::size_t width);

}  // namespace cac
