// docker's and buildx's own files: config.json, a context's meta.json, buildx's current builder and
// its file. The parts of an input are separated by zero bytes.
#include <filesystem>
#include <fstream>

#include "docker/buildx.hpp"
#include "docker/context.hpp"
#include "require.hpp"
#include "temporary_directory.hpp"

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cac::test::TemporaryDirectory directory;  // until the process ends
  // Contexts are found by the hash of their names: this one is of "prod".
  static const char* const hash =
      "6754af9632a2745e85c293e5aac0863370d9bd3330b9938c00cadfd215227d77";
  std::string_view input = cac::test::as_text(data, size);
  write(directory.path / "config.json", cac::test::take_until(input, '\0'));
  write(directory.path / "contexts/meta" / hash / "meta.json", cac::test::take_until(input, '\0'));
  write(directory.path / "buildx/current", cac::test::take_until(input, '\0'));
  write(directory.path / "buildx/instances/mine", input);
  const cac::Environment environment = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "DOCKER_CONFIG") return directory.path.string();
    return std::nullopt;
  };
  for (const char* const name : {"", "prod"}) {
    try {
      cac::EngineChoice choice;
      if (*name != 0) choice.context = name;
      cac::find_current_builder(environment, "/home",
                                cac::choose_endpoint(choice, environment, "/home"));
    } catch (const cac::UsageError& error) {
      cac::test::require(*error.what() != 0, "a usage error says what is wrong");
    }
  }
  cac::find_current_builder(environment, "/home",
                            cac::parse_endpoint("unix:///var/run/docker.sock"));
  return 0;
}
