#include "clear/verify.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "clear/cache_mounts.hpp"

namespace cac {

namespace {

std::vector<std::string> find_services(const Application& application, std::string_view image) {
  const NamedImage* const named = application.find_image(image);
  return named == nullptr ? std::vector<std::string>() : named->services;
}

void add_images(const ClearRequest& request, const std::vector<Outcome>& outcomes,
                const std::vector<Image>& images, std::vector<Residue>& residue) {
  // Names that were not removed, whatever the engine reported; any other name found here was
  // created meanwhile.
  std::set<std::pair<std::string_view, std::string_view>> tried;
  for (const Outcome& outcome : outcomes) {
    if (outcome.status != OutcomeStatus::failed && outcome.status != OutcomeStatus::done) continue;
    tried.emplace(outcome.action.object, outcome.action.image_id);
  }
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (!request.application.selects(image, name)) continue;
      const Reason reason = request.verify_only                ? Reason::cache_from
                            : tried.contains({name, image.id}) ? Reason::still_tagged
                                                               : Reason::retagged;
      residue.push_back({.kind = ResidueKind::image,
                         .reason = reason,
                         .object = name,
                         .id = image.id,
                         .size = image.size,
                         .services = find_services(request.application, name)});
    }
  }
}

// Adds names that got another image at the very moment of their removal: which name the planned
// image has now is not known.
void add_newer_deleted(const std::vector<Outcome>& outcomes, std::vector<Residue>& residue) {
  for (const Outcome& outcome : outcomes) {
    if (outcome.deleted_instead.empty()) continue;
    // The name may be there again by now.
    const bool is_listed = std::any_of(residue.begin(), residue.end(), [&](const Residue& other) {
      return other.object == outcome.action.object;
    });
    if (is_listed) continue;
    residue.push_back({.kind = ResidueKind::image,
                       .reason = Reason::newer_deleted,
                       .object = outcome.action.object,
                       .id = outcome.deleted_instead});
  }
}

void add_records(const ClearRequest& request, const std::vector<CacheRecord>& records,
                 Verification& result) {
  const CacheMounts mounts(records, request.keep_cache_mounts);
  for (const CacheRecord& record : records) {
    if (mounts.keeps(record)) {
      result.kept.push_back(record);
      continue;
    }
    Residue residue{.kind = ResidueKind::build_cache,
                    .reason = !request.verify_only     ? Reason::survived_pruning
                              : is_cache_mount(record) ? Reason::cache_mount
                                                       : Reason::reusable,
                    .object = name_record(record),
                    .id = record.id,
                    .record_type = record.type,
                    .size = record.size,
                    .blocking_mount = mounts.blocking_mount(record)};
    if (record.in_use) {
      residue.reason = Reason::running_build;
      // BuildKit describes the file system of a RUN so.
      residue.is_running =
          !record.was_released && record.description.starts_with("mount / from exec");
    } else if (!residue.blocking_mount.empty()) {
      residue.reason = Reason::kept_cache_mount;
    }
    result.residue.push_back(std::move(residue));
  }
}

// Adds the builders whose caches are left although they were to be cleared, or to which builds go.
void add_builders(const ClearRequest& request, const State& after, Verification& result) {
  const auto add = [&](const std::string& object, Reason reason, Bytes size = {}) {
    result.residue.push_back(
        {.kind = ResidueKind::builder, .reason = reason, .object = object, .size = size});
  };
  const BuilderUse use(request.builder, after.containers);
  for (const BuilderCache& cache : after.builder_caches) {
    if (!cache.records) {
      if (use.is_current(cache.container)) add(cache.container, Reason::unverified);
      continue;
    }
    const CacheMounts mounts(*cache.records, request.keep_cache_mounts);
    std::vector<CacheRecord> left = *cache.records;
    std::erase_if(left, [&](const CacheRecord& record) { return mounts.keeps(record); });
    if (left.empty()) continue;
    const bool is_held = std::ranges::any_of(left, &CacheRecord::in_use);
    add(cache.container,
        request.verify_only ? Reason::reusable
        : is_held           ? Reason::running_build
                            : Reason::survived_pruning,
        total_size(left));
  }
}

}  // namespace

