// The man page in man(7) macros, made from the tables of options and of `manual_text`.
// Pure; says the same on every machine and day: the date is that of the release.
#pragma once

#include <string>

namespace cac {

std::string man_page();

}  // namespace cac
