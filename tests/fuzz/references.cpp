// Names of images and projects, and addresses of engines: what users and files call them.
#include "clear/application.hpp"
#include "docker/endpoint.hpp"
#include "require.hpp"

using cac::test::require;

namespace {

void read_names(std::string_view text) {
  if (const auto name = cac::parse_image_name(text)) {
    require(cac::test::is_printable(*name), "a name that goes into a request is harmless");
    require(cac::parse_image_name(*name) == name, "an image's name means itself");
    cac::has_registry(*name);
  }
  if (const auto project = cac::parse_project(text)) {
    require(cac::parse_project(*project) == project, "a project means itself");
    const std::string name = *project + "-backend:latest";
    require(cac::parse_image_name(name) == name, "a project's image has a valid name");
    require(cac::Application{.project = *project}.matches(name), "... and is the project's");
    require(!cac::Application{.project = *project}.matches(*project + "x-backend:latest"),
            "another project's image is not");
  }
  if (cac::is_tag(text)) {
    const std::string name = "shop-web:" + std::string(text);
    require(cac::parse_image_name(name) == name, "an image can have every tag");
  }
}

void read_address(std::string_view text, cac::AddressSource source) {
  try {
    const cac::Endpoint endpoint = cac::parse_endpoint(text, source);
    const int count = (endpoint.socket_path.empty() ? 0 : 1) +
                      (endpoint.host_port.empty() ? 0 : 1) + (endpoint.ssh ? 1 : 0);
    require(count == 1, "an address is of one kind");
    if (endpoint.ssh) {
      require(!endpoint.ssh->host.starts_with('-'), "no host is an option of ssh");
      require(!endpoint.ssh->user.starts_with('-'), "no user is an option of ssh");
      require(cac::test::is_printable(endpoint.ssh->host), "no host holds what a shell would read");
    }
    if (source == cac::AddressSource::user) {
      const std::string shown = endpoint.text();
      require(cac::parse_endpoint(shown).text() == shown, "the address that is shown leads there");
    }
  } catch (const cac::UsageError&) {
    return;  // nothing else may be thrown
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = cac::test::as_text(data, size);
  read_names(text);
  read_address(text, cac::AddressSource::user);
  read_address(text, cac::AddressSource::context);
  return 0;
}
