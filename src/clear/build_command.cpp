#include "clear/build_command.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "base/error.hpp"
#include "base/filesystem.hpp"

namespace cac {

namespace {

using Words = std::vector<std::string>;

// The options of a command that take a value; any other option is a switch. Measured with docker
// 20.10 and 28.5, Compose 2.40 and buildx 0.29.
struct ValueOptions {
  std::string_view names;    // separated by blanks
  std::string_view letters;  // of the short options
};

constexpr ValueOptions docker_options{
    "--config --context --host --log-level --tlscacert --tlscert --tlskey", "cHl"};
constexpr ValueOptions buildx_options{"--builder", ""};
constexpr ValueOptions compose_options{
    "--ansi --env-file --file --parallel --profile --progress --project-directory --project-name "
    "--workdir",
    "fp"};
// docker-compose takes docker's options as well, but for one letter.
// (docker/compose, cmd/compatibility/convert.go)
constexpr ValueOptions docker_compose_options{
    "--ansi --context --env-file --file --host --log-level --parallel --profile --progress "
    "--project-directory --project-name --tlscacert --tlscert --tlskey --workdir",
    "Hfp"};
constexpr ValueOptions compose_build_options{
    "--ansi --build-arg --builder --memory --progress --provenance --sbom --ssh", "m"};
constexpr ValueOptions compose_up_options{
    "--ansi --attach --exit-code-from --no-attach --progress --pull --scale --timeout "
    "--wait-timeout",
    "t"};
constexpr ValueOptions bake_options{
    "--allow --builder --call --file --list --metadata-file --progress --provenance --sbom --set",
    "f"};
constexpr ValueOptions build_options{
    "--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from "
    "--cache-to --call --cgroup-parent --cpu-period --cpu-quota --cpu-shares --cpuset-cpus "
    "--cpuset-mems --file --iidfile --isolation --label --memory --memory-swap --metadata-file "
    "--network --no-cache-filter --output --platform --policy --progress --provenance --sbom "
    "--secret --security-opt --shm-size --ssh --tag --target --ulimit",
    "cfmot"};

struct Option {
  std::string name;  // "--file", or "-f"
  std::string value;
};

// The options and operands of one command, as docker's own parser tells them apart.
struct ScannedWords {
  std::vector<Option> options = {};
  Words operands = {};
  std::size_t end = 0;  // the first word that does not belong to them

  Words values(std::string_view name, std::string_view letter = "") const {
    Words found;
    for (const Option& option : options) {
      if (option.name == name || option.name == letter) found.push_back(option.value);
    }
    return found;
  }
  // Returns whether the last switch of that name is on.
  bool has(std::string_view name) const {
    const auto all = values(name);
    return !all.empty() && all.back() != "false" && all.back() != "0";
  }
};

bool has_name(std::string_view names, std::string_view name) {
  for (std::size_t begin = 0; begin < names.size();) {
    const auto end = std::min(names.find(' ', begin), names.size());
    if (names.substr(begin, end - begin) == name) return true;
    begin = end + 1;
  }
  return false;
}

// first_operand_ends: what follows the first operand belongs to another command.
ScannedWords scan(std::span<const std::string> words, std::size_t begin, const ValueOptions& takes,
                  bool first_operand_ends) {
  ScannedWords found;
  std::size_t i = begin;
  const auto take_next = [&] { return i + 1 < words.size() ? words[++i] : std::string(); };
  for (; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word.front() != '-') {
      if (first_operand_ends) break;
      found.operands.push_back(word);
    } else if (word.starts_with("--")) {
      const auto equals = word.find('=');
      Option option{.name = word.substr(0, equals), .value = {}};
      if (equals != std::string::npos) {
        option.value = word.substr(equals + 1);
      } else if (has_name(takes.names, word)) {
        option.value = take_next();
      }
      found.options.push_back(std::move(option));
    } else {
      for (std::size_t letter = 1; letter < word.size(); ++letter) {
        Option option{.name = {'-', word[letter]}, .value = {}};
        const bool takes_value = takes.letters.find(word[letter]) != std::string_view::npos;
        if (takes_value) {
          const auto value = letter + 1 + (word[std::min(letter + 1, word.size() - 1)] == '=');
          option.value = letter + 1 < word.size() ? word.substr(value) : take_next();
        }
        found.options.push_back(std::move(option));
        if (takes_value) break;
      }
    }
  }
  found.end = i;
  return found;
}

constexpr const char* advise_commands =
    "These are: docker compose ... build, docker compose ... up --build (also docker-compose), "
    "docker buildx bake, docker bake, docker build, docker buildx build.";

[[noreturn]] void refuse(std::span<const std::string> words, const std::string& reason = "") {
  throw UsageError(fmt::format("'{}' is not a build command{}", fmt::join(words, " "), reason),
                   advise_commands);
}

// Throws for an option with which docker only says something.
void check_that_it_builds(std::span<const std::string> words, const ScannedWords& scanned) {
  for (const Option& option : scanned.options) {
    const bool calls_another = option.name == "--call" && option.value != "build";
    if (calls_another || has_name("--print --check --list --dry-run --help -h", option.name)) {
      refuse(words, fmt::format(": with {} it builds nothing", option.name));
    }
  }
}

Words insert(std::span<const std::string> words, std::size_t at, const char* word) {
  Words result(words.begin(), words.end());
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(at), word);
  return result;
}

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

