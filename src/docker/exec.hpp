// Commands in containers: the part of the engine's API that answers with a stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cac {

// What a command in a container did.
struct ExecResult {
  std::int64_t status = 0;
  std::string output = {};  // its standard output
  std::string errors = {};  // its standard error
};

// Takes the command's two streams apart, whose status is not in them. They come in frames: a byte
// that tells which one, three zero bytes, and the size as four bytes, the highest first. nullopt:
// the last frame is cut off. Source: the reference of POST /containers/ID/attach.
std::optional<ExecResult> split_frames(std::string_view frames);

}  // namespace cac
