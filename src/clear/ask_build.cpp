#include "clear/ask_build.hpp"

#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "base/error.hpp"
#include "base/filesystem.hpp"
#include "clear/build_sources.hpp"

namespace cac {

namespace {

constexpr std::size_t max_answer = 16'000'000;  // bytes

constexpr const char* advise_elsewhere =
    "Without it here, ask on another machine: docker compose build --print | clear-app-cache "
    "--file -";

// Returns "the-message" of Compose's `time="…" level=warning msg="the-message"`, any other line as
// it is.
std::string read_log_message(const std::string& line) {
  constexpr std::string_view key = " msg=\"";
  const auto begin = line.find(key);
  if (!line.starts_with("time=") || begin == std::string::npos) return line;
  std::string message;
  for (std::size_t i = begin + key.size(); i < line.size() && line[i] != '"'; ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    message += line[i];
  }
  return message;
}

// Holds docker's lines on standard error, but for progress: warnings apart from the rest.
struct DockerWords {
  std::vector<std::string> warnings = {};
  std::vector<std::string> others = {};
};
DockerWords read_words(const std::string& text) {
  DockerWords words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    while (line.ends_with(' ') || line.ends_with('\r')) line.pop_back();
    if (line.starts_with("Usage:") || line.starts_with("See 'docker")) break;  // help follows
    if (line.empty() || line.starts_with('#')) continue;
    if (line.find("is obsolete") != std::string::npos) continue;  // said of every old file
    const bool is_warning = line.find("level=warning") != std::string::npos;
    (is_warning ? words.warnings : words.others).push_back(read_log_message(line));
  }
  return words;
}

std::string name_tool(const BuildCommand& command) {
  return command.tool == BuildTool::compose ? "docker compose" : "docker buildx";
}

// Returns whether docker took a plugin's words for its own, as it does without the plugin.
bool is_plugin_missing(const ChildResult& child) {
  return std::ranges::any_of(
      std::array{"'docker --help'", "is not a docker command", "unknown command: docker"},
      [&](const char* words) { return child.errors.find(words) != std::string::npos; });
}

[[noreturn]] void throw_failure(const BuildCommand& command, const ChildResult& child) {
  const auto others = read_words(child.errors).others;
  if (is_plugin_missing(child)) {
    throw UsageError(fmt::format("there is no {} here", name_tool(command)), advise_elsewhere);
  }
  throw UsageError(others.empty()
                       ? fmt::format("{} failed with status {}", name_tool(command), child.status)
                       : fmt::format("{}: {}", name_tool(command), fmt::join(others, " ")),
                   fmt::format("See what it says by itself: {}",
                               fmt::join(command.ask.empty() ? command.words : command.ask, " ")));
}

ChildResult run_docker(const std::vector<std::string>& words, const EnvironmentChanges& changes,
                       Interruption& interruption) {
  try {
    ChildResult child = run_child(words, max_answer, interruption, changes);
    if (!child.is_cut_off) return child;
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("{} cannot be run: {}", words.front(), error.code().message()),
                     advise_elsewhere);
  } catch (const TimedOut&) {
    throw UsageError(fmt::format("{} had not answered when the timeout ran out", words.front()),
                     fmt::format("See what it does by itself: {}", fmt::join(words, " ")));
  }
  throw UsageError("docker printed more than 16 MB");
}

std::string read_standard_input(Interruption& interruption) {
  std::string answer;
  try {
    answer = read_to_end(STDIN_FILENO, max_answer, interruption);
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("standard input cannot be read: {}", error.code().message()),
                     advise_elsewhere);
  }
  if (answer.size() > max_answer) throw UsageError("there is more than 16 MB on standard input");
  return answer;
}

// Go's strconv.ParseBool, by which docker reads DOCKER_BUILDKIT; nullopt if it is neither.
std::optional<bool> parse_switch(std::string_view text) {
  constexpr std::array<std::string_view, 6> on{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> off{"0", "f", "F", "false", "FALSE", "False"};
  if (std::ranges::find(on, text) != on.end()) return true;
  if (std::ranges::find(off, text) != off.end()) return false;
  return std::nullopt;
}

// "28" of "Docker version 28.5.2, build 9cc6dea"; 0 if there is none.
int read_major_version(std::string_view text) {
  constexpr std::string_view before = "version ";
  const auto at = text.find(before);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + before.size());
  int major = 0;
  std::from_chars(text.data(), text.data() + text.size(), major);
  return major;
}