std::optional<std::string> last_of(const Words& values) {
  return values.empty() ? std::nullopt : std::optional(values.back());
}

// The files that docker compose or bake reads. One that is "-" would be read by the question, and
// not be there for the build.
Words read_files(const ScannedWords& scanned) {
  Words files = scanned.values("--file", "-f");
  if (std::ranges::find(files, "-") != files.end()) {
    throw UsageError(
        "the build command reads standard input, which can be read only once",
        "Write it to a file, or ask the command elsewhere: ... --print | clear-app-cache --file -");
  }
  return files;
}

// Reads the words behind Compose's global options.
BuildCommand parse_compose(std::span<const std::string> words, const ScannedWords& global) {
  if (global.end == words.size()) refuse(words);
  const bool is_up = words[global.end] == "up";
  if (!is_up && words[global.end] != "build") refuse(words);
  const ScannedWords own =
      scan(words, global.end + 1, is_up ? compose_up_options : compose_build_options, false);
  if (is_up && (!own.has("--build") || own.has("--no-build"))) {
    refuse(words, ": without --build, it builds only images that are missing");
  }
  check_that_it_builds(words, global);
  check_that_it_builds(words, own);
  BuildCommand command{
      .tool = BuildTool::compose,
      .words = {words.begin(), words.end()},
      .targets = own.operands,
      .builds_dependencies = is_up ? !own.has("--no-deps") : own.has("--with-dependencies"),
      .builds_all = own.operands.empty(),
      .files = read_files(global),
      .builder = last_of(own.values("--builder"))};
  const Words asked(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(global.end));
  if (is_up) {
    command.check = insert(words, words.size(), "--help");
    command.ask = asked;
    append(command.ask, {"build", "--print"});
    if (command.builds_dependencies) command.ask.emplace_back("--with-dependencies");
    append(command.ask, own.operands);
  } else {
    command.ask = insert(words, global.end + 1, "--print");
  }
  command.ask_older = asked;
  // A named service is built whatever its profile is, and so are those whose result it takes.
  if (!command.builds_all) append(command.ask_older, {"--profile", "*"});
  append(command.ask_older, {"config", "--format", "json", "--no-consistency"});
  return command;
}

// at: of the word "bake".
BuildCommand parse_bake(std::span<const std::string> words, std::size_t at, bool is_buildx) {
  const ScannedWords own = scan(words, at + 1, bake_options, false);
  check_that_it_builds(words, own);
  return {.tool = BuildTool::bake,
          .words = {words.begin(), words.end()},
          .ask = insert(words, at + 1, "--print"),
          .targets = own.operands,
          .builds_all = own.operands.empty(),
          .is_buildx = is_buildx,
          .files = read_files(own),
          .builder = last_of(own.values("--builder"))};
}

bool is_context(const std::string& operand) {
  std::error_code error;
  return operand == "-" || operand.find("://") != std::string::npos ||
         operand.starts_with("github.com/") ||
         operand.find(':', std::min(operand.find('@'), operand.size())) != std::string::npos ||
         std::filesystem::exists(operand, error);
}

