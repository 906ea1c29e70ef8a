// How far two words are apart: for what may have been meant. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace cac {

// Counts the letters to insert, delete or replace, and the neighbors to exchange: each of these is
// one slip (optimal string alignment).
std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace cac
