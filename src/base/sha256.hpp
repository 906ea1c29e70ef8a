// SHA-256: docker and buildx name files after it. Not for secrets.
#pragma once

#include <string>
#include <string_view>

namespace cac {

// In 64 hexadecimal digits, in lower case. Source: FIPS 180-4.
std::string sha256_hex(std::string_view text);

}  // namespace cac
