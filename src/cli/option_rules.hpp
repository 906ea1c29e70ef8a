// Which arguments exclude or require each other: the other half of the option table.
#pragma once

#include <string_view>

namespace cac {

// Two arguments that cannot be combined, in either order.
struct Exclusion {
  std::string_view one;
  std::string_view other;
  std::string_view reason;
};

inline constexpr Exclusion exclusions[] = {
    {"dry-run", "verify-only", "one prints the plan, the other the verdict"},
    {"verify-only", "keep-as", "--verify-only tags nothing"},
    {"verify-only", "prune-only", "--verify-only changes nothing"},
    {"prune-only", "TARGET", "the build cache is shared by all services"},
    {"prune-only", "project", "the build cache is shared by all applications"},
    {"prune-only", "file", "the build cache is shared by all services"},
    {"prune-only", "app-dir", "--prune-only changes nothing but the build cache"},
    {"prune-only", "keep-as", "--prune-only changes nothing but the build cache"},
    {"prune-only", "BUILD COMMAND", "the build cache is shared by all builds"},
    {"BUILD COMMAND", "TARGET", "the command says what it builds"},
    {"BUILD COMMAND", "file", "the command names its own files"},
    {"BUILD COMMAND", "project", "the command names its own project"},
    {"all-builders", "min-free-space", "only the engine itself can keep this limit"},
    {"host", "context", "both select the engine"},
    {"quiet", "verbose", "--quiet prints only warnings on success"},
};

// An option that works only along with another one.
struct Requirement {
  std::string_view option;
  std::string_view required;
  std::string_view reason;
};

inline constexpr Requirement requirements[] = {
    {"older-than", "prune-only", "clearing within limits would leave cache sources"},
    {"keep-storage", "prune-only", "clearing within limits would leave cache sources"},
    {"min-free-space", "prune-only", "clearing within limits would leave cache sources"},
    {"no-build", "BUILD COMMAND", "without one, nothing is built anyway"},
};

}  // namespace cac
