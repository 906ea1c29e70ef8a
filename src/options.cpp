#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#define CXXOPTS_NO_REGEX true  // std::regex costs each start milliseconds, --version too
#include <cxxopts.hpp>
#include <string_view>
#include <vector>

#include "error.hpp"
#include "option_table.hpp"
#include "units.hpp"

namespace cac {

namespace {

// What was given, not yet what it means.
class Given {
 public:
  Given(const cxxopts::ParseResult& parsed, const Environment& environment)
      : parsed_(parsed), environment_(environment) {}

  bool has(const OptionSpec& spec) const { return parsed_.count(std::string(spec.name)) > 0; }

  // The option's value, else its environment variable's.
  std::optional<std::string> value(const OptionSpec& spec) const {
    if (has(spec)) return parsed_[std::string(spec.name)].as<std::string>();
    return spec.environment.empty() ? std::nullopt : environment_(spec.environment);
  }
  std::string value_or_default(const OptionSpec& spec) const {
    return value(spec).value_or(std::string(spec.default_value));
  }

 private:
  const cxxopts::ParseResult& parsed_;
  const Environment& environment_;
};

// "auto, always or never"
std::string choices_of(const OptionSpec& spec) {
  std::string text(spec.choices);
  const auto last = text.rfind(' ');
  std::string first = text.substr(0, last);
  for (auto space = first.find(' '); space != std::string::npos;
       space = first.find(' ', space + 2)) {
    first.replace(space, 1, ", ");
  }
  return fmt::format("{} or {}", first, text.substr(last + 1));
}

// cxxopts takes --switch=false as a value that nobody looks at, and the positional as an option.
void refuse_what_the_parser_lets_pass(std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments) {
    if (argument == "--") return;
    if (!argument.starts_with("--")) continue;
    const auto equals = argument.find('=');
    const std::string_view name = argument.substr(2, equals - 2);
    if (name == target_argument.name) {
      throw UsageError(fmt::format("there is no option --{0}: {0} is given as a word", name));
    }
    if (equals == std::string_view::npos) continue;
    for (const OptionSpec& spec : option_table) {
      if (spec.name == name && spec.kind == ValueKind::none) {
        throw UsageError(fmt::format("--{} takes no value: give it or leave it out", name));
      }
    }
  }
}

cxxopts::Options parser() {
  cxxopts::Options parser("clear-app-cache");
  for (const OptionSpec& spec : option_table) {
    std::string names(spec.name);
    if (spec.letter != 0) names = fmt::format("{},{}", spec.letter, spec.name);
    parser.add_options()(
        names, "",
        spec.kind == ValueKind::none
            ? std::static_pointer_cast<cxxopts::Value>(cxxopts::value<bool>())
            : std::static_pointer_cast<cxxopts::Value>(cxxopts::value<std::string>()));
  }
  parser.add_options()(std::string(target_argument.name), "", cxxopts::value<std::string>());
  parser.parse_positional(std::string(target_argument.name));
  return parser;
}

// cxxopts writes UTF-8 whatever the locale is.
std::string with_ascii_quotes(std::string text) {
  for (const std::string_view quote : {"\u2018", "\u2019"}) {
    for (auto at = text.find(quote); at != std::string::npos; at = text.find(quote)) {
      text.replace(at, quote.size(), "'");
    }
  }
  return text;
}

cxxopts::ParseResult parsed(std::span<const char* const> arguments) {
  std::vector<const char*> argv{"clear-app-cache"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  try {
    return parser().parse(static_cast<int>(argv.size()), argv.data());
  } catch (const std::exception& error) {
    throw UsageError(with_ascii_quotes(error.what()));
  }
}

Target target_of(const cxxopts::ParseResult& parsed) {
  const std::string name(target_argument.name);
  if (parsed.count(name) == 0) return Target::all;
  const auto text = parsed[name].as<std::string>();
  if (!parsed.unmatched().empty()) {
    throw UsageError(fmt::format("one TARGET at a time: '{}' and '{}' were given; all is every one",
                                 text, parsed.unmatched().front()));
  }
  const auto target = target_from(text);
  if (!target) {
    throw UsageError(
        fmt::format("unknown target '{}': it is {}", text, choices_of(target_argument)));
  }
  return *target;
}

// The mode, and that whatever else is given goes with it.
Mode mode_of(const Given& given, bool has_target) {
  const bool verify_only = given.has(option_spec("verify-only"));
  const bool prune_only = given.has(option_spec("prune-only"));
  if (verify_only && given.has(option_spec("dry-run"))) {
    throw UsageError(
        "--dry-run and --verify-only exclude each other: one prints the plan, the other the "
        "verdict, and neither changes anything");
  }
  if (verify_only && prune_only) {
    throw UsageError(
        "--verify-only and --prune-only exclude each other: one changes nothing, the other prunes");
  }
  if (verify_only && given.has(option_spec("keep-as"))) {
    throw UsageError("--keep-as does not go with --verify-only, which tags nothing");
  }
  if (prune_only && has_target) {
    throw UsageError(
        "--prune-only takes no TARGET: the build cache cannot be told apart by service");
  }
  for (const OptionSpec* spec : {&option_spec("keep-as"), &option_spec("app-dir")}) {
    if (!prune_only || !given.has(*spec)) continue;
    throw UsageError(
        fmt::format("--{} does not go with --prune-only, which touches nothing but the build cache",
                    spec->name));
  }
  for (const OptionSpec* spec : {&option_spec("older-than"), &option_spec("keep-storage")}) {
    if (prune_only || !given.has(*spec)) continue;
    throw UsageError(fmt::format(
        "--{} goes with --prune-only alone: after a clearing within bounds cache sources are left",
        spec->name));
  }
  if (prune_only) return Mode::prune_only;
  return verify_only ? Mode::verify_only : Mode::clear;
}

std::optional<std::chrono::seconds> duration_of(const Given& given, const OptionSpec& spec) {
  const auto text = given.value(spec);
  const std::string value = text.value_or(std::string(spec.default_value));
  if (!text && value.empty()) return std::nullopt;
  const auto duration = duration_from(value);
  if (!duration) {
    throw UsageError(fmt::format(
        "--{} '{}' is no duration: give a whole number above zero and s, m, h, d or w, like 90s or "
        "10m",
        spec.name, value));
  }
  return duration;
}

std::optional<Bytes> size_of(const Given& given, const OptionSpec& spec) {
  const auto text = given.value(spec);
  if (!text) return std::nullopt;
  const auto size = bytes_from(*text);
  if (!size) {
    throw UsageError(fmt::format(
        "--{} '{}' is no size: give a whole number above zero and a unit, like 512MB, 5GB or 2GiB",
        spec.name, *text));
  }
  return size;
}

std::optional<std::string> keep_as_of(const Given& given) {
  auto tag = given.value(option_spec("keep-as"));
  if (!tag) return std::nullopt;
  if (*tag == "latest") {
    throw UsageError("--keep-as latest would keep the very name that cache_from names");
  }
  if (!is_tag(*tag)) {
    throw UsageError(fmt::format(
        "--keep-as '{}' is no tag: use up to 128 letters, digits, '_', '.' and '-', and begin with "
        "none of the last two",
        *tag));
  }
  return tag;
}

ColorWhen color_of(const Given& given) {
  const std::string text = given.value_or_default(option_spec("color"));
  if (text == "auto") return ColorWhen::automatic;
  if (text == "always") return ColorWhen::always;
  if (text == "never") return ColorWhen::never;
  throw UsageError(fmt::format("--color '{}': it is {}", text, choices_of(option_spec("color"))));
}

std::string project_of(const Given& given) {
  const std::string text = given.value_or_default(option_spec("project"));
  const auto project = project_from(text);
  if (!project) {
    throw UsageError(fmt::format(
        "project '{}': '{}-backend' is no image name; use lower case letters, digits, and single "
        "'.', '_' or '-' between them",
        text.size() > 60 ? text.substr(0, 57) + "..." : text, text.size() > 60 ? "NAME" : text));
  }
  return *project;
}

std::optional<ApiVersion> pinned_api(const Environment& environment) {
  const auto text = environment("DOCKER_API_VERSION");
  if (!text) return std::nullopt;
  const auto version = api_version_from(*text);
  if (!version || *version < oldest_api || *version > newest_api) {
    throw UsageError(fmt::format("DOCKER_API_VERSION is '{}': this tool speaks {} to {}", *text,
                                 text_of(oldest_api), text_of(newest_api)));
  }
  return version;
}

}  // namespace

Options options_from(std::span<const char* const> arguments, const Environment& environment) {
  refuse_what_the_parser_lets_pass(arguments);
  const auto result = parsed(arguments);
  const Given given(result, environment);

  Options options;
  if (given.has(option_spec("help"))) {
    const bool spelled_out = std::any_of(arguments.begin(), arguments.end(),
                                         [](std::string_view text) { return text == "--help"; });
    options.information = spelled_out ? Information::long_help : Information::short_help;
    return options;
  }
  if (given.has(option_spec("version"))) {
    options.information = Information::version;
    return options;
  }
  options.target = target_of(result);
  options.mode = mode_of(given, result.count(std::string(target_argument.name)) > 0);
  options.dry_run = given.has(option_spec("dry-run"));
  options.project = project_of(given);
  options.timeout = *duration_of(given, option_spec("timeout"));
  options.color = color_of(given);
  options.wait = given.has(option_spec("wait"));
  options.keep_cache_mounts = given.has(option_spec("keep-cache-mounts"));
  options.keep_as = keep_as_of(given);
  options.app_dir = given.value(option_spec("app-dir"));
  options.older_than = duration_of(given, option_spec("older-than"));
  options.keep_storage = size_of(given, option_spec("keep-storage"));
  options.quiet = given.has(option_spec("quiet"));
  options.verbose = given.has(option_spec("verbose"));
  options.json = given.has(option_spec("json"));
  if (options.quiet && options.verbose) {
    throw UsageError("--quiet and --verbose exclude each other");
  }
  options.pinned_api = pinned_api(environment);
  options.buildx_builder = environment("BUILDX_BUILDER");
  options.endpoint = endpoint_for(given.value(option_spec("host")), environment);
  return options;
}

Options manner_of(std::span<const char* const> arguments) {
  Options manner;
  std::string_view before;
  for (const std::string_view argument : arguments) {
    if (argument == "--") break;
    manner.json = manner.json || argument == "--json";
    if (argument == "--color=never" || (before == "--color" && argument == "never")) {
      manner.color = ColorWhen::never;
    }
    before = argument;
  }
  return manner;
}

}  // namespace cac
