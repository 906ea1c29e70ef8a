#include "clear/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "clear/artifacts.hpp"
#include "clear/cache_mounts.hpp"
#include "docker/engine.hpp"

namespace cac {

namespace {

constexpr int most_repeated_prunes = 3;

using Records = std::vector<CacheRecord>;

bool is_held(const CacheRecord& record) { return record.in_use; }

// Of the target's names, what is still there.
void add_images(const std::vector<Image>& images, const Options& options,
                const std::vector<Outcome>& outcomes, std::vector<Residue>& residue) {
  // Names whose removal failed; any other name found here was given meanwhile.
  std::set<std::pair<std::string_view, std::string_view>> stayed;
  for (const Outcome& outcome : outcomes) {
    if (outcome.status != OutcomeStatus::failed) continue;
    stayed.emplace(outcome.action.object, outcome.action.image_id);
  }
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (!selects(options.target, options.project, name)) continue;
      std::string reason = "usable as a cache_from source";
      if (options.mode == Mode::clear) {
        reason = stayed.contains({name, image.id}) ? "it is still tagged"
                                                   : "tagged again during the run, so left alone";
      }
      residue.push_back({.kind = ResidueKind::image,
                         .object = name,
                         .id = image.id,
                         .size = image.size,
                         .reason = std::move(reason)});
    }
  }
}

// A name that got another image at the very moment of its removal: what the planned image is called
// now is not known.
void add_deleted_instead(const std::vector<Outcome>& outcomes, std::vector<Residue>& residue) {
  for (const Outcome& outcome : outcomes) {
    if (outcome.deleted_instead.empty()) continue;
    // The name may be there again by now.
    const bool is_listed = std::any_of(residue.begin(), residue.end(), [&](const Residue& other) {
      return other.object == outcome.action.object;
    });
    if (is_listed) continue;
    residue.push_back({.kind = ResidueKind::image,
                       .object = outcome.action.object,
                       .id = outcome.deleted_instead,
                       .reason = "tagged again during the run, and deleted as the newer image"});
  }
}

void add_records(const Records& records, const Options& options, std::vector<Residue>& residue) {
  const CacheMounts mounts(records, options);
  for (const CacheRecord& record : records) {
    if (mounts.spare(record)) continue;
    const std::string mount = mounts.holder_of(record);
    std::string reason = "reusable by a build";
    if (is_held(record)) {
      reason = "held by a running build";
    } else if (!mount.empty()) {
      reason = fmt::format("held by a cache mount that is kept: {}", mount);
    } else if (options.mode == Mode::clear) {
      reason = "still there after every prune";
    }
    residue.push_back({.kind = ResidueKind::build_cache,
                       .object = name_of(record),
                       .id = record.id,
                       .record_type = record.type,
                       .size = record.size,
                       .held = is_held(record),
                       .held_by_cache_mount = !mount.empty(),
                       .reason = std::move(reason)});
  }
}

void add_artifacts(const Options& options, Verification& result) {
  ArtifactSearch search;
  if (options.app_dir) search = find_artifacts(*options.app_dir, options.target);
  for (const Artifact& artifact : search.found) {
    result.residue.push_back({.kind = ResidueKind::artifact,
                              .object = artifact.path,
                              .size = artifact.size,
                              .reason = "the next build would copy it in"});
  }
  // What could not be searched is not known to be clean.
  if (!search.unreadable.empty()) result.failure = search.unreadable.front();
  if (options.mode != Mode::verify_only) return;
  const auto notes = notes_on_folders(options, search);
  result.notes.insert(result.notes.end(), notes.begin(), notes.end());
  const auto warnings = warnings_on_folders(options, search);
  result.warnings.insert(result.warnings.end(), warnings.begin(), warnings.end());
}

