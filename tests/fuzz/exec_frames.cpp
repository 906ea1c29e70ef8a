// What a command in a builder's container prints, in frames, and the records in it.
#include "docker/decode.hpp"
#include "docker/exec.hpp"
#include "require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = cac::test::as_text(data, size);
  if (const auto result = cac::split_frames(input)) {
    cac::test::require(result->output.size() + result->errors.size() <= input.size(),
                       "the streams are not longer than their frames");
    cac::decode_builder_cache(result->output);
  }
  cac::decode_builder_cache(std::string(input));
  return 0;
}
