// The likely mistake: no image has the project's prefix, but another prefix on this engine looks
// like it. Pure.
#pragma once

#include <string>
#include <vector>

#include "clear/request.hpp"
#include "clear/state.hpp"

namespace cac {

// Returns the project that was probably meant; "" if none looks like the one that was named: equal
// but for case and "-", "_", "."; or one slip away, two where the name has eight letters or more.
// (Where it has one or two, every other one would be.) Paths are compared as well: a copy of the
// project's own image under a registry's name is no other spelling.
//
// A second run after a clearing must not fail because another application has a similar name. Then
// the project's containers are often still there, so no mistake is likely if one of them runs an
// image that is not the other project's.
std::string find_meant_project(const ClearRequest& request, const State& state);

// Returns up to five prefixes that have a backend or a frontend.
std::vector<std::string> list_applications(const State& state);

}  // namespace cac
