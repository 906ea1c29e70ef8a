// Looks at directories that are to be cleared, and removes what is in them, without following
// symbolic links.
#pragma once

#include <filesystem>
#include <system_error>

#include "base/error.hpp"
#include "base/units.hpp"

namespace cac {

// Of the files at and under the path; a link's target does not count. Counts nothing for an entry
// that cannot be read: its removal reports the error.
Bytes size_on_disk(const std::filesystem::path& path);

// Returns which path failed, and what to do about it.
Failure failure_at(const std::filesystem::path& path, const std::error_code& error);
Failure to_failure(const std::filesystem::filesystem_error& error);

// Returns whether both are the same file, by whatever name or mount.
bool is_same(const std::filesystem::path& one, const std::filesystem::path& other);

// Returns whether the home directory is this one or lies in it. home: may be empty.
bool has_home(const std::filesystem::path& directory, const std::filesystem::path& home);

// Without a slash or dot at the end: "link/." and "link/" would be followed.
std::filesystem::path without_slash(const std::filesystem::path& directory);

// Removes what is at the path, which lies in the directory. No link below the directory is
// followed, even if somebody puts one there meanwhile. Returns false if it was already removed.
// Throws std::filesystem::filesystem_error.
bool remove_inside(const std::filesystem::path& directory, const std::filesystem::path& path);

}  // namespace cac
