#include "clear/build_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "clear/cache_entry.hpp"

namespace cac {

namespace {

constexpr std::size_t max_names = 1'000;

// Collects what the builds use, each name once.
class SourceCollector {
 public:
  void add_build(const Build& build) {
    for (const std::string& tag : build.tags) {
      const auto name = parse_image_name(tag);
      if (!name) {
        throw UsageError(fmt::format("{}: {} is not a valid image name", build.name, quote(tag)));
      }
      add_image(*name, build.name).is_built = true;
    }
    for (const std::string& entry : build.cache_from) add_cache_from(entry, build.name);
    for (const std::string& entry : build.cache_to) {
      const CacheEntry parsed(entry);
      // The next deployment may move it to where cache_from reads.
      if (parsed.field("type") == "local") add_directory(parsed.field("dest"), build.name);
    }
  }

  // Adds another build's name to the images that it tags as well.
  void add_other(const Build& build) {
    for (const std::string& tag : build.tags) {
      const auto name = parse_image_name(tag);
      const auto found = name ? positions_.find(*name) : positions_.end();
      if (found == positions_.end()) continue;
      NamedImage& image = sources_.images[found->second];
      add_service(image.other_services, build.name);
      image.is_built = true;
    }
  }

  BuildSources sources() && { return std::move(sources_); }

 private:
  static void add_service(std::vector<std::string>& services, const std::string& service) {
    if (services.empty() || services.back() != service) services.push_back(service);
  }

  NamedImage& add_image(const std::string& name, const std::string& service) {
    if (sources_.images.size() >= max_names) {
      throw UsageError("the build command names too many images");
    }
    const auto [at, is_new] = positions_.emplace(name, sources_.images.size());
    if (is_new) sources_.images.push_back({.name = name});
    NamedImage& image = sources_.images[at->second];
    add_service(image.services, service);
    return image;
  }

  static void add_cache(std::vector<NamedCache>& caches, const std::string& source,
                        const std::string& service) {
    if (caches.size() >= max_names) throw UsageError("the build command names too many caches");
    auto same = std::ranges::find(caches, source, &NamedCache::source);
    if (same == caches.end()) same = caches.insert(caches.end(), {.source = source});
    add_service(same->services, service);
  }

  void add_directory(const std::string& directory, const std::string& service) {
    if (!directory.empty()) add_cache(sources_.directories, directory, service);
  }

  void add_cache_from(const std::string& entry, const std::string& service) {
    const CacheEntry parsed(entry);
    if (parsed.is_references()) {
      for (const std::string& reference : parsed.references()) {
        if (!reference.empty()) add_reference(reference, service);  // an unset variable's
      }
      return;
    }
    const std::string type = parsed.field("type");
    if (type == "local" && !parsed.field("src").empty()) {
      return add_directory(parsed.field("src"), service);
    }
    if (type == "registry") return add_reference(parsed.field("ref"), service);
    add_cache(sources_.external, parsed.shown(), service);
  }

  void add_reference(const std::string& reference, const std::string& service) {
    const auto at = reference.find('@');
    if (at != std::string::npos && reference.find('/', at) != std::string::npos) {
      throw UsageError(fmt::format("{}: a name in cache_from has a user or a password", service));
    }
    const auto name = parse_image_name(reference.substr(0, at));
    // A build only warns of it: such as "app:" where a variable is not set.
    if (!name) return add_cache(sources_.invalid, quote(reference), service);
    // Only a registry can resolve a digest. A name with a slash has its registry's host in front of
    // it, or is Docker Hub's; a single word could only be one of Docker's own images there.
    if (at != std::string::npos || reference.find('/') != std::string::npos) {
      add_cache(sources_.external, reference, service);
    }
    if (at == std::string::npos) add_image(*name, service).in_cache_from = true;
  }

  BuildSources sources_;
  std::map<std::string, std::size_t> positions_;  // of the images
};

}  // namespace

Application make_application(const BuildAnswer& answer, const BuildCommand& command) {
  SourceCollector collector;
  for (const Build& build : answer.builds) collector.add_build(build);
  for (const Build& build : answer.others) collector.add_other(build);
  Application application{.project = answer.project,
                          .targets = command.targets,
                          .builds = std::move(collector).sources()};
  std::ranges::sort(application.targets);
  for (const Build& build : answer.builds) application.builds->targets.push_back(build.name);
  return application;
}

}  // namespace cac
