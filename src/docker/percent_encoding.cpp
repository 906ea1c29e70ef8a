#include "docker/percent_encoding.hpp"

#include <fmt/format.h>

namespace cac {

namespace {

constexpr std::string_view kept_in_path =
    "/:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kept_in_query = kept_in_path.substr(2);

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    const bool is_kept = kept.find(c) != std::string_view::npos;
    encoded += is_kept ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace

std::string path_encoded(std::string_view text) { return percent_encoded(text, kept_in_path); }
std::string query_encoded(std::string_view text) { return percent_encoded(text, kept_in_query); }

}  // namespace cac
