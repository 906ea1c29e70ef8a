// Only until app.cpp includes "help.hpp" itself.
#pragma once

#include "help.hpp"
