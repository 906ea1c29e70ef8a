// localhost and the names below it. libcurl takes them for the loopback and looks nowhere (RFC
// 6761); docker finds them in the system's hosts file, where they may be another address.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace cac {

bool is_local_name(std::string_view host);

// Returns the addresses of a host in a file like /etc/hosts, IPv6 first, as Go's resolver has them.
std::vector<std::string> find_addresses(std::istream& hosts, std::string_view host);

}  // namespace cac
