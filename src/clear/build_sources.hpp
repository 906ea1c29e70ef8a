// Makes an application of what builds read and write: names of images, directories, and caches
// outside the engine. Pure.
#pragma once

#include "clear/application.hpp"
#include "clear/build_answer.hpp"

namespace cac {

// Returns the application of a build command. Throws UsageError for a name that no image can have,
// and for an entry of cache_from that holds a password.
Application make_application(const BuildAnswer& answer, const BuildCommand& command);

}  // namespace cac
