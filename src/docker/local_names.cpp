#include "docker/local_names.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/to_lower.hpp"

namespace cac {

namespace {

std::string lower(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return to_lower(std::string(text));
}

bool is_address(const std::string& text, int family) {
  std::array<char, sizeof(in6_addr)> address{};
  return inet_pton(family, text.c_str(), address.data()) == 1;
}

}  // namespace

bool is_local_name(std::string_view host) {
  const std::string name = lower(host);
  return name == "localhost" || name.ends_with(".localhost");
}

std::vector<std::string> find_addresses(std::istream& hosts, std::string_view host) {
  std::vector<std::string> found;
  for (std::string line; std::getline(hosts, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address;
    words >> address;
    for (std::string name; words >> name;) {
      if (lower(name) == lower(host)) found.push_back(address);
    }
  }
  std::erase_if(found, [](const std::string& address) {
    return !is_address(address, AF_INET) && !is_address(address, AF_INET6);
  });
  std::stable_partition(found.begin(), found.end(),
                        [](const std::string& address) { return is_address(address, AF_INET6); });
  return found;
}

}  // namespace cac
