#include "docker/context.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/json_reader.hpp"
#include "base/sha256.hpp"
#include "docker/tls.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view default_context = "default";
constexpr std::string_view default_address = "unix:///var/run/docker.sock";
constexpr std::string_view default_tls_address = "tcp://localhost:2376";
constexpr const char* advise_contexts = "docker context ls lists the contexts.";

struct CliConfig {
  std::string current_context = {};
};
void from_json(const JsonReader& reader, CliConfig& config) {
  reader.refuse_other_case("currentContext");
  reader.optional("currentContext", config.current_context);
}

struct ContextEndpoint {
  std::string host = {};  // empty: the default socket
  bool skips_verification = false;
};
void from_json(const JsonReader& reader, ContextEndpoint& endpoint) {
  reader.refuse_other_case("Host");
  reader.refuse_other_case("SkipTLSVerify");
  reader.optional("Host", endpoint.host);
  reader.optional("SkipTLSVerify", endpoint.skips_verification);
}

struct ContextFile {
  std::string name = {};
  std::map<std::string, ContextEndpoint> endpoints = {};
};
void from_json(const JsonReader& reader, ContextFile& context) {
  reader.refuse_other_case("Name");
  reader.refuse_other_case("Endpoints");
  reader.required("Name", context.name);
  reader.optional("Endpoints", context.endpoints);
}

// As docker's own check has it: ^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$
bool is_context_name(std::string_view name) {
  constexpr std::string_view letters_and_digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return name.size() > 1 && letters_and_digits.find(name.front()) != std::string_view::npos &&
         name.find_first_not_of(std::string(letters_and_digits) + "_.+-") == std::string_view::npos;
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

// What is in a directory of docker's contexts; nothing when it is not there.
std::vector<fs::path> list_entries(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (!error || error == std::errc::no_such_file_or_directory) return entries;
  throw UsageError(fmt::format("docker's contexts in {} cannot be read: {}", directory.string(),
                               error.message()),
                   "Check who may read it, or select the engine with --host.");
}

[[noreturn]] void throw_unknown(const std::string& name, const fs::path& contexts) {
  std::vector<std::string> known{std::string(default_context)};
  std::vector<std::string> unreadable;
  for (const fs::path& directory : list_entries(contexts)) {
    try {
      ContextFile context;
      if (read_json_file(directory / "meta.json", context)) known.push_back(context.name);
    } catch (const MalformedJson& error) {
      unreadable.emplace_back(error.what());
    }
  }
  std::ranges::sort(known);
  throw UsageError(fmt::format("there is no context '{}', only: {}{}", name, fmt::join(known, ", "),
                               unreadable.empty() ? ""
                                                  : fmt::format("; and what cannot be read: {}",
                                                                fmt::join(unreadable, "; "))),
                   advise_contexts);
}

std::string path_if_there(const fs::path& path) {
  std::error_code error;
  // What may not be looked at is there: whoever reads it says so.
  const bool is_there = fs::symlink_status(path, error).type() != fs::file_type::not_found;
  return is_there ? path.string() : "";
}

// A directory has docker speak TLS, whatever is in it, a link to one does not.
bool has_tls_directory(const fs::path& directory) {
  const auto entries = list_entries(directory.parent_path());
  if (std::ranges::find(entries, directory) == entries.end()) return false;
  std::error_code error;
  const auto status = fs::symlink_status(directory, error);
  if (!error && !fs::is_directory(status)) return false;
  list_entries(directory);  // throws if it cannot be read
  return true;
}

// TLS matters to TCP alone.
Endpoint make_endpoint(const ContextFile& context, const fs::path& tls_directory) {
  const auto docker = context.endpoints.find("docker");
  if (docker == context.endpoints.end()) {
    throw UsageError(fmt::format("the context '{}' has no docker endpoint", context.name),
                     advise_contexts);
  }
  const auto& [host, skips_verification] = docker->second;
  if (host.empty()) return parse_endpoint(default_address);
  Endpoint endpoint = parse_endpoint(host, AddressSource::context);
  if (endpoint.host_port.empty()) return endpoint;
  if (endpoint.tls || has_tls_directory(tls_directory) || skips_verification) {
    endpoint.tls = TlsFiles{.ca = path_if_there(tls_directory / "ca.pem"),
                            .certificate = path_if_there(tls_directory / "cert.pem"),
                            .key = path_if_there(tls_directory / "key.pem"),
                            .verifies = !skips_verification};
  }
  return endpoint;
}

Endpoint read_context(const fs::path& config, const std::string& name) {
  if (!is_context_name(name)) {
    throw UsageError(fmt::format("'{}' cannot be a context's name", name), advise_contexts);
  }
  const fs::path contexts = config / "contexts";
  const std::string hash = sha256_hex(name);
  ContextFile context;
  try {
    if (!read_json_file(contexts / "meta" / hash / "meta.json", context)) {
      throw_unknown(name, contexts / "meta");
    }
  } catch (const MalformedJson& error) {
    throw UsageError(fmt::format("the context '{}' in {}", name, error.what()),
                     "Mend it, or select the engine with --host.");
  }
  Endpoint endpoint = make_endpoint(context, contexts / "tls" / hash / "docker");
  endpoint.context = name;
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

Endpoint choose_endpoint(const EngineChoice& choice, const Environment& environment,
                         const std::string& home) {
  const fs::path config = find_docker_config(environment, home);
  const auto host = choice.host ? choice.host : environment("DOCKER_HOST");
  std::string context(default_context);
  if (choice.context) {
    context = *choice.context;
  } else if (!host) {
    context = environment("DOCKER_CONTEXT").value_or("");
    if (context.empty()) context = find_current_context(config);
    if (context.empty()) context = default_context;
  }
  Endpoint endpoint = context == default_context ? read_default_context(host, environment, config)
                                                 : read_context(config, context);
  if (endpoint.tls && endpoint.tls->ca.empty()) {
    endpoint.tls->bundle = find_ca_bundle(environment);
  }
  return endpoint;
}

}  // namespace cac
