#include "docker/buildx.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json_reader.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

struct Current {
  std::string key = {};  // the endpoint that it was chosen for
  std::string name = {};
  bool is_global = false;
};

void from_json(const JsonReader& reader, Current& current) {
  reader.optional("Key", current.key);
  reader.optional("Name", current.name);
  reader.optional("Global", current.is_global);
}

struct Node {
  std::string name = {};
};

void from_json(const JsonReader& reader, Node& node) { reader.required("Name", node.name); }

struct Instance {
  std::string driver = {};
  std::vector<Node> nodes = {};
};

void from_json(const JsonReader& reader, Instance& instance) {
  reader.optional("Driver", instance.driver);
  reader.optional("Nodes", instance.nodes);
}

// Returns false if there is no such file. Throws MalformedJson.
template <typename T>
bool read_file(const fs::path& path, T& value) {
  std::ifstream file(path);
  if (!file) return false;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  JsonReader(parse_json(text), "it").read(value);
  return true;
}

}  // namespace

std::optional<BuildxBuilder> find_current_builder(const Environment& environment,
                                                  const std::string& home,
                                                  const std::string& engine_address) {
  const fs::path config = environment("DOCKER_CONFIG").value_or(fs::path(home) / ".docker");
  const fs::path directory = environment("BUILDX_CONFIG").value_or(config / "buildx");
  fs::path file = directory / "current";
  try {
    BuildxBuilder builder{.name = environment("BUILDX_BUILDER").value_or("")};
    Current current;
    if (builder.name.empty() && read_file(file, current) &&
        (current.is_global || current.key == engine_address)) {
      builder.name = current.name;
    }
    if (builder.name.empty() || builder.name == "default") return std::nullopt;
    Instance instance;
    file = directory / "instances" / builder.name;
    builder.is_known = read_file(file, instance);
    if (instance.driver == "docker-container") {
      for (const Node& node : instance.nodes) {
        builder.containers.push_back(std::string(builder_prefix) + node.name);
      }
    }
    return builder;
  } catch (const MalformedJson& error) {
    return BuildxBuilder{.problem = fmt::format("{}: {}", file.string(), error.what())};
  }
}

}  // namespace cac
