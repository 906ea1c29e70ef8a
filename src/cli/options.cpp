#include "cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#define CXXOPTS_NO_REGEX true  // std::regex costs each start milliseconds, --version too
#include <cxxopts.hpp>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"
#include "cli/option_rules.hpp"
#include "cli/option_table.hpp"
#include "cli/split_words.hpp"
#include "cli/suggest.hpp"

namespace cac {

namespace {

// The command line's words, not yet validated.
class ParsedArguments {
 public:
  ParsedArguments(const cxxopts::ParseResult& parsed, bool has_build_command,
                  const Environment& environment)
      : parsed_(parsed), has_build_command_(has_build_command), environment_(environment) {}

  bool has(std::string_view name) const {
    if (name == build_command_argument.name) return has_build_command_;
    return parsed_.count(std::string(name)) > 0;
  }
  bool has(const OptionSpec& spec) const { return has(spec.name); }

  std::optional<std::string> given(const OptionSpec& spec) const {
    return has(spec) ? std::optional(parsed_[std::string(spec.name)].as<std::string>())
                     : std::nullopt;
  }
  // The option's value, else its environment variable's.
  std::optional<std::string> value(const OptionSpec& spec) const {
    if (has(spec)) return given(spec);
    return spec.environment.empty() ? std::nullopt : environment_(spec.environment);
  }
  std::string value_or_default(const OptionSpec& spec) const {
    return value(spec).value_or(std::string(spec.default_value));
  }
  // Every value of an option that may be repeated.
  std::vector<std::string> values(const OptionSpec& spec) const {
    std::vector<std::string> values;
    for (const auto& argument : parsed_.arguments()) {
      if (argument.key() == spec.name) values.push_back(argument.value());
    }
    return values;
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> targets = parsed_.unmatched();  // those after the first
    if (has(target_argument)) targets.insert(targets.begin(), *value(target_argument));
    return targets;
  }

