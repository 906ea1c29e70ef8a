#include "docker/buildx.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/json_reader.hpp"
#include "base/sha256.hpp"
#include "base/to_lower.hpp"
#include "docker/context.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

// Of the hash of the engine's name, which names the file with its default builder.
constexpr std::size_t default_digits = 20;

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
  std::string endpoint = {};  // of the engine: an address, or a context's name
};

void from_json(const JsonReader& reader, Node& node) {
  reader.required("Name", node.name);
  reader.optional("Endpoint", node.endpoint);
}

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

// buildx's directory. Throws MalformedJson for a file that cannot be read.
class Store {
 public:
  explicit Store(fs::path directory) : directory_(std::move(directory)) {}

  // Empty: the engine's own. As buildx, passes over a builder that has no file any more; the choice
  // made last comes before the engine's default.
  std::string find_chosen(const std::string& engine) const {
    Current current;
    if (read_json_file(directory_ / "current", current) && !current.name.empty()) {
      if (current.is_global && find_instance(current.name)) return current.name;
      if (is_same_engine(current.key, engine)) return current.name;
    }
    const fs::path path = directory_ / "defaults" / sha256_hex(engine).substr(0, default_digits);
    return read_text_file(path).value_or("");
  }

  std::optional<Instance> find_instance(const std::string& name) const {
    Instance instance;
    if (!read_json_file(directory_ / "instances" / to_lower(name), instance)) return std::nullopt;
    return instance;
  }

 private:
  fs::path directory_;
};

// Returns whether a context's name, or an address, leads to the engine.
bool leads_to(const Endpoint& engine, const std::string& name, const Environment& environment,
              const std::string& home) {
  try {
    const bool is_address = name.find("://") != std::string::npos;
    const Endpoint other =
        is_address ? parse_endpoint(name) : choose_endpoint({.context = name}, environment, home);
    return is_same_engine(other.text(), engine.text());
  } catch (const UsageError&) {
    return false;
  }
}

}  // namespace

std::optional<BuildxBuilder> find_current_builder(const Environment& environment,
                                                  const std::string& home, const Endpoint& engine) {
  // What buildx calls it.
  const std::string endpoint = !engine.context.empty() ? engine.context
                               : engine.had_slash      ? engine.text() + "/"
                                                       : engine.text();
  const Store store(
      environment("BUILDX_CONFIG").value_or(find_docker_config(environment, home) / "buildx"));
  try {
    BuildxBuilder builder{.name = environment("BUILDX_BUILDER").value_or("")};
    builder.is_named = !builder.name.empty();
    if (!builder.is_named) builder.name = store.find_chosen(endpoint);
    if (builder.name.empty()) builder.name = endpoint;   // which a builder may be called, too
    if (builder.name == "default") return std::nullopt;  // else a build would refuse it
    const auto instance = store.find_instance(builder.name);
    builder.is_known = instance.has_value();
    // Each context's name is its engine's own builder, too.
    if (!builder.is_known &&
        (!builder.is_named || leads_to(engine, builder.name, environment, home))) {
      return std::nullopt;
    }
    if (instance && instance->driver == "docker-container") {
      for (const Node& node : instance->nodes) {
        if (!node.endpoint.empty() && !leads_to(engine, node.endpoint, environment, home)) {
          builder.has_other_nodes = true;
          continue;
        }
        builder.containers.push_back(std::string(builder_prefix) + node.name);
      }
    }
    return builder;
  } catch (const MalformedJson& error) {
    return BuildxBuilder{.problem = error.what()};
  }
}

}  // namespace cac
