#include "docker/context.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/child_process.hpp"
#include "base/json_reader.hpp"
#include "docker/tls.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view default_context = "default";
constexpr std::string_view default_address = "unix:///var/run/docker.sock";
constexpr std::string_view default_tls_address = "tcp://localhost:2376";
constexpr const char* advise_host =
    "docker's command line says where a context leads (docker context ls). --host selects an "
    "engine without it.";

struct CliConfig {
  std::string current_context = {};
};
void from_json(const JsonReader& reader, CliConfig& config) {
  reader.optional("currentContext", config.current_context);
}

struct CliAliases {
  std::map<std::string, std::string> aliases = {};
};
void from_json(const JsonReader& reader, CliAliases& config) {
  reader.optional("aliases", config.aliases);
}

struct ContextEndpoint {
  std::string host = {};  // empty: the default socket
  bool skips_verification = false;
};
void from_json(const JsonReader& reader, ContextEndpoint& endpoint) {
  reader.optional("Host", endpoint.host);
  reader.optional("SkipTLSVerify", endpoint.skips_verification);
}

// Holds the answer of docker context inspect about one context.
struct Context {
  std::string name = {};
  std::map<std::string, ContextEndpoint> endpoints = {};
  bool has_tls = false;  // docker speaks TLS if there is a directory for its files, empty or not
  std::string tls_path = {};
};
void from_json(const JsonReader& reader, Context& context) {
  reader.required("Name", context.name);
  reader.optional("Endpoints", context.endpoints);
  const auto material = reader.find("TLSMaterial");
  context.has_tls = material && material->has("docker");
  if (const auto storage = reader.find("Storage")) storage->optional("TLSPath", context.tls_path);
}

std::string find_current_context(const fs::path& config) {
  const fs::path path = config / "config.json";
  std::error_code unknown_size;
  if (fs::file_size(path, unknown_size) == 0) return "";  // docker takes it for {}
  try {
    CliConfig file;
    read_json_file(path, file);
    return file.current_context;
  } catch (const MalformedJson& error) {
    throw UsageError(fmt::format("docker's {}", error.what()),
                     "It says which context is the current one: mend it, or select the engine with "
                     "--host or --context.");
  }
}

std::string path_if_there(const fs::path& path) {
  std::error_code error;
  // What may not be looked at is there: whoever reads it says so.
  const bool is_there = fs::symlink_status(path, error).type() != fs::file_type::not_found;
  return is_there ? path.string() : "";
}

Context inspect_context(const std::string& name, Interruption& interruption) {
  try {
    std::vector<Context> contexts;
    const nlohmann::json json =
        parse_json(ask_docker({"docker", "--context", name, "context", "inspect"}, interruption));
    JsonReader(json).read(contexts);
    if (contexts.size() == 1 && contexts.front().name == name) return contexts.front();
    throw MalformedJson("it is about another one");
  } catch (const MalformedJson& error) {
    throw UsageError(fmt::format("docker's answer about the context '{}': {}", name, error.what()),
                     advise_host);
  } catch (const std::runtime_error& error) {
    throw UsageError(error.what(), advise_host);
  }
}

// TLS matters to TCP alone.
Endpoint ask_context(const std::string& name, Interruption& interruption) {
  const Context context = inspect_context(name, interruption);
  const auto docker = context.endpoints.find("docker");
  if (docker == context.endpoints.end()) {
    throw UsageError(fmt::format("the context '{}' has no docker endpoint", name), advise_host);
  }
  const auto& [host, skips_verification] = docker->second;
  Endpoint endpoint = parse_endpoint(host.empty() ? default_address : host, AddressSource::context);
  endpoint.context = name;
  if (endpoint.host_port.empty()) return endpoint;
  if (endpoint.tls || context.has_tls || skips_verification) {
    const fs::path directory = fs::path(context.tls_path) / "docker";
    endpoint.tls = TlsFiles{.ca = path_if_there(directory / "ca.pem"),
                            .certificate = path_if_there(directory / "cert.pem"),
                            .key = path_if_there(directory / "key.pem"),
                            .verifies = !skips_verification};
  }
  return endpoint;
}

// DOCKER_TLS_VERIFY and DOCKER_TLS count with any value.
Endpoint read_default_context(const std::optional<std::string>& host,
                              const Environment& environment, const fs::path& config) {
  const bool verifies = environment("DOCKER_TLS_VERIFY").has_value();
  const bool has_tls = verifies || environment("DOCKER_TLS");
  Endpoint endpoint =
      parse_endpoint(host ? *host : std::string(has_tls ? default_tls_address : default_address));
  if (!has_tls || endpoint.host_port.empty()) return endpoint;
  const fs::path directory = environment("DOCKER_CERT_PATH").value_or(config.string());
  endpoint.tls = TlsFiles{.ca = (directory / "ca.pem").string(),  // docker insists on this one
                          .certificate = path_if_there(directory / "cert.pem"),
                          .key = path_if_there(directory / "key.pem"),
                          .verifies = verifies};
  return endpoint;
}

}  // namespace

fs::path find_docker_config(const Environment& environment, const std::string& home) {
  if (const auto directory = environment("DOCKER_CONFIG")) return *directory;
  return fs::path(home) / ".docker";
}

bool has_builder_alias(const fs::path& docker_config) {
  try {
    CliAliases file;
    read_json_file(docker_config / "config.json", file);
    return file.aliases.contains("builder");
  } catch (const MalformedJson&) {
    return false;  // docker warns, and reads no alias
  }
}

std::vector<std::string> make_docker_command(const EngineChoice& choice) {
  if (choice.host) return {"docker", "--host", *choice.host};
  if (choice.context) return {"docker", "--context", *choice.context};
  return {"docker"};
}

std::string ask_docker(const std::vector<std::string>& command, Interruption& interruption,
                       const EnvironmentChanges& changes) {
  constexpr std::size_t max_answer = 1'000'000;  // bytes
  try {
    ChildResult child = run_child(command, max_answer, interruption, changes);
    if (child.is_cut_off) throw std::runtime_error("docker's answer is longer than 1 MB");
    if (child.status == 0) return std::move(child.output);
    const std::string words = describe_end(child.status, child.errors);
    throw std::runtime_error(words.starts_with("docker: ") ? words : "docker: " + words);
  } catch (const std::system_error& error) {
    throw std::runtime_error("docker cannot be run: " + error.code().message());
  }
}

Endpoint choose_endpoint(const EngineChoice& choice, const Environment& environment,
                         const std::string& home, Interruption& interruption) {
  const fs::path config = find_docker_config(environment, home);
  const auto host = choice.host ? choice.host : environment("DOCKER_HOST");
  std::string context = choice.context.value_or("");
  if (context.empty() && !host) context = environment("DOCKER_CONTEXT").value_or("");
  if (context.empty() && !host) context = find_current_context(config);
  Endpoint endpoint = context.empty() || context == default_context
                          ? read_default_context(host, environment, config)
                          : ask_context(context, interruption);
  if (endpoint.tls && endpoint.tls->ca.empty()) {
    endpoint.tls->bundle = find_ca_bundle(environment);
  }
  return endpoint;
}

}  // namespace cac
