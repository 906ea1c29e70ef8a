#include "docker/buildx.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace cac {

namespace fs = std::filesystem;

namespace {

// Makes a copy of buildx's directory, for buildx to read and write. It lies beside the original if
// it can: a docker in a container, or snap's, need not see this process's temporary directory.
class StoreCopy {
 public:
  explicit StoreCopy(const fs::path& store) {
    if (!make_in(store.parent_path()) && !make_in(fs::temp_directory_path())) {
      throw std::system_error(errno, std::generic_category(), path_);
    }
    for (const char* const name : {"current", "defaults", "instances"}) {
      if (fs::exists(store / name)) fs::copy(store / name, fs::path(path_) / name);
    }
  }
  ~StoreCopy() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  StoreCopy(const StoreCopy&) = delete;
  StoreCopy& operator=(const StoreCopy&) = delete;

  const std::string& path() const { return path_; }

 private:
  bool make_in(const fs::path& directory) {
    path_ = directory / "buildx.XXXXXX";
    return mkdtemp(path_.data()) != nullptr;
  }

  std::string path_;
};

struct Node {
  std::string name = {};
  std::string endpoint = {};  // an address, or a context's name
};

// Holds the answer of docker buildx inspect.
struct Inspected {
  std::string name = {};
  std::optional<std::string> driver = {};  // empty: a context's own, whose engine does not answer
  std::vector<Node> nodes = {};
};

// Lines with a blank at their beginning are details.
Inspected parse_inspected(const std::string& text) {
  Inspected builder;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (line.starts_with(' ') || colon == std::string::npos) continue;
    const std::string key = line.substr(0, colon);
    const auto begin = line.find_first_not_of(' ', colon + 1);
    const std::string value = begin == std::string::npos ? "" : line.substr(begin);
    if (key == "Name" && builder.name.empty()) {
      builder.name = value;
    } else if (key == "Name") {
      builder.nodes.push_back({.name = value});
    } else if (key == "Driver" && builder.nodes.empty()) {
      builder.driver = value;
    } else if (key == "Endpoint" && !builder.nodes.empty()) {
      builder.nodes.back().endpoint = value;
    }
  }
  return builder;
}

bool is_same_socket(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return stat(one.c_str(), &first) == 0 && stat(other.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool is_same_engine(const Endpoint& one, const Endpoint& other) {
  return one.text() == other.text() || is_same_socket(one.socket_path, other.socket_path);
}

bool has_instances(const fs::path& store) {
  std::error_code error;
  const bool is_empty = fs::is_empty(store / "instances", error);
  return error ? error != std::errc::no_such_file_or_directory : !is_empty;
}

// Asks for a builder by the engine's context, or by its address.
class Buildx {
 public:
  Buildx(const EngineChoice& choice, const Environment& environment, const std::string& home,
         const Endpoint& engine, bool by_address, Interruption& interruption)
      : choice_(by_address ? EngineChoice{.host = engine.text()} : choice),
        environment_(environment),
        home_(home),
        engine_(engine),
        by_address_(by_address),
        interruption_(interruption) {}

  // Returns the named builder, or the current one; nullopt if it is the engine's own.
  std::optional<BuildxBuilder> find(const fs::path& store, BuildxBuilder builder) const {
    builder.by_address = by_address_;
    try {
      const Inspected inspected = inspect(store, builder.name);
      builder.is_known = true;
      builder.name = inspected.name;
      if (is_own(inspected)) return std::nullopt;
      read_nodes(inspected, builder);
    } catch (const std::runtime_error& error) {
      builder.problem = error.what();
    }
    return builder;
  }

 private:
  Inspected inspect(const fs::path& store, const std::string& name) const {
    const StoreCopy copy(store);
    std::vector<std::string> command = make_docker_command(choice_);
    command.insert(command.end(), {"buildx", "inspect"});
    if (!name.empty()) command.push_back(name);
    Inspected builder =
        parse_inspected(ask_docker(command, interruption_, {{"BUILDX_CONFIG", copy.path()}}));
    if (builder.name.empty() || !builder.driver) {
      throw std::runtime_error("docker buildx inspect does not name a builder and its driver");
    }
    return builder;
  }

  // An engine's own builder has the name of a context. Without a driver, its engine does not
  // answer.
  bool is_own(const Inspected& builder) const {
    return is_engine(builder) && leads_to_engine(builder.name);
  }
  static bool is_engine(const Inspected& builder) {
    return builder.driver->empty() || builder.driver == "docker";
  }

  void read_nodes(const Inspected& inspected, BuildxBuilder& builder) const {
    if (is_engine(inspected)) {
      builder.problem = "it is another engine";
    } else if (inspected.driver != "docker-container") {
      builder.problem = fmt::format("its driver is {}", *inspected.driver);
    } else {
      for (const Node& node : inspected.nodes) {
        if (leads_to_engine(node.endpoint)) {
          builder.containers.push_back(std::string(builder_prefix) + node.name);
        } else {
          builder.has_other_nodes = true;
          builder.problem = fmt::format("its node {} is on {}", node.name, node.endpoint);
        }
      }
    }
  }

  bool leads_to_engine(const std::string& name) const {
    try {
      if (name.find("://") != std::string::npos) {
        return is_same_engine(parse_endpoint(name, AddressSource::context), engine_);
      }
      const bool is_default = name == "default" && (by_address_ || engine_.context.empty());
      return is_default || name == engine_.context ||
             is_same_engine(choose_endpoint({.context = name}, environment_, home_, interruption_),
                            engine_);
    } catch (const UsageError&) {
      return false;
    }
  }

  EngineChoice choice_;
  const Environment& environment_;
  const std::string& home_;
  const Endpoint& engine_;
  bool by_address_;
  Interruption& interruption_;
};

}  // namespace

std::optional<BuildxBuilder> find_current_builder(const BuilderQuestion& question,
                                                  const EngineChoice& choice,
                                                  const Environment& environment,
                                                  const std::string& home, const Endpoint& engine,
                                                  Interruption& interruption) {
  const fs::path config = find_docker_config(environment, home);
  const fs::path store = environment("BUILDX_CONFIG").value_or((config / "buildx").string());
  BuildxBuilder builder{.name = question.name.value_or(""), .named_by = "--builder"};
  if (builder.name.empty()) {
    builder = {.name = environment("BUILDX_BUILDER").value_or(""), .named_by = "BUILDX_BUILDER"};
  }
  const bool is_named = !builder.name.empty();
  if (!is_named) {
    if (!has_instances(store)) return std::nullopt;
    builder.named_by = "";
    const bool is_docker_build = !question.by_context && !question.by_address;
    if (is_docker_build && !has_builder_alias(config)) {
      builder.name = engine.context.empty() ? "default" : engine.context;
    }
  }
  // Without a context there is nothing but the address.
  if (question.by_address && !engine.context.empty()) {
    const Buildx buildx(choice, environment, home, engine, true, interruption);
    auto found = buildx.find(store, builder);
    if (found || is_named || !question.by_context) return found;
  }
  const Buildx buildx(choice, environment, home, engine, false, interruption);
  return buildx.find(store, builder);
}

}  // namespace cac
