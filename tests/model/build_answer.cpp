// Random answers about a build: what docker compose config or build --print and bake print.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "asked.hpp"

namespace cac::model {

namespace {

using Json = nlohmann::json;

// What a service's build uses.
struct Service {
  std::string name;
  std::set<std::string> built = {};
  std::set<std::string> cached = {};
  bool has_external = false;
  std::vector<LocalDirectory> directories = {};
  std::string base = {};               // another service, whose result is an additional context
  std::vector<std::string> tags = {};  // as written; the first is the image of the file, if any
  bool has_image = false;
  Json cache_from = Json::array();
  Json cache_to = Json::array();
};

// A name as somebody may write it in the file: engines add or leave out the rest.
std::string respell(Random& random, const std::string& name) {
  std::string written = name;
  if (written.ends_with(":latest") && random.percent(50)) written.resize(written.size() - 7);
  if (written.find('/') == std::string::npos && random.percent(15)) {
    written = (random.percent(50) ? "docker.io/library/" : "docker.io/") + written;
  }
  return written;
}

bool names_registry(const std::string& name) { return name.find('/') != std::string::npos; }

LocalDirectory add_directory(Random& random, Service& service) {
  const auto kind = static_cast<LocalDirectory::Kind>(random.weighted({60, 20, 10, 10}));
  LocalDirectory directory{kind,
                           fmt::format("caches/{}{}", service.name, service.directories.size())};
  service.directories.push_back(directory);
  return directory;
}

void add_cache_entry(Random& random, const World& world, Service& service) {
  Json& entries = service.cache_from;
  const int kind = random.weighted({60, 12, 15, 8});
  if (kind == 0 && !world.names.empty()) {
    const std::string name = random.pick(world.names);
    const std::string written = names_registry(name) ? name : respell(random, name);
    const bool in_fields = random.percent(25);
    entries.push_back(in_fields ? "type=registry,ref=" + written : written);
    service.cached.insert(name);
    // docker.io/x also has a host, and org/x is Docker Hub's.
    if (names_registry(written)) service.has_external = true;
  } else if (kind == 1) {
    static const std::vector<std::string> external{
        "type=gha,scope=web", "type=s3,bucket=b", "registry.example/cache:web",
        "other-app@sha256:" + std::string(64, '7'), "type=local,dest=nowhere"};
    entries.push_back(random.pick(external));
    service.has_external = true;
    if (entries.back() == "registry.example/cache:web") {
      service.cached.insert("registry.example/cache:web");
    }
  } else if (kind == 2) {
    entries.push_back("type=local,src=@DIR@/" + add_directory(random, service).name);
  } else if (kind == 3) {
    entries.push_back("");  // of a variable that is not set
  }
}

Service make_service(Random& random, const World& world, const std::string& project,
                     const std::string& name) {
  Service service{.name = name};
  std::string image = fmt::format("{}-{}:latest", project, name);
  service.tags.push_back(image);
  if (!world.names.empty() && random.percent(70)) {
    image = random.pick(world.names);
    service.has_image = true;
    service.tags.front() = respell(random, image);
  }
  service.built.insert(image);
  for (int i = random.percent(25) ? 1 : 0; i > 0 && !world.names.empty(); --i) {
    const std::string tag = random.pick(world.names);
    service.tags.push_back(respell(random, tag));
    service.built.insert(tag);
  }
  for (int i = random.below(3); i > 0; --i) add_cache_entry(random, world, service);
  if (random.percent(10)) {
    service.cache_to.push_back("type=local,dest=@DIR@/" + add_directory(random, service).name);
  }
  if (random.percent(10)) service.cache_to.push_back("type=inline");
  return service;
}

// As docker compose config prints it.
Json print_config(Random& random, const std::string& project,
                  const std::vector<Service>& services) {
  Json file{{"name", project}, {"services", Json::object()}};
  for (const Service& service : services) {
    Json build{{"context", "/src/" + service.name}};
    const auto more = service.tags.begin() + 1;
    if (service.tags.size() > 1) build["tags"] = std::vector(more, service.tags.end());
    if (!service.cache_from.empty()) build["cache_from"] = service.cache_from;
    if (!service.cache_to.empty()) build["cache_to"] = service.cache_to;
    if (!service.base.empty()) {
      build["additional_contexts"] = {{"base", "service:" + service.base}};
    }
    Json& json = file["services"][service.name];
    json["build"] = build;
    if (service.has_image) json["image"] = service.tags.front();
  }
  if (random.percent(40)) file["services"]["db"] = {{"image", "postgres:16"}};
  return file;
}

// An entry as buildx 0.20 and newer print it.
Json print_fields(const std::string& entry) {
  if (entry.find('=') == std::string::npos) return {{"type", "registry"}, {"ref", entry}};
  Json fields = Json::object();
  for (std::size_t begin = 0; begin < entry.size();) {
    const auto end = std::min(entry.find(',', begin), entry.size());
    const auto equals = entry.find('=', begin);
    fields[entry.substr(begin, equals - begin)] = entry.substr(equals + 1, end - equals - 1);
    begin = end + 1;
  }
  return fields;
}

// As docker compose build --print and docker buildx bake --print print it; the latter has entries
// as objects, and no project.
Json print_bake(const std::string& project, const std::vector<Service>& services,
                const std::vector<std::string>& targets) {
  Json targets_json = Json::object();
  std::vector<std::string> defaults = targets;
  for (const Service& service : services) {
    if (targets.empty()) defaults.push_back(service.name);
    Json target{{"context", "/src/" + service.name}, {"tags", service.tags}};
    for (const auto& [key, entries] :
         {std::pair("cache-from", &service.cache_from), std::pair("cache-to", &service.cache_to)}) {
      for (const Json& entry : *entries) {
        const auto text = entry.get<std::string>();
        if (text.empty() && project.empty()) continue;
        target[key].push_back(project.empty() ? print_fields(text) : entry);
      }
    }
    if (!service.base.empty()) target["contexts"] = {{"base", "target:" + service.base}};
    if (!project.empty()) target["labels"] = {{"com.docker.compose.project", project}};
    targets_json[service.name] = target;
  }
  return {{"group", {{"default", {{"targets", defaults}}}}}, {"target", targets_json}};
}

}  // namespace

AskedFile make_build_answer(Random& random, const World& world, Asked& asked) {
  const std::string project = asked.project.substr(asked.project.rfind('/') + 1);
  asked.project = project;
  std::vector<Service> services;
  for (const char* const name : {"backend", "frontend", "worker"}) {
    if (services.empty() || random.percent(60)) {
      services.push_back(make_service(random, world, project, name));
    }
  }
  if (services.size() > 1 && random.percent(20)) {
    services.front().base = services.back().name;
  }
  if (random.percent(45)) asked.targets = {random.pick(services).name};
  const int form = random.weighted({40, 40, 20});
  if (form == 2) asked.project = "";
  AskedFile result{.json = form == 0 ? print_config(random, project, services).dump()
                                     : print_bake(asked.project, services, asked.targets).dump()};
  std::set<std::string> covered(asked.targets.begin(), asked.targets.end());
  for (const Service& service : services) {
    if (covered.contains(service.name) && !service.base.empty()) covered.insert(service.base);
  }
  for (const Service& service : services) {
    if (!covered.empty() && !covered.contains(service.name)) continue;
    result.built.insert(service.built.begin(), service.built.end());
    result.cached.insert(service.cached.begin(), service.cached.end());
    result.has_external = result.has_external || service.has_external;
    result.directories.insert(result.directories.end(), service.directories.begin(),
                              service.directories.end());
  }
  for (const Service& service : services) {
    for (const std::string& name : service.built) {
      if (result.cached.contains(name)) result.built.insert(name);
    }
  }
  for (const std::string& name : result.built) result.cached.erase(name);
  return result;
}

}  // namespace cac::model
