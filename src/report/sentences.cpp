#include "report/sentences.hpp"

#include <fmt/ranges.h>

#include <map>

#include "report/pruning.hpp"

namespace cac {

namespace {

// "container wp-backend (running)", or "containers a (running) and b (exited)"
std::string list_containers(const std::vector<Container>& containers) {
  std::vector<std::string> names;
  names.reserve(containers.size());
  for (const Container& container : containers) {
    names.push_back(container.state.empty()
                        ? container.name
                        : fmt::format("{} ({})", container.name, container.state));
  }
  names = abridge(std::move(names));
  const std::string last = names.back();
  names.pop_back();
  if (names.empty()) return "container " + last;
  return fmt::format("containers {} and {}", fmt::join(names, ", "), last);
}

std::string list_names(const std::vector<std::string>& names) {
  return names.empty() ? "" : fmt::format("the image stays as {}", fmt::join(abridge(names), ", "));
}

// "2 of the Compose project other, 1 pulled by its digest"
std::string list_owners(const OthersImages& others) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& project : others.projects) ++counts[project];
  std::vector<std::string> owners;
  owners.reserve(counts.size() + 2);
  for (const auto& [project, count] : counts) {
    owners.push_back(fmt::format("{} of the Compose project {}", count, project));
  }
  owners = abridge(std::move(owners));
  if (others.pulled > 0) owners.push_back(fmt::format("{} pulled by digest", others.pulled));
  if (others.unknown > 0) {
    owners.push_back(fmt::format("{} whose owner the engine did not say", others.unknown));
  }
  return fmt::format("{}", fmt::join(owners, ", "));
}

// In the order of Reason.
constexpr std::string_view reason_sentences[] = {
    "usable as a cache_from source",
    "the next build would copy it in",
    "left over from earlier builds",
    "a buildx builder has a cache of its own",
    "shared by all applications on this engine",
    "all that no running build holds",
    "unused for",
    "until it is no larger than",
    "until there is free space of",
    "records were left after the prune: once more",
    "still tagged",
    "tagged again during the run, so left alone",
    "tagged again during the run, and deleted as the newer image",
    "reusable by a build",
    "a cache mount: the next build finds its content there",
    "held by a running build",
    "held by a cache mount that is kept",
    "still there after every prune",
    "only cache_from names it: it belongs to the Compose project",
    "a link, not readable, or not only a build cache: left alone",
    "in cache_from: a build fetches it from outside this engine, which this tool cannot clear",
    "builds go to this buildx builder, which has a cache of its own",
    "builds go to this buildx builder, which does not run, so its cache cannot be cleared",
    "it is not known which builder builds go to",
    "builds go to this buildx builder, and what it has could not be read",
    "DOCKER_BUILDKIT or the docker command line selects it: it takes steps from every local image",
};
static_assert(std::size(reason_sentences) == std::size(reason_words));

std::string explain(Reason reason) {
  return std::string(reason_sentences[static_cast<std::size_t>(reason)]);
}

}  // namespace

std::vector<std::string> abridge(std::vector<std::string> names) {
  constexpr std::size_t max_names = 10;
  if (names.size() <= max_names) return names;
  const std::size_t rest = names.size() - max_names;
  names.resize(max_names);
  names.push_back(fmt::format("{} more", rest));
  return names;
}

