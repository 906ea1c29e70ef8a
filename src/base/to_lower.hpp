#pragma once

#include <string>

namespace cac {

// Changes ASCII letters alone, whatever the locale.
inline std::string to_lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

}  // namespace cac
