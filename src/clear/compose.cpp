#include "clear/compose.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/json_reader.hpp"
#include "clear/cache_from.hpp"

namespace cac {

namespace {

constexpr std::size_t max_services = 1'000;
constexpr std::size_t max_names = 1'000;

struct Service {
  std::string image = {};
  bool is_built = false;
  std::vector<std::string> tags = {};
  std::vector<std::string> cache_from = {};
  std::map<std::string, std::string> contexts = {};  // additional_contexts
};

struct ComposeFile {
  std::string project = {};
  std::map<std::string, Service> services = {};
  char separator = '-';  // between the project and a service, in an image's default name
};

// Undoes what Compose does to the values that it prints: it doubles every dollar sign.
void undouble_dollars(std::string& text) {
  for (auto at = text.find("$$"); at != std::string::npos; at = text.find("$$", at + 1)) {
    text.erase(at, 1);
  }
}

void from_json(const JsonReader& reader, Service& service) {
  reader.optional("image", service.image);
  const auto build = reader.find("build");
  service.is_built = build.has_value();
  if (!build) return;
  build->optional("tags", service.tags);
  build->optional("cache_from", service.cache_from);
  build->optional("additional_contexts", service.contexts);
  for (std::string& entry : service.cache_from) undouble_dollars(entry);
}

void from_json(const JsonReader& reader, ComposeFile& file) {
  reader.required("name", file.project);
  reader.optional("services", file.services);
}

// A long name from a hostile file would fill the screen.
std::string quote(std::string_view text) {
  constexpr std::size_t max_size = 80;
  std::string shown(text.substr(0, max_size));
  std::replace(shown.begin(), shown.end(), '\0', ' ');  // an exception's text would end there
  return fmt::format("'{}{}'", shown, text.size() > max_size ? "..." : "");
}

std::string list_services(const std::vector<std::string>& names) {
  constexpr std::size_t max_listed = 20;
  const auto listed = std::min(names.size(), max_listed);
  return fmt::format(
      "{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(listed), ", "),
      names.size() > listed ? fmt::format(" and {} more", names.size() - listed) : "");
}

// Collects what the services' builds use, each name once.
class SourceCollector {
 public:
  void add_image(const std::string& name, const std::string& service, bool is_built) {
    if (sources_.images.size() >= max_names)
      throw UsageError("the Compose file names too many images");
    const auto [at, is_new] = positions_.emplace(name, sources_.images.size());
    if (is_new) sources_.images.push_back({.name = name});
    NamedImage& image = sources_.images[at->second];
    add_service(image.services, service);
    (is_built ? image.is_built : image.in_cache_from) = true;
  }

  void add_cache_from(const std::string& entry, const std::string& service) {
    if (entry.find('=') == std::string::npos) {
      for (const std::string& reference : split_cache_entry(entry)) {
        if (!reference.empty()) add_reference(reference, service);  // an unset variable's
      }
      return;
    }
    const auto fields = parse_cache_entry(entry);
    const auto field = [&](const char* key) {
      const auto found = fields.find(key);
      return found == fields.end() ? std::string() : found->second;
    };
    const std::string type = field("type");
    if (type == "local" && !field("src").empty()) {
      return add_cache(sources_.directories, field("src"), service);
    }
    if (type != "registry") return add_cache(sources_.external, show_cache_entry(entry), service);
    add_reference(field("ref"), service);
  }

  void add_reference(const std::string& reference, const std::string& service) {
    const auto at = reference.find('@');
    if (at != std::string::npos && reference.find('/', at) != std::string::npos) {
      throw UsageError(
          fmt::format("service {}: a name in cache_from has a user or a password", service));
    }
    const auto name = parse_image_name(reference.substr(0, at));
    if (!name) {
      throw UsageError(
          fmt::format("service {}: cache_from {} names no image", service, quote(reference)));
    }
    // Whoever writes a digest means a certain image, which only a registry has for sure.
    if (at != std::string::npos || has_registry(reference)) {
      add_cache(sources_.external, reference, service);
    }
    if (at == std::string::npos) add_image(*name, service, false);
  }

  // For the images that the target's services use as well.
  void add_other_service(const std::string& name, const std::string& service, bool is_built) {
    const auto found = positions_.find(name);
    if (found == positions_.end()) return;
    NamedImage& image = sources_.images[found->second];
    add_service(image.other_services, service);
    image.is_built = image.is_built || is_built;
  }

  BuildSources sources() && { return std::move(sources_); }

 private:
  static void add_service(std::vector<std::string>& services, const std::string& service) {
    if (services.empty() || services.back() != service) services.push_back(service);
  }
  static void add_cache(std::vector<NamedCache>& caches, const std::string& source,
                        const std::string& service) {
    if (caches.size() >= max_names) throw UsageError("cache_from names too many caches");
    auto same = std::find_if(caches.begin(), caches.end(),
                             [&](const NamedCache& cache) { return cache.source == source; });
    if (same == caches.end()) same = caches.insert(caches.end(), {.source = source});
    add_service(same->services, service);
  }