// Returns whether the classic builder builds: docker's rule for DOCKER_BUILDKIT, for command lines
// older than 23, and for those without buildx. (docker/cli, cmd/docker/builder.go)
bool is_classic(const BuildCommand& command, const Environment& environment,
                const EnvironmentChanges& changes, Interruption& interruption) {
  const std::string variable = environment("DOCKER_BUILDKIT").value_or("");
  const auto chosen = parse_switch(variable);
  if (command.tool == BuildTool::compose) return chosen == false;
  if (command.tool != BuildTool::build) return false;
  const std::string& docker = command.words.front();
  const ChildResult version = run_docker({docker, "--version"}, changes, interruption);
  if (!command.is_buildx && chosen) return !*chosen;
  if (!command.is_buildx && !variable.empty()) {
    throw UsageError(fmt::format("DOCKER_BUILDKIT '{}' is not valid (expected 1 or 0)", variable));
  }
  const bool has_buildx =
      run_docker({docker, "buildx", "version"}, changes, interruption).status == 0;
  if (command.is_buildx && !has_buildx) throw UsageError("there is no docker buildx here");
  constexpr int first_with_buildkit = 23;
  return !command.is_buildx &&
         (!has_buildx || read_major_version(version.output) < first_with_buildkit);
}

// Throws if docker does not know one of the command's options: it reads them before it prints help.
void check(const BuildCommand& command, const EnvironmentChanges& changes,
           Interruption& interruption) {
  if (command.check.empty()) return;
  const ChildResult child = run_docker(command.check, changes, interruption);
  if (child.status != 0) throw_failure(command, child);
}

ChildResult ask(const BuildCommand& command, const EnvironmentChanges& changes,
                Interruption& interruption) {
  ChildResult child = run_docker(command.ask, changes, interruption);
  if (child.status != 0 && !is_plugin_missing(child) && !command.ask_older.empty() &&
      child.errors.find("unknown flag: --print") != std::string::npos) {
    child = run_docker(command.ask_older, changes, interruption);
  }
  // docker-compose 1.29 prints the help of its "build", and ends with status 0.
  if (child.errors.find("Usage: build [options]") != std::string::npos) {
    throw UsageError("docker-compose 1 cannot be asked what it builds",
                     "Build with docker compose (Compose 2), or name the images by --project.");
  }
  if (child.status != 0) throw_failure(command, child);
  // Compose prints nothing where no service is built.
  if (child.output.find_first_not_of(" \r\n") == std::string::npos) {
    throw UsageError("the build command builds nothing");
  }
  return child;
}

}  // namespace

EnvironmentChanges select_engine(const EngineChoice& engine) {
  if (engine.host) return {{"DOCKER_HOST", *engine.host}, {"DOCKER_CONTEXT", std::nullopt}};
  // The default context is the engine of DOCKER_HOST, if that is set.
  if (engine.context == "default") return {{"DOCKER_CONTEXT", "default"}};
  if (engine.context) return {{"DOCKER_HOST", std::nullopt}, {"DOCKER_CONTEXT", *engine.context}};
  return {};
}

BuilderQuestion ask_for_builder(const BuildCommand& command) {
  BuilderQuestion question{.name = command.builder};
  const bool is_compose =
      command.tool == BuildTool::compose || command.tool == BuildTool::standard_input;
  question.by_context = is_compose || command.is_buildx;
  question.by_address = is_compose;
  return question;
}

AskedBuild ask_build(const BuildCommand& command, const EngineChoice& engine,
                     const Environment& environment, Interruption& interruption) {
  EnvironmentChanges changes = select_engine(engine);
  changes.emplace_back("COMPOSE_PROGRESS", std::nullopt);  // with json, its messages are
  check(command, changes, interruption);
  AskedBuild asked;
  BuildAnswer answer{.builds = command.builds};
  if (command.tool == BuildTool::standard_input) {
    answer = parse_build_answer(read_standard_input(interruption), command);
  } else if (command.tool != BuildTool::build) {
    const ChildResult child = ask(command, changes, interruption);
    asked.warnings = read_words(child.errors).warnings;
    answer = parse_build_answer(child.output, command);
  }
  asked.application = make_application(answer, command);
  asked.builds = std::move(answer.builds);
  BuildSources& builds = *asked.application.builds;
  builds.runs_elsewhere = command.may_run_elsewhere;
  builds.is_classic = is_classic(command, environment, changes, interruption);
  return asked;
}

}  // namespace cac