// at: of the word "build".
BuildCommand parse_build(std::span<const std::string> words, std::size_t at, bool is_buildx) {
  const ScannedWords own = scan(words, at + 1, build_options, false);
  check_that_it_builds(words, own);
  if (own.operands.size() != 1) refuse(words, ": it needs one context directory, or URL");
  if (!is_context(own.operands.front())) {
    throw UsageError(fmt::format("there is no context directory '{}'", own.operands.front()),
                     "Run this in the directory where you build.");
  }
  BuildCommand command{.tool = BuildTool::build,
                       .words = {words.begin(), words.end()},
                       .check = insert(words, words.size(), "--help"),
                       .is_buildx = is_buildx,
                       .builder = last_of(own.values("--builder"))};
  Build build{.name = "docker build",
              .tags = own.values("--tag", "-t"),
              .cache_from = own.values("--cache-from"),
              .cache_to = own.values("--cache-to"),
              .context = own.operands.front(),
              .dockerfile = last_of(own.values("--file", "-f")).value_or("Dockerfile"),
              .stage = last_of(own.values("--target")).value_or("")};
  if (!build.tags.empty()) build.name = build.tags.front();
  command.targets = {build.name};
  command.builds = {std::move(build)};
  return command;
}

// Throws for what would have docker reach another engine than this tool.
EngineChoice read_engine(const ScannedWords& docker) {
  for (const Option& option : docker.options) {
    if (option.name == "--config" || option.name.starts_with("--tls")) {
      throw UsageError(fmt::format("docker {} in the build command is not supported", option.name),
                       "Set DOCKER_CONFIG, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH instead: this "
                       "tool reads them, too.");
    }
  }
  return {.host = last_of(docker.values("--host", "-H")),
          .context = last_of(docker.values("--context", "-c"))};
}

BuildCommand parse_docker(std::span<const std::string> words) {
  const ScannedWords docker = scan(words, 1, docker_options, true);
  const std::size_t at = docker.end;
  const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  const auto parse = [&]() -> BuildCommand {
    if (word(at) == "compose") {
      return parse_compose(words, scan(words, at + 1, compose_options, true));
    }
    if (word(at) == "bake") return parse_bake(words, at, false);
    if (word(at) == "build") return parse_build(words, at, false);
    if ((word(at) == "image" || word(at) == "builder") && word(at + 1) == "build") {
      return parse_build(words, at + 1, false);
    }
    if (word(at) != "buildx") refuse(words);
    const ScannedWords buildx = scan(words, at + 1, buildx_options, true);
    const std::string name = word(buildx.end);
    const bool is_bake = name == "bake" || name == "f";  // buildx's aliases
    if (!is_bake && name != "build" && name != "b") refuse(words);
    BuildCommand command =
        is_bake ? parse_bake(words, buildx.end, true) : parse_build(words, buildx.end, true);
    if (!command.builder) command.builder = last_of(buildx.values("--builder"));
    return command;
  };
  BuildCommand command = parse();
  command.engine = read_engine(docker);
  return command;
}

}  // namespace

BuildCommand parse_build_command(std::span<const std::string> words) {
  if (words.empty()) throw UsageError("a build command is missing after --", advise_commands);
  const std::string program = std::filesystem::path(words.front()).filename();
  if (program == "docker-compose") {
    const ScannedWords global = scan(words, 1, docker_compose_options, true);
    BuildCommand command = parse_compose(words, global);
    command.engine = read_engine(global);
    return command;
  }
  if (program == "docker") return parse_docker(words);
  if (program == "sudo") refuse(words, ": put sudo in front of clear-app-cache");
  refuse(words);
}

BuildCommand make_compose_build(const Words& files, const std::optional<std::string>& project,
                                const Words& targets) {
  Words services = targets;
  if (std::erase(services, "all") > 0) services.clear();
  if (files == Words{"-"}) {
    return {.tool = BuildTool::standard_input,
            .targets = services,
            .builds_all = services.empty(),
            .may_run_elsewhere = true,
            .project = project};
  }
  Words words{"docker", "compose"};
  for (const std::string& file : files) append(words, {"--file", file});
  if (project) append(words, {"--project-name", *project});
  words.emplace_back("build");
  append(words, services);
  BuildCommand command = parse_build_command(words);
  command.may_run_elsewhere = !is_same(std::filesystem::absolute(files.front()).parent_path(), ".");
  return command;
}

}  // namespace cac