 private:
  const cxxopts::ParseResult& parsed_;
  bool has_build_command_;
  const Environment& environment_;
};

cxxopts::Options make_parser() {
  cxxopts::Options parser("clear-app-cache");
  for (const OptionSpec& spec : option_table) {
    std::string names(spec.name);
    if (spec.short_name != 0) names = fmt::format("{},{}", spec.short_name, spec.name);
    parser.add_options()(
        names, "",
        spec.placeholder.empty()
            ? std::static_pointer_cast<cxxopts::Value>(cxxopts::value<bool>())
            : std::static_pointer_cast<cxxopts::Value>(cxxopts::value<std::string>()));
  }
  parser.add_options()(std::string(target_argument.name), "", cxxopts::value<std::string>());
  parser.parse_positional(std::string(target_argument.name));
  return parser;
}

// cxxopts writes UTF-8 whatever the locale is.
std::string use_ascii_quotes(std::string text) {
  for (const std::string_view quote : {"\u2018", "\u2019"}) {
    for (auto at = text.find(quote); at != std::string::npos; at = text.find(quote)) {
      text.replace(at, quote.size(), "'");
    }
  }
  return text;
}

cxxopts::ParseResult parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv{"clear-app-cache"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  try {
    return make_parser().parse(static_cast<int>(argv.size()), argv.data());
  } catch (const std::exception& error) {
    throw UsageError(use_ascii_quotes(error.what()));
  }
}

// Throws for two arguments that cannot be combined, and for one that lacks what it requires.
void check_combinations(const ParsedArguments& arguments) {
  for (const Exclusion& exclusion : exclusions) {
    if (!arguments.has(exclusion.one) || !arguments.has(exclusion.other)) continue;
    throw UsageError(fmt::format("{} and {} cannot be combined: {}", argument_form(exclusion.one),
                                 argument_form(exclusion.other), exclusion.reason));
  }
  for (const Requirement& requirement : requirements) {
    if (!arguments.has(requirement.option) || arguments.has(requirement.required)) continue;
    throw UsageError(fmt::format("{} requires {}: {}", argument_form(requirement.option),
                                 argument_form(requirement.required), requirement.reason));
  }
}

// Returns the services to clear; none stands for all of them. With a Compose file, any name may be
// a service's.
std::vector<std::string> read_targets(const ParsedArguments& arguments, bool has_file) {
  std::vector<std::string> targets = arguments.targets();
  if (!has_file && targets.size() > 1) {
    throw UsageError(fmt::format(
        "only one TARGET is allowed without --file, got '{}' and '{}' (use all for every service)",
        targets[0], targets[1]));
  }
  constexpr std::string_view words[] = {"backend", "frontend", "all"};
  for (const std::string& target : targets) {
    if (has_file || std::ranges::find(words, target) != std::end(words)) continue;
    const std::string suggestion = suggest(target, words, "");
    throw UsageError(
        fmt::format("invalid target '{}'{}", target,
                    suggestion.empty()
                        ? fmt::format(" (expected {}; with --file or a build command any service)",
                                      enumerate(target_argument.choices))
                        : suggestion));
  }
  if (!has_file) std::erase(targets, "all");
  if (targets.size() > 1 && std::ranges::find(targets, "all") != targets.end()) {
    throw UsageError("TARGET all cannot be combined with others");
  }
  std::ranges::sort(targets);
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

// Returns the command that stands behind "--", or the one that --file stands for.
std::optional<BuildCommand> read_build(const ParsedArguments& arguments,
                                       const std::optional<std::vector<std::string>>& words,
                                       const std::vector<std::string>& targets) {
  if (words) return parse_build_command(*words);
  const std::vector<std::string> files = arguments.values(option_spec("file"));
  if (files.empty()) return std::nullopt;
  for (const std::string& file : files) {
    if (file.empty()) throw UsageError("--file '' is empty: name the Compose file");
    if (file == "-" && files.size() > 1) {
      throw UsageError("--file - cannot be combined with another --file");
    }
  }
  return make_compose_build(files, arguments.given(option_spec("project")), targets);
}

// Throws if the command, which is to be run, would not read what it read when it was asked.
void check_that_it_can_be_run(const BuildCommand& build) {
  for (const std::string& file : build.files) {
    std::error_code error;
    if (!std::filesystem::is_fifo(file, error)) continue;
    throw UsageError(fmt::format("the build command reads {}, which can be read only once", file),
                     "Write it to a file, or clear with --no-build and build by another command.");
  }
}

[[noreturn]] void throw_invalid(const OptionSpec& spec, std::string_view value,
                                std::string_view expected) {
  throw UsageError(fmt::format("--{} '{}' is not {}", spec.name, value, expected));
}

std::optional<std::chrono::seconds> read_duration(const ParsedArguments& arguments,
                                                  const OptionSpec& spec) {
  const auto text = arguments.value(spec);
  const std::string value = text.value_or(std::string(spec.default_value));
  if (!text && value.empty()) return std::nullopt;
  if (const auto duration = parse_duration(value)) return duration;
  throw_invalid(spec, value,
                "a valid duration (expected an integer above zero followed by s, m, h, d or w, "
                "such as 90s or 10m)");
}

std::optional<Bytes> read_size(const ParsedArguments& arguments, const OptionSpec& spec) {
  const auto text = arguments.value(spec);
  if (!text) return std::nullopt;
  if (const auto size = parse_bytes(*text)) return size;
  throw_invalid(spec, *text,
                "a valid size (expected an integer above zero followed by a unit, such as 512MB, "
                "5GB or 2GiB)");
}

std::optional<std::string> read_keep_as(const ParsedArguments& arguments) {
  constexpr const OptionSpec& spec = option_spec("keep-as");
  auto tag = arguments.value(spec);
  if (tag == "latest") {
    throw UsageError("--keep-as latest is not allowed: cache_from would still find the image");
  }
  if (!tag || is_tag(*tag)) return tag;
  throw_invalid(spec, *tag,
                "a valid tag: use up to 128 letters, digits, '_', '.' and '-'; it must not start "
                "with '.' or '-'");
}

ColorWhen read_color(const ParsedArguments& arguments) {
  constexpr const OptionSpec& spec = option_spec("color");
  const std::string text = arguments.value_or_default(spec);
  if (text == "auto") return ColorWhen::automatic;
  if (text == "always") return ColorWhen::always;
  if (text == "never") return ColorWhen::never;
  throw_invalid(spec, text, fmt::format("valid (expected {})", enumerate(spec.choices)));
}

std::string read_project(const ParsedArguments& arguments) {
  const std::string text = arguments.value_or_default(option_spec("project"));
  if (const auto project = parse_project(text)) return *project;
  const bool is_long = text.size() > 60;
  throw UsageError(fmt::format(
      "project '{}': '{}-backend' is not a valid image name; use lower case letters, digits, and "
      "single '.', '_' or '-' between them",
      is_long ? text.substr(0, 57) + "..." : text, is_long ? "NAME" : text));
}

// Of several contexts the last one counts, and a second host is an error: as docker has it.
EngineChoice read_engine_choice(const ParsedArguments& arguments,
                                const std::optional<BuildCommand>& build) {
  constexpr const OptionSpec& host = option_spec("host");
  if (arguments.values(host).size() > 1) throw UsageError("--host may be given only once");
  EngineChoice choice{arguments.given(host), arguments.given(option_spec("context"))};
  if (build && (build->engine.host || build->engine.context)) {
    if (choice.host || choice.context) {
      throw UsageError("the engine is named before -- and in the build command: name it once");
    }
    choice = build->engine;
  }
  if (choice.host) parse_endpoint(*choice.host);  // throws if it is none
  return choice;
}

std::optional<ApiVersion> read_api_version(const Environment& environment) {
  const auto text = environment("DOCKER_API_VERSION");
  if (!text) return std::nullopt;
  const auto version = parse_api_version(*text);
  if (!version || *version < oldest_api || *version > newest_api) {
    throw UsageError(fmt::format("DOCKER_API_VERSION '{}' is not supported (expected {} to {})",
                                 *text, to_string(oldest_api), to_string(newest_api)));
  }
  return version;
}

}  // namespace

Options parse_options(std::span<const char* const> words, const Environment& environment) {
  const SplitWords split = split_words(words);
  const auto parsed = parse(split.own);
  const ParsedArguments arguments(parsed, split.build_command.has_value(), environment);

  Options options;
  if (arguments.has("help")) {
    const bool is_long = std::ranges::find(split.own, "--help") != split.own.end();
    options.info = is_long ? InfoRequest::long_help : InfoRequest::short_help;
    return options;
  }
  if (arguments.has("version")) {
    options.info = InfoRequest::version;
    return options;
  }
  ClearRequest clear{
      .application = {.targets = read_targets(
                          arguments, arguments.has("file") || arguments.has("BUILD COMMAND"))},
      .dry_run = arguments.has("dry-run"),
      .verify_only = arguments.has("verify-only"),
      .wait = arguments.has("wait"),
      .keep_cache_mounts = arguments.has("keep-cache-mounts"),
      .allow_external = arguments.has("allow-external"),
      .keep_as = {},
      .app_dir = arguments.value(option_spec("app-dir")),
      .all_builders = arguments.has("all-builders"),
  };
  check_combinations(arguments);
  options.build = read_build(arguments, split.build_command, clear.application.targets);
  if (!options.build) clear.application.project = read_project(arguments);
  options.runs_build =
      split.build_command && !arguments.has("no-build") && !clear.dry_run && !clear.verify_only;
  if (options.runs_build) check_that_it_can_be_run(*options.build);
  options.timeout = *read_duration(arguments, option_spec("timeout"));
  options.output = {.quiet = arguments.has("quiet"),
                    .verbose = arguments.has("verbose"),
                    .json = arguments.has("json"),
                    .color = read_color(arguments)};
  if (options.runs_build && options.output.json) {
    throw UsageError("--json requires --no-build: its line is the only one on standard output");
  }
  clear.keep_as = read_keep_as(arguments);
  options.request = clear;
  if (arguments.has("prune-only")) {
    options.request = PruneRequest{
        .dry_run = clear.dry_run,
        .wait = clear.wait,
        .keep_cache_mounts = clear.keep_cache_mounts,
        .older_than = read_duration(arguments, option_spec("older-than")),
        .keep_storage = read_size(arguments, option_spec("keep-storage")),
        .min_free_space = read_size(arguments, option_spec("min-free-space")),
        .all_builders = clear.all_builders,
    };
  }
  options.pinned_api = read_api_version(environment);
  options.engine = read_engine_choice(arguments, options.build);
  return options;
}

OutputOptions find_output_options(std::span<const char* const> words) {
  OutputOptions output;
  std::string_view before;
  for (const std::string_view word : words) {
    if (word == "--") break;
    output.json = output.json || word == "--json";
    if (word == "--color=never" || (before == "--color" && word == "never")) {
      output.color = ColorWhen::never;
    }
    before = word;
  }
  return output;
}

}  // namespace cac