// The records as they are after the last prune that is worth sending. Nothing: it could not be
// told.
std::optional<Records> settled_records(Engine& engine, const Options& options,
                                       std::vector<Outcome>& outcomes) {
  // An answer can be older than the last prune. The second one in a row is not.
  bool is_fresh = !engine.shares_build_cache_answers();
  for (int prunes = 0;;) {
    auto records = engine.build_cache();
    if (!records) return records;
    const CacheMounts mounts(*records, options);
    Records left;
    std::remove_copy_if(records->begin(), records->end(), std::back_inserter(left),
                        [&](const CacheRecord& record) { return mounts.spare(record); });
    if (options.mode == Mode::verify_only ||
        std::all_of(left.begin(), left.end(), [&](const CacheRecord& record) {
          return is_held(record) || !mounts.holder_of(record).empty();
        })) {
      if (std::exchange(is_fresh, true)) return records;
      continue;
    }
    if (prunes++ == most_repeated_prunes) return records;
    is_fresh = !engine.shares_build_cache_answers();
    Action again = prune_of(left, options);
    again.reason = "records were left after the prune: once more";
    execute(engine, {again}, outcomes);
  }
}

// Dangling images are no cache source of BuildKit's: a note, not residue. Those that this run made
// dangling are told with their removal.
void add_dangling(Engine& engine, const Inventory& before, const std::vector<Outcome>& outcomes,
                  std::vector<std::string>& notes) {
  std::vector<Image> dangling;
  try {
    dangling = engine.dangling_images();
  } catch (const EngineError& error) {
    notes.push_back(fmt::format("which dangling images stay is not known: {}", error.what()));
  }
  std::set<std::string_view> reported;
  for (const Outcome& outcome : outcomes) {
    if (outcome.image_stays) reported.insert(outcome.action.image_id);
  }
  const ImageHolders image_holders(before.containers);
  for (const Image& image : dangling) {
    if (reported.contains(image.id)) continue;
    const std::string holders = image_holders.text(image.id);
    notes.push_back(fmt::format("dangling image {} stays{}: only the classic builder would use it",
                                image.id.substr(0, 19),
                                holders.empty() ? "" : fmt::format(", held by {}", holders)));
  }
}

}  // namespace

std::string_view text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::clean:
      return "clean";
    case Verdict::residue:
      return "residue";
    case Verdict::unknown:
      return "unknown";
  }
  return "";
}

std::string name_of(const CacheRecord& record) {
  return record.description.empty() ? record.id : record.description;
}

Verification verify(Engine& engine, const Options& options, const Inventory& before,
                    std::vector<Outcome>& outcomes) {
  Verification result;
  try {
    const auto records = settled_records(engine, options, outcomes);
    if (records) {
      add_records(*records, options, result.residue);
      const CacheMounts mounts(*records, options);
      std::copy_if(records->begin(), records->end(), std::back_inserter(result.kept),
                   [&](const CacheRecord& record) { return mounts.spare(record); });
    } else {
      result.notes.push_back(
          "the engine's answer about its build cache does not tell whether there are records");
    }
    // After the records: a build that finishes in between has tagged its image before it let its
    // records go.
    const auto images = engine.images(reference_pattern(options.project));
    add_images(images, options, outcomes, result.residue);
    add_deleted_instead(outcomes, result.residue);
    const bool names_known = std::all_of(images.begin(), images.end(),
                                         [](const Image& image) { return image.names_known; });
    if (!names_known) {
      result.notes.push_back("the engine's answer about its images does not tell all their names");
    }
    if (options.mode == Mode::verify_only && images.empty()) {
      result.warnings.push_back(warning_of_no_image(options.project));
    }
    add_artifacts(options, result);
    if (!result.residue.empty()) {
      result.verdict = Verdict::residue;
    } else if (records && names_known && !result.failure) {
      result.verdict = Verdict::clean;
    }
  } catch (const EngineError& error) {
    result.failure = error.failure();
    return result;
  } catch (const std::filesystem::filesystem_error& error) {
    result.failure = failure_of(error);
    return result;
  }
  const bool pruned_dangling =
      std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
        return outcome.action.kind == ActionKind::prune_dangling_images;
      });
  if (pruned_dangling) add_dangling(engine, before, outcomes, result.notes);
  return result;
}

}  // namespace cac
