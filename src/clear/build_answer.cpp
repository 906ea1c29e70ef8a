#include "clear/build_answer.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/json_reader.hpp"

namespace cac {

namespace {

constexpr const char* project_label = "com.docker.compose.project";
constexpr std::size_t max_targets = 1'000;

// buildx writes an entry as an object from 0.20 on, Compose and older ones as the option's text.
struct EntryText {
  std::string text = {};
};
void from_json(const JsonReader& reader, EntryText& entry) {
  if (reader.is_text()) return reader.read(entry.text);
  std::map<std::string, std::string> fields;
  reader.read(fields);
  for (const auto& [key, value] : fields) {
    const char* const quotes = value.find(',') == std::string::npos ? "" : "\"";
    entry.text +=
        fmt::format("{0}{1}{2}={3}{1}", entry.text.empty() ? "" : ",", quotes, key, value);
  }
}

// Undoes what docker compose config does to the values that it prints: it doubles every dollar
// sign.
std::string with_single_dollars(std::string text) {
  for (auto at = text.find("$$"); at != std::string::npos; at = text.find("$$", at + 1)) {
    text.erase(at, 1);
  }
  return text;
}

struct Target {
  bool is_built = true;  // a service may only run an image
  std::vector<std::string> tags = {};
  std::vector<EntryText> cache_from = {};
  std::vector<EntryText> cache_to = {};
  std::string context = ".";
  std::string dockerfile = "Dockerfile";
  std::string stage = {};
  std::map<std::string, std::string> contexts = {};
  std::map<std::string, std::string> labels = {};
  std::set<std::string> dependencies = {};  // services
};

void from_json(const JsonReader& reader, Target& target) {
  reader.optional("tags", target.tags);
  reader.optional("cache-from", target.cache_from);
  reader.optional("cache-to", target.cache_to);
  reader.optional("context", target.context);
  reader.optional("dockerfile", target.dockerfile);
  if (reader.has("dockerfile-inline")) target.dockerfile.clear();
  reader.optional("target", target.stage);
  reader.optional("contexts", target.contexts);
  reader.optional("labels", target.labels);
}

struct Service {
  std::string image = {};
  Target target = {};
};
void from_json(const JsonReader& reader, Service& service) {
  Target& target = service.target;
  reader.optional("image", service.image);
  if (const auto dependencies = reader.find("depends_on")) {
    target.dependencies = dependencies->list_keys();
  }
  const auto build = reader.find("build");
  target.is_built = build.has_value();
  if (!build) return;
  build->optional("tags", target.tags);
  build->optional("cache_from", target.cache_from);
  build->optional("cache_to", target.cache_to);
  build->optional("additional_contexts", target.contexts);
  for (auto* const entries : {&target.cache_from, &target.cache_to}) {
    for (EntryText& entry : *entries) entry.text = with_single_dollars(entry.text);
  }
}

struct Group {
  std::vector<std::string> targets = {};
};
void from_json(const JsonReader& reader, Group& group) {
  reader.optional("targets", group.targets);
}

// All forms of the answer alike.
struct Definition {
  std::string project = {};
  std::vector<std::string> defaults = {};    // what is built where no target is named
  std::map<std::string, Group> groups = {};  // by which several targets can be named
  std::map<std::string, Target> targets = {};
  bool tags_linked = false;  // a target that is only another's context gets its tags as well
};

Definition read_bake(const JsonReader& reader) {
  Definition definition;
  reader.required("target", definition.targets);
  reader.optional("group", definition.groups);
  definition.defaults = definition.groups["default"].targets;
  for (const auto& [name, target] : definition.targets) {
    const auto label = target.labels.find(project_label);
    if (label != target.labels.end()) definition.project = label->second;
  }
  return definition;
}

Definition read_config(const JsonReader& reader) {
  Definition definition{.tags_linked = true};
  std::map<std::string, Service> services;
  reader.required("name", definition.project);
  reader.optional("services", services);
  for (auto& [name, service] : services) {
    Target& target = service.target;
    if (target.is_built) {
      definition.defaults.push_back(name);
      const std::string default_name = fmt::format("{}-{}", definition.project, name);
      target.tags.push_back(service.image.empty() ? default_name : service.image);
    }
    definition.targets.emplace(name, std::move(target));
  }
  return definition;
}

std::string list_names(const std::vector<std::string>& names) {
  constexpr std::size_t max_listed = 20;
  const auto listed = std::min(names.size(), max_listed);
  return fmt::format(
      "{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(listed), ", "),
      names.size() > listed ? fmt::format(" and {} more", names.size() - listed) : "");
}

// Allows what Compose and bake allow in names, and no more than can be shown.
bool is_name(std::string_view text) {
  constexpr std::size_t max_size = 255;
  return !text.empty() && text.size() <= max_size && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  });
}

