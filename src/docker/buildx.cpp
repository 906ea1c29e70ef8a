#include "docker/buildx.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/json_reader.hpp"
#include "docker/context.hpp"

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

// One socket may have several names: /run and /var/run, say.
bool is_same_engine(const std::string& one, const std::string& other) {
  constexpr std::string_view scheme = "unix://";
  if (one == other) return true;
  std::error_code error;
  return one.starts_with(scheme) && other.starts_with(scheme) &&
         fs::equivalent(one.substr(scheme.size()), other.substr(scheme.size()), error);
}

}  // namespace

std::optional<BuildxBuilder> find_current_builder(const Environment& environment,
                                                  const std::string& home,
                                                  const std::string& engine) {
  const fs::path directory =
      environment("BUILDX_CONFIG").value_or(find_docker_config(environment, home) / "buildx");
  fs::path file = directory / "current";
  try {
    BuildxBuilder builder{.name = environment("BUILDX_BUILDER").value_or("")};
    Current current;
    if (builder.name.empty() && read_json_file(file, current) &&
        (current.is_global || is_same_engine(current.key, engine))) {
      builder.name = current.name;
    }
    if (builder.name.empty() || builder.name == "default") return std::nullopt;
    Instance instance;
    std::string file_name = builder.name;
    for (char& c : file_name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    file = directory / "instances" / file_name;
    builder.is_known = read_json_file(file, instance);
    if (!builder.is_known && builder.name == engine) return std::nullopt;
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
