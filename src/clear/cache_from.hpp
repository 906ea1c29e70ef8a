// An entry of a build's cache_from.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cac {

// Returns the fields, as buildx reads them: comma-separated, any of which may stand in quotes.
std::vector<std::string> split_cache_entry(const std::string& entry);

// Returns what the fields of a KEY=VALUE,... entry say, by key in lower case.
std::map<std::string, std::string> parse_cache_entry(const std::string& entry);

// Returns the entry as it may be shown: Compose has put in what variables hold, keys and tokens,
// too.
std::string show_cache_entry(const std::string& entry);

}  // namespace cac