void check(const Definition& definition) {
  if (definition.targets.size() > max_targets) {
    throw UsageError(fmt::format("the build command has more than {} targets", max_targets));
  }
  if (!definition.project.empty() && !is_name(definition.project)) {
    throw UsageError(fmt::format("{} is not a valid project name", quote(definition.project)));
  }
  for (const auto& [name, target] : definition.targets) {
    if (!is_name(name)) {
      throw UsageError(fmt::format("{} is not a valid name of a service or target", quote(name)));
    }
  }
}

[[noreturn]] void throw_not_built(const Definition& definition, const std::string& name) {
  std::vector<std::string> built;
  for (const auto& [other, target] : definition.targets) {
    if (target.is_built) built.push_back(other);
  }
  throw UsageError(fmt::format("{} is not built here{}", quote(name),
                               built.empty() ? "" : "; these are: " + list_names(built)));
}

// Collects the names that a build of the open ones builds.
class Closure {
 public:
  Closure(const Definition& definition, const BuildCommand& command)
      : definition_(definition),
        builds_dependencies_(command.builds_dependencies),
        is_taken_(command.tool != BuildTool::standard_input) {}

  // Throws UsageError if there is no such target.
  void add_named(const std::string& name) {
    const auto group = definition_.groups.find(name);
    if (group != definition_.groups.end() && !definition_.targets.contains(name)) {
      if (!groups_.insert(name).second) return;
      for (const std::string& member : group->second.targets) add_named(member);
      return;
    }
    const auto target = definition_.targets.find(name);
    if (target == definition_.targets.end()) throw_not_built(definition_, name);
    if (!target->second.is_built && !is_taken_) throw_not_built(definition_, name);
    named_.insert(name);
    add(name);
  }

  const std::set<std::string>& names() const { return built_; }
  bool gets_tags(const std::string& name) const {
    return definition_.tags_linked || named_.contains(name);
  }

 private:
  void add(const std::string& first) {
    std::vector<std::string> open{first};
    while (!open.empty()) {
      const std::string name = std::move(open.back());
      open.pop_back();
      const auto found = definition_.targets.find(name);
      if (found == definition_.targets.end() || !seen_.insert(name).second) continue;
      const Target& target = found->second;
      if (target.is_built) built_.insert(name);
      for (const auto& [key, context] : target.contexts) {
        for (const std::string_view scheme : {"target:", "service:"}) {
          if (context.starts_with(scheme)) open.push_back(context.substr(scheme.size()));
        }
      }
      if (!builds_dependencies_) continue;
      open.insert(open.end(), target.dependencies.begin(), target.dependencies.end());
    }
  }

  const Definition& definition_;
  bool builds_dependencies_;
  bool is_taken_;  // by docker, whatever is named: a service without a build among others, too
  std::set<std::string> groups_;
  std::set<std::string> named_;
  std::set<std::string> seen_;
  std::set<std::string> built_;
};

Build make_build(const std::string& name, const Target& target) {
  Build build{.name = name,
              .tags = target.tags,
              .context = target.context,
              .dockerfile = target.dockerfile,
              .stage = target.stage};
  for (const EntryText& entry : target.cache_from) build.cache_from.push_back(entry.text);
  for (const EntryText& entry : target.cache_to) build.cache_to.push_back(entry.text);
  return build;
}

Definition read_definition(const std::string& json) {
  try {
    const auto parsed = parse_json(json);
    const JsonReader reader(parsed, "what it prints");
    return reader.has("target") ? read_bake(reader) : read_config(reader);
  } catch (const MalformedJson& error) {
    throw UsageError(
        fmt::format("what the build command builds is not understood: {}", error.what()),
        "Expected is what docker compose build --print, docker buildx bake --print or "
        "docker compose config --format json prints.");
  }
}

}  // namespace

std::string quote(std::string_view text) {
  constexpr std::size_t max_size = 80;
  std::string shown(text.substr(0, max_size));
  std::ranges::replace(shown, '\0', ' ');  // an exception's text would end there
  return fmt::format("'{}{}'", shown, text.size() > max_size ? "..." : "");
}

BuildAnswer parse_build_answer(const std::string& json, const BuildCommand& command) {
  const Definition definition = read_definition(json);
  check(definition);
  if (command.project && *command.project != definition.project) {
    throw UsageError(fmt::format("the answer is of project {}, not of {}",
                                 quote(definition.project), quote(*command.project)),
                     "Its names are final: give --project-name to docker compose.");
  }
  Closure closure(definition, command);
  // docker's answer has the named targets as its defaults.
  const bool has_selected = definition.groups.contains("default") && !command.ask.empty();
  for (const std::string& name :
       command.builds_all || has_selected ? definition.defaults : command.targets) {
    closure.add_named(name);
  }
  if (closure.names().empty()) throw UsageError("the build command builds nothing");
  BuildAnswer answer{.project = definition.project};
  for (const auto& [name, target] : definition.targets) {
    if (!target.is_built) continue;
    const bool is_built = closure.names().contains(name);
    Build build = make_build(name, target);
    if (is_built && !closure.gets_tags(name)) build.tags.clear();
    (is_built ? answer.builds : answer.others).push_back(std::move(build));
  }
  return answer;
}

}  // namespace cac
