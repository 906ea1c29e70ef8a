// Random Compose files, as docker compose config prints them.
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
  std::string base = {};  // another service, whose result is an additional context
  Json json = Json::object();
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

bool names_registry(const std::string& name) {
  const auto slash = name.find('/');
  return slash != std::string::npos &&
         name.substr(0, slash).find_first_of(".:") != std::string::npos;
}

void add_cache_entry(Random& random, const World& world, Service& service, Json& entries) {
  const int kind = random.weighted({60, 12, 15, 8});
  if (kind == 0 && !world.names.empty()) {
    const std::string name = random.pick(world.names);
    const std::string written = names_registry(name) ? name : respell(random, name);
    const bool in_fields = random.percent(25);
    entries.push_back(in_fields ? "type=registry,ref=" + written : written);
    service.cached.insert(name);
    // docker.io/x also has a host, and is looked up there.
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
    const auto dir_kind = static_cast<LocalDirectory::Kind>(random.weighted({60, 20, 10, 10}));
    LocalDirectory directory{dir_kind, fmt::format("caches/{}{}", service.name, entries.size())};
    entries.push_back("type=local,src=@DIR@/" + directory.name);
    service.directories.push_back(directory);
  } else if (kind == 3) {
    entries.push_back("");  // of a variable that is not set
  }
}

Service make_service(Random& random, const World& world, const std::string& project,
                     const std::string& name) {
  Service service{.name = name};
  Json build{{"context", "/src/" + name}};
  std::string image = fmt::format("{}-{}:latest", project, name);
  if (!world.names.empty() && random.percent(70)) {
    image = random.pick(world.names);
    service.json["image"] = respell(random, image);
  }
  service.built.insert(image);
  for (int i = random.percent(25) ? 1 : 0; i > 0 && !world.names.empty(); --i) {
    const std::string tag = random.pick(world.names);
    build["tags"].push_back(respell(random, tag));
    service.built.insert(tag);
  }
  Json entries = Json::array();
  for (int i = random.below(3); i > 0; --i) add_cache_entry(random, world, service, entries);
  if (!entries.empty()) build["cache_from"] = entries;
  service.json["build"] = build;
  return service;
}

}  // namespace

AskedFile make_compose_file(Random& random, const World& world, Asked& asked) {
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
    services.front().json["build"]["additional_contexts"] = {
        {"base", "service:" + services.back().name}};
  }
  Json file{{"name", project}, {"services", Json::object()}};
  for (const Service& service : services) file["services"][service.name] = service.json;
  if (random.percent(40)) file["services"]["db"] = {{"image", "postgres:16"}};
  if (random.percent(45)) asked.targets = {random.pick(services).name};
  AskedFile result{.json = file.dump()};
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