  BuildSources sources_;
  std::map<std::string, std::size_t> positions_;  // of the images
};

// The images that a service's build is tagged as; of one without a build, the image that it runs.
// Left out is what is no image's name, unless it has to be one.
std::vector<std::string> name_images(const ComposeFile& file, const std::string& name,
                                     const Service& service, bool must_be_valid = false) {
  std::vector<std::string> images = service.tags;
  images.push_back(service.image.empty() ? file.project + file.separator + name : service.image);
  for (std::string& image : images) {
    const auto parsed = parse_image_name(image);
    if (!parsed && must_be_valid) {
      throw UsageError(fmt::format("service {}: {} is not a valid image name", name, quote(image)));
    }
    image = parsed.value_or("");
  }
  std::erase(images, "");
  return images;
}

// Compose's own rule for projects and services, and no longer than a name of an image can be.
bool is_name(std::string_view text) {
  constexpr std::size_t max_size = 255;
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= max_size && text.find_first_not_of(allowed) == text.npos;
}

void check_names(const ComposeFile& file) {
  if (file.services.size() > max_services) {
    throw UsageError(fmt::format("the Compose file has more than {} services", max_services));
  }
  if (!is_name(file.project)) {
    throw UsageError(fmt::format("{} is not a valid project name", quote(file.project)));
  }
  for (const auto& [name, service] : file.services) {
    if (!is_name(name))
      throw UsageError(fmt::format("{} is not a valid service name", quote(name)));
  }
}

// Throws if a target is not a service that the file builds.
void check_targets(const ComposeFile& file, const std::vector<std::string>& targets) {
  std::vector<std::string> built;
  std::map<std::string, std::string> builders;  // by image
  for (const auto& [name, service] : file.services) {
    if (!service.is_built) continue;
    built.push_back(name);
    for (const std::string& image : name_images(file, name, service)) builders.emplace(image, name);
  }
  if (built.empty()) throw UsageError("the Compose file builds no service");
  for (const std::string& target : targets) {
    const auto found = file.services.find(target);
    if (found == file.services.end()) {
      throw UsageError(fmt::format("there is no service {}: the Compose file builds {}",
                                   quote(target), list_services(built)));
    }
    if (found->second.is_built) continue;
    const auto images = name_images(file, target, found->second);
    const auto builder = images.empty() ? builders.end() : builders.find(images.back());
    throw UsageError(builder != builders.end()
                         ? fmt::format("the Compose file does not build service {}: its image is "
                                       "built by {}",
                                       target, builder->second)
                         : fmt::format("the Compose file does not build service {}, but {}", target,
                                       list_services(built)));
  }
}

// The services that a build of the target builds: its own, and those whose result one of them has
// as an additional context.
std::set<std::string> find_built(const ComposeFile& file, const Application& application) {
  constexpr std::string_view scheme = "service:";
  std::set<std::string> built;
  std::vector<std::string> open;
  for (const auto& [name, service] : file.services) {
    if (service.is_built && application.covers(name)) open.push_back(name);
  }
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    const auto found = file.services.find(name);
    if (found == file.services.end() || !found->second.is_built || !built.insert(name).second) {
      continue;
    }
    for (const auto& [key, context] : found->second.contexts) {
      if (context.starts_with(scheme)) open.push_back(context.substr(scheme.size()));
    }
  }
  return built;
}

}  // namespace

std::optional<CompatibleName> find_compatible_name(const std::string& json) {
  ComposeFile file;
  try {
    JsonReader(parse_json(json)).read(file);
  } catch (const MalformedJson&) {
    return std::nullopt;
  }
  const auto unnamed = std::ranges::find_if(file.services, [](const auto& service) {
    return service.second.is_built && service.second.image.empty();
  });
  if (unnamed == file.services.end()) return std::nullopt;
  CompatibleName compatible{.name = file.project + "_" + unnamed->first};
  compatible.uses = std::ranges::count_if(
      file.services, [&](const auto& service) { return service.second.image == compatible.name; });
  return compatible;
}

Application select_services(const ComposeConfig& config, const ComposeRequest& request) {
  ComposeFile file{.separator = config.is_compatible ? '_' : '-'};
  std::vector<std::string> targets = request.targets;
  try {
    JsonReader(parse_json(config.json), "the configuration").read(file);
  } catch (const MalformedJson& error) {
    throw UsageError(fmt::format("what docker compose config --format json prints was expected: {}",
                                 error.what()),
                     advise_stdin);
  }
  check_names(file);
  if (request.project && *request.project != file.project) {
    throw UsageError(fmt::format("the configuration is of project {}, not of {}",
                                 quote(file.project), quote(*request.project)),
                     "Its names are final: give --project to docker compose config.");
  }
  const bool is_all = std::erase(targets, "all") > 0;
  check_targets(file, targets);
  if (is_all) targets.clear();
  Application application{.project = file.project, .targets = targets};
  const std::set<std::string> built = find_built(file, application);
  SourceCollector collector;
  for (const auto& [name, service] : file.services) {
    if (!built.contains(name)) continue;
    for (const std::string& image : name_images(file, name, service, true)) {
      collector.add_image(image, name, true);
    }
    for (const std::string& entry : service.cache_from) collector.add_cache_from(entry, name);
  }
  for (const auto& [name, service] : file.services) {
    if (built.contains(name)) continue;
    for (const std::string& image : name_images(file, name, service)) {
      collector.add_other_service(image, name, service.is_built);
    }
  }
  application.builds = std::move(collector).sources();
  application.builds->directory = config.directory;
  return application;
}

}  // namespace cac
