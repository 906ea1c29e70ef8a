// What a mistyped word may have meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cac {

// Returns " (did you mean --verify-only?)", or "" if none of the words is near. A word that begins
// with what was typed is as near as one wrong letter.
std::string suggest(std::string_view typed, std::span<const std::string_view> words,
                    std::string_view dashes);

}  // namespace cac
