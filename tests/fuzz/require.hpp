// What every fuzzer needs: a rule that ends the process when it is broken, which is a finding, and
// the parts of an input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cac::test {

inline void require(bool is_true, const char* rule) {
  if (is_true) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

// Returns what comes before the separator, and leaves what comes behind it.
inline std::string take_until(std::string_view& input, char separator) {
  const std::string part(input.substr(0, input.find(separator)));
  input.remove_prefix(std::min(part.size() + 1, input.size()));
  return part;
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline bool is_printable(std::string_view text) {
  return text.find_first_of(std::string_view("\0\x1b\n\r\t\x7f \"'", 9)) == std::string_view::npos;
}

}  // namespace cac::test
