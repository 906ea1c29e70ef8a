#include "verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "artefacts.hpp"
#include "engine.hpp"

namespace cac {

namespace {

constexpr int most_repeated_prunes = 3;

using Records = std::vector<CacheRecord>;

bool is_held(const CacheRecord& record) { return record.in_use; }

// Of the target's names, what is still there.
void add_images(const std::vector<Image>& images, const Options& options, const Inventory& before,
                std::vector<Residue>& residue) {
  const auto was_there = [&](const std::string& id, const std::string& name) {
    return std::any_of(
        before.project_images.begin(), before.project_images.end(), [&](const Image& image) {
          return image.id == id &&
                 std::find(image.tags.begin(), image.tags.end(), name) != image.tags.end();
        });
  };
  for (const Image& image : images) {
    for (const std::string& name : image.tags) {
      if (!selects(options.target, options.project, name)) continue;
      std::string reason = "cache_from can name it";
      if (options.mode == Mode::clear) {
        reason = was_there(image.id, name) ? "it is still tagged"
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

void add_records(const Records& records, const Options& options, std::vector<Residue>& residue) {
  for (const CacheRecord& record : records) {
    if (is_kept(record, options)) continue;
    std::string reason = "a build can take its step from it";
    if (is_held(record)) {
      reason = "held by a running build";
    } else if (options.mode == Mode::clear) {
      reason = "still there after every prune";
    }
    residue.push_back({.kind = ResidueKind::build_cache,
                       .object = name_of(record),
                       .id = record.id,
                       .record_type = record.type,
                       .size = record.size,
                       .held = is_held(record),
                       .reason = std::move(reason)});
  }
}

void add_artefacts(const Options& options, std::vector<Residue>& residue) {
  if (!options.app_dir) return;
  for (const Artefact& artefact : find_artefacts(*options.app_dir, options.target).found) {
    residue.push_back({.kind = ResidueKind::artefact,
                       .object = artefact.path,
                       .size = artefact.size,
                       .reason = "the next build would copy it in"});
  }
}

// The records as they are after the last prune that is worth sending. Nothing: it could not be
// told.
std::optional<Records> settled_records(Engine& engine, const Options& options,
                                       std::vector<Outcome>& outcomes) {
  bool asked_again = false;
  for (int prunes = 0;;) {
    auto records = engine.build_cache();
    if (!records || options.mode == Mode::verify_only) return records;
    Records left;
    std::remove_copy_if(records->begin(), records->end(), std::back_inserter(left),
                        [&](const CacheRecord& record) { return is_kept(record, options); });
    if (left.empty()) return records;
    if (std::all_of(left.begin(), left.end(), is_held)) {
      // Concurrent requests share one answer: it can be older than the last prune.
      if (std::exchange(asked_again, true)) return records;
      continue;
    }
    if (prunes++ == most_repeated_prunes) return records;
    Action again = prune_of(left, options);
    again.reason = "records were left after the prune: once more";
    execute(engine, {again}, outcomes);
  }
}

// Nameless images are no cache source of BuildKit's: a note, not residue. Those that this run made
// nameless are told with their removal.
void add_nameless(Engine& engine, const Inventory& before, const std::vector<Outcome>& outcomes,
                  std::vector<std::string>& notes) {
  std::vector<Image> nameless;
  try {
    nameless = engine.nameless_images();
  } catch (const EngineError& error) {
    notes.push_back(fmt::format("which nameless images stay is not known: {}", error.what()));
  }
  for (const Image& image : nameless) {
    const bool told = std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& outcome) {
      return outcome.action.image_id == image.id && outcome.image_stays;
    });
    if (told) continue;
    const std::string holders = holders_of(image.id, before.containers);
    notes.push_back(fmt::format("nameless image {} stays{}: only the classic builder would use it",
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
      std::copy_if(records->begin(), records->end(), std::back_inserter(result.kept),
                   [&](const CacheRecord& record) { return is_kept(record, options); });
    } else {
      result.notes.push_back(
          "the engine's answer about its build cache does not tell whether there are records");
    }
    // After the records: a build that finishes in between has tagged its image before it let its
    // records go.
    const auto images = engine.images(reference_pattern(options.project));
    add_images(images, options, before, result.residue);
    if (options.mode == Mode::verify_only && images.empty()) {
      result.warnings.push_back(warning_of_no_image(options.project));
    }
    add_artefacts(options, result.residue);
    if (!result.residue.empty()) {
      result.verdict = Verdict::residue;
    } else if (records) {
      result.verdict = Verdict::clean;
    }
  } catch (const EngineError& error) {
    result.failure = error.failure();
    return result;
  } catch (const std::filesystem::filesystem_error& error) {
    result.failure = failure_of(error);
    return result;
  }
  const bool pruned_nameless =
      std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& outcome) {
        return outcome.action.kind == ActionKind::prune_nameless_images;
      });
  if (pruned_nameless) add_nameless(engine, before, outcomes, result.notes);
  return result;
}

}  // namespace cac