std::vector<Residue> find_unclearable(const ClearRequest& request, const State& state) {
  std::vector<Residue> residue;
  const BuilderUse use(request.builder, state.containers);
  for (const std::string& builder : use.uncleared(request.all_builders)) {
    const bool is_here = use.is_current(builder);
    residue.push_back({.kind = ResidueKind::builder,
                       .reason = is_here && request.all_builders ? Reason::builder_stopped
                                 : request.builder->name.empty() ? Reason::builder_unknown
                                                                 : Reason::builder_in_use,
                       .object = builder,
                       .cause = is_here ? "" : request.builder->problem});
  }
  const Application& application = request.application;
  if (!application.builds) return residue;
  if (application.builds->is_classic) {
    residue.push_back({.kind = ResidueKind::builder,
                       .reason = Reason::classic_builder,
                       .object = "the classic builder"});
  }
  for (const Image& image : state.images) {
    for (const std::string& name : image.tags) {
      if (!application.matches(name) || !application.is_neighbor(image, name)) continue;
      residue.push_back({.kind = ResidueKind::image,
                         .reason = Reason::other_project,
                         .object = name,
                         .id = image.id,
                         .size = image.size,
                         .project = image.compose_project,
                         .services = find_services(application, name)});
    }
  }
  for (const LocalCache& cache : state.local_caches) {
    if (cache.kind != LocalCacheKind::other) continue;
    residue.push_back({.kind = ResidueKind::local_cache,
                       .reason = Reason::not_a_cache,
                       .object = cache.path,
                       .services = cache.services});
  }
  for (const NamedCache& cache : application.builds->external) {
    if (request.allow_external) break;
    residue.push_back({.kind = ResidueKind::external,
                       .reason = Reason::external,
                       .object = cache.source,
                       .services = cache.services});
  }
  return residue;
}

Verification predict(const ClearRequest& request, const State& state) {
  State after = state;
  after.artifacts.found.clear();
  std::erase_if(after.local_caches,
                [](const LocalCache& cache) { return cache.kind == LocalCacheKind::cache; });
  for (Image& image : after.images) {
    std::erase_if(image.tags, [&, labeled = image](const std::string& name) {
      return request.application.selects(labeled, name);
    });
  }
  if (after.records) {
    const CacheMounts mounts(*state.records, request.keep_cache_mounts);
    std::erase_if(*after.records, [&](const CacheRecord& record) {
      const bool is_held = record.in_use && !request.wait;
      return !is_held && !mounts.keeps(record) && mounts.blocking_mount(record).empty();
    });
  }
  return judge(request, {}, after);
}

Verification judge(const ClearRequest& request, const std::vector<Outcome>& outcomes,
                   const State& after) {
  Verification result;
  result.records_known = after.records.has_value();
  if (after.records) add_records(request, *after.records, result);
  add_images(request, outcomes, after.images, result.residue);
  add_newer_deleted(outcomes, result.residue);
  result.names_known = std::all_of(after.images.begin(), after.images.end(),
                                   [](const Image& image) { return image.names_known; });
  for (const Artifact& artifact : after.artifacts.found) {
    result.residue.push_back({.kind = ResidueKind::artifact,
                              .reason = Reason::copied_by_build,
                              .object = artifact.path,
                              .size = artifact.size});
  }
  for (const LocalCache& cache : after.local_caches) {
    if (cache.kind != LocalCacheKind::cache) continue;
    result.residue.push_back({.kind = ResidueKind::local_cache,
                              .reason = Reason::cache_from,
                              .object = cache.path,
                              .size = cache.size,
                              .services = cache.services});
  }
  const auto unclearable = find_unclearable(request, after);
  result.residue.insert(result.residue.end(), unclearable.begin(), unclearable.end());
  add_builders(request, after, result);
  // A directory that could not be searched is not known to be clean.
  if (!after.artifacts.unreadable.empty()) result.failure = after.artifacts.unreadable.front();
  if (!result.residue.empty()) {
    result.verdict = Verdict::residue;
  } else if (result.records_known && result.names_known && !result.failure) {
    result.verdict = Verdict::clean;
  }
  return result;
}

}  // namespace cac