std::string count_noun(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string name_services(const std::vector<std::string>& services) {
  if (services.empty()) return "";
  return fmt::format("{} of {}", services.size() == 1 ? "build" : "builds",
                     fmt::join(abridge(services), ", "));
}

std::string name_object(const Action& action) {
  if (action.kind == ActionKind::prune_dangling_images) return "dangling images";
  if (action.kind == ActionKind::prune_build_cache) return "build cache";
  return action.object;
}

std::string name_application(const Application& application) {
  if (application.is_all() && application.project.empty() && application.builds) {
    return fmt::format("{}", fmt::join(abridge(application.builds->targets), ", "));
  }
  if (application.is_all()) return application.project;
  const auto targets = fmt::format("{}", fmt::join(abridge(application.targets), ", "));
  if (!application.builds) return fmt::format("{}-{}", application.project, targets);
  return application.project.empty() ? targets
                                     : fmt::format("{} ({})", application.project, targets);
}

std::string name_engine_options(const EngineChoice& choice) {
  if (choice.host) return " --host " + *choice.host;
  return choice.context ? " --context " + *choice.context : "";
}

std::string explain(const Action& action) {
  std::string sentence = explain(action.reason);
  if (action.reason == Reason::older_than) {
    return fmt::format("{} {}", sentence, to_string(*action.prunes.front().older_than));
  }
  if (action.reason == Reason::keep_storage) {
    return fmt::format("{} {}", sentence, to_string(*action.prunes.front().keep_storage));
  }
  if (action.reason == Reason::min_free_space) {
    const auto& [type, older_than, keep_storage, min_free_space] = action.prunes.front();
    sentence = fmt::format("{} {}", sentence, to_string(*min_free_space));
    return keep_storage
               ? fmt::format("{}, and it is no larger than {}", sentence, to_string(*keep_storage))
               : sentence;
  }
  return action.services.empty() ? sentence
                                 : fmt::format("{} ({})", sentence, name_services(action.services));
}

std::string explain(const Residue& residue) {
  std::string sentence = explain(residue.reason);
  if (residue.reason == Reason::kept_cache_mount) sentence += ": " + residue.blocking_mount;
  if (residue.reason == Reason::other_project) sentence += " " + residue.project;
  if (!residue.cause.empty()) sentence += ": " + residue.cause;
  return residue.services.empty()
             ? sentence
             : fmt::format("{} ({})", sentence, name_services(residue.services));
}

std::string explain(const Caveat& caveat) {
  switch (caveat.kind) {
    case CaveatKind::registry_copy:
      return fmt::format(
          "a registry may have a copy of {}: a build whose cache_from names it takes steps from "
          "there, and this tool cannot clear it",
          caveat.object);
    case CaveatKind::builder:
      if (!caveat.unknown.empty() && caveat.is_container) {
        return fmt::format("it is not known what the buildx builder in container {} has left: {}",
                           caveat.object, caveat.unknown);
      }
      if (!caveat.unknown.empty()) {
        return fmt::format("it is not known which buildx builders there are: {}", caveat.unknown);
      }
      if (caveat.is_container) {
        return fmt::format(
            "the buildx builder in container {} has a cache of its own, which is not touched: "
            "--all-builders clears it while it runs",
            caveat.object);
      }
      if (caveat.is_volume) {
        return fmt::format(
            "volume {0} has the cache of a buildx builder without a container: docker volume rm "
            "{0}",
            caveat.object);
      }
      return fmt::format(
          "if builds go to the buildx builder '{0}', their cache is not this engine's: docker "
          "buildx prune --builder {0} --all",
          caveat.object);
    case CaveatKind::other_tag:
      return fmt::format("{} stays as {}: a build whose cache_from names {} can reuse its steps",
                         caveat.object, fmt::join(abridge(caveat.tags), ", "),
                         caveat.tags.size() == 1 ? "that tag" : "one of these tags");
    case CaveatKind::local_cache:
      return fmt::format(
          "{} does not exist; its path is relative, so a build in another directory uses another "
          "one",
          caveat.object);
    case CaveatKind::external:
      return fmt::format("the next build can use {}, which is outside this engine", caveat.object);
    case CaveatKind::missing_image:
      return fmt::format(
          "until the build no container can be created from {}, which {} {}; to bring it back: "
          "docker tag $(docker inspect -f '{{{{.Image}}}}' {}) {}",
          fmt::join(abridge(caveat.tags), ", "), list_containers(caveat.holders),
          caveat.holders.size() == 1 ? "uses" : "use", caveat.object, caveat.tags.front());
    case CaveatKind::base:
      return fmt::format(
          "{} is built on {}, which is removed: where a FROM names it, build {} first",
          caveat.object, caveat.base, caveat.base);
    case CaveatKind::base_stays:
      return fmt::format(
          "{} is built on {}, which stays: the steps of {} are not built again, a build takes them "
          "as they are",
          caveat.object, caveat.base, caveat.base);
    case CaveatKind::other_image:
      if (!caveat.unknown.empty()) {
        return fmt::format("it is not known which images are built on others: {}", caveat.unknown);
      }
      return fmt::format(
          "{} stays: if it is a stage that cache_from names, --file or a build "
          "command clears it",
          caveat.object);
    case CaveatKind::classic_builder:
      if (!caveat.unknown.empty()) {
        return fmt::format("it is not known which dangling images are left: {}", caveat.unknown);
      }
      return fmt::format(
          "dangling image {} stays{}{}: only the classic builder would use it",
          caveat.object.substr(0, 19),
          caveat.holders.empty() ? "" : ", held by " + list_containers(caveat.holders),
          caveat.more > 0 ? fmt::format(", and {} more", caveat.more) : "");
    case CaveatKind::others_images:
      return fmt::format("{} of others {}: {}", count_noun(caveat.others.count(), "dangling image"),
                         caveat.others.count() == 1 ? "stays" : "stay", list_owners(caveat.others));
  }
  return "";
}

std::string name_other_services(const Action& action) {
  if (action.other_services.empty()) return "";
  return fmt::format("{} {} the same image", fmt::join(abridge(action.other_services), ", "),
                     action.other_services.size() == 1 ? "uses" : "use");
}

static std::string describe_effect(const RunResult& result, const Action& action,
                                   const std::vector<std::string>& other_names) {
  std::vector<std::string> parts;
  if (result.prune_request() != nullptr && result.is_dry_run()) {
    if (action.kind == ActionKind::prune_builder) return "by buildctl prune, in the container";
    // The engine's collector decides how much it removes; that is not imitated here.
    for (const CachePrune& prune : action.prunes) {
      parts.push_back(to_string(prune, result.engine->api));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
  }
  switch (action.kind) {
    case ActionKind::remove_artifact:
    case ActionKind::remove_local_cache:
    case ActionKind::prune_dangling_images:  // caveats say which stay
      break;
    case ActionKind::remove_image:
      parts.push_back(name_other_services(action));
      parts.push_back(list_names(other_names));
      if (action.holders.empty()) break;
      parts.push_back(list_containers(action.holders) + (action.holders.size() == 1
                                                             ? " uses it and is not touched"
                                                             : " use it and are not touched"));
      break;
    case ActionKind::prune_builder:
      break;
    case ActionKind::prune_build_cache:
      // After a pruning a note says it, from a later reading.
      if (action.held > 0 && !result.pruning) {
        parts.push_back(fmt::format("{} held by a running build stay", action.held));
      }
      if (action.kept > 0) parts.push_back(fmt::format("cache mounts kept: {}", action.kept));
  }
  std::erase(parts, "");
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string describe_effect(const RunResult& result, const Action& action) {
  return describe_effect(result, action, action.other_names);
}

std::string describe_effect(const RunResult& result, const Outcome& outcome,
                            const RemovedImages& removed) {
  // Names of other projects are known only since the removal.
  const std::string effect = describe_effect(
      result, outcome.action,
      removed.stays(outcome) ? removed.other_names(outcome) : outcome.action.other_names);
  const std::string repetition = describe_repetition(outcome);
  return repetition + (repetition.empty() || effect.empty() ? "" : "; ") + effect;
}

}  // namespace cac
