// What docker prints about a build: images and caches, in each of its three forms.
#include "clear/build_answer.hpp"
#include "clear/build_sources.hpp"
#include "require.hpp"

using cac::test::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cac::test::as_text(data, size);
  const std::string target = cac::test::take_until(input, '\n');
  const cac::BuildCommand command = cac::make_compose_build(
      {"-"}, std::nullopt,
      target.empty() ? std::vector<std::string>() : std::vector<std::string>{target});
  try {
    const cac::Application application =
        cac::make_application(cac::parse_build_answer(std::string(input), command), command);
    require(application.builds.has_value(), "the answer is the source");
    require(!application.builds->targets.empty(), "something is built");
    for (const cac::NamedImage& image : application.builds->images) {
      require(cac::parse_image_name(image.name) == image.name, "an image has a valid name");
      require(application.matches(image.name), "what the answer names is to be cleared");
      require(!image.services.empty(), "... for a build of the target");
    }
  } catch (const cac::UsageError& error) {
    require(*error.what() != 0, "a usage error says what is wrong");
  }
  return 0;
}
