// What docker compose prints about a file: its services' images and caches.
#include "clear/compose.hpp"

#include "require.hpp"

using cac::test::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cac::test::as_text(data, size);
  cac::ComposeRequest request;
  const std::string target = cac::test::take_until(input, '\n');
  if (!target.empty() && target != "_") request.targets = {target};
  try {
    const cac::Application application = cac::select_services(
        {.json = std::string(input), .is_compatible = input.starts_with('_')}, request);
    require(application.builds.has_value(), "the file is the source");
    for (const cac::NamedImage& image : application.builds->images) {
      require(cac::parse_image_name(image.name) == image.name, "an image has a valid name");
      require(application.matches(image.name), "what the file names is to be cleared");
      require(!image.services.empty(), "... for a service of the target");
    }
  } catch (const cac::UsageError& error) {
    require(*error.what() != 0, "a usage error says what is wrong");
  }
  return 0;
}
