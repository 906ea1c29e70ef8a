#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <system_error>

#include "base/child_process.hpp"
#include "base/error.hpp"
#include "base/filesystem.hpp"
#include "base/to_lower.hpp"
#include "clear/compose.hpp"

namespace cac {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_config = 16'000'000;  // bytes

// "the-message" of Compose's `time="…" level=warning msg="the-message"`; any other line as it is.
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

// What Compose wrote to standard error, apart into warnings and the rest.
struct ComposeWords {
  std::vector<std::string> warnings;
  std::vector<std::string> others;
};
ComposeWords read_words(const std::string& text) {
  ComposeWords words;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (line.find("is obsolete") != std::string::npos) continue;  // said of every old file
    auto& kind = line.find("level=warning") == std::string::npos ? words.others : words.warnings;
    kind.push_back(read_log_message(line));
  }
  return words;
}

[[noreturn]] void throw_compose_failure(const ChildResult& child) {
  const auto others = read_words(child.errors).others;
  // A docker without the plugin takes the word or the options for its own.
  const bool is_missing = std::any_of(others.begin(), others.end(), [](const std::string& line) {
    return line.find("is not a docker command") != std::string::npos ||
           line.find("unknown flag: --file") != std::string::npos ||
           line.find("unknown command") != std::string::npos;
  });
  if (is_missing) throw UsageError("docker has no compose plugin here", advise_stdin);
  throw UsageError(others.empty()
                       ? fmt::format("docker compose config failed with status {}", child.status)
                       : fmt::format("docker compose: {}", fmt::join(others, " ")),
                   "Check what docker compose config says about the file.");
}

std::vector<std::string> make_command(const ComposeRequest& request, const EngineChoice& engine) {
  std::vector<std::string> command{"docker"};
  if (engine.host) command.insert(command.end(), {"--host", *engine.host});
  if (engine.context) command.insert(command.end(), {"--context", *engine.context});
  command.emplace_back("compose");
  for (const std::string& file : request.files) command.insert(command.end(), {"--file", file});
  if (request.project) command.insert(command.end(), {"--project-name", *request.project});
  command.insert(command.end(), {"--profile", "*", "config"});
  return command;
}

// As Compose reads it.
bool is_compatible(const Environment& environment) {
  constexpr std::array<std::string_view, 4> yes{"1", "t", "true", "y"};
  const std::string value = to_lower(environment("COMPOSE_COMPATIBILITY").value_or(""));
  return std::ranges::find(yes, value) != yes.end();
}

// Adds to the environment what an .env file in the directory says, as far as it is a plain word.
Environment with_env_file(const Environment& environment, const fs::path& directory) {
  return [&environment, directory](std::string_view name) -> std::optional<std::string> {
    if (auto value = environment(name)) return value;
    std::optional<std::string> found;
    std::ifstream file(directory / ".env");
    const std::string begin = std::string(name) + "=";
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("export ")) line.erase(0, std::string_view("export ").size());
      if (!line.starts_with(begin)) continue;
      std::erase_if(line, [](char c) { return c == '"' || c == '\'' || c == '\r'; });
      found = line.substr(begin.size());
    }
    return found;
  };
}

// Returns whether Compose gives an image the name: an .env file may say so, or the environment.
bool gives_name(const CompatibleName& name, std::vector<std::string> command,
                const Environment& environment, Interruption& interruption) {
  command.emplace_back("--images");  // one a line, also if it is there before
  const ChildResult child = run_child(command, max_config, interruption);
  if (child.errors.find("unknown flag") != std::string::npos) return is_compatible(environment);
  if (child.status != 0) throw_compose_failure(child);
  std::istringstream images(child.output);
  std::ptrdiff_t found = 0;
  for (std::string line; std::getline(images, line);) found += line == name.name ? 1 : 0;
  return found > name.uses;
}

// Compose's own names, in the order in which it looks for them.
constexpr std::array<std::string_view, 4> default_files{
    "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
constexpr std::array<std::string_view, 4> default_overrides{
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml",
    "docker-compose.override.yaml"};

// The first of the names that is in the directory; "" if none is.
std::string find_first(std::span<const std::string_view> names, const fs::path& directory) {
  std::error_code error;
  const auto found = std::ranges::find_if(
      names, [&](std::string_view name) { return fs::exists(directory / name, error); });
  return found == names.end() ? "" : (directory / *found).string();
}

// The files that Compose reads where no file is named; none if it would not find the one that is.
std::vector<std::string> list_usual_files(const std::vector<std::string>& files,
                                          const Environment& environment) {
  std::vector<std::string> usual;
  if (const auto variable = environment("COMPOSE_FILE")) {
    const std::string separator = environment("COMPOSE_PATH_SEPARATOR").value_or(":");
    for (std::size_t begin = 0; begin <= variable->size();) {
      const auto end = std::min(variable->find(separator, begin), variable->size());
      usual.push_back(variable->substr(begin, end - begin));
      begin = end + separator.size();
    }
    return usual;
  }
  const fs::path file(files.front());
  const bool is_default =
      std::ranges::find(default_files, file.filename().string()) != default_files.end();
  if (files.size() > 1 || !is_default) return usual;
  return {find_first(default_files, file.parent_path()),
          find_first(default_overrides, file.parent_path())};
}

std::vector<std::string> find_unnamed_files(const std::vector<std::string>& files,
                                            const Environment& environment) {
  const fs::path directory = fs::path(files.front()).parent_path();
  std::vector<std::string> unnamed = list_usual_files(files, environment);
  std::erase_if(unnamed, [&](const std::string& usual) {
    return usual.empty() || std::ranges::any_of(files, [&](const std::string& file) {
             return file == usual || is_same(file, usual) || is_same(file, directory / usual);
           });
  });
  return unnamed;
}

ComposeConfig run_compose(const ComposeRequest& request, const EngineChoice& engine,
                          const Environment& process, Interruption& interruption) {
  const Environment environment =
      with_env_file(process, fs::path(request.files.front()).parent_path());
  unsetenv("COMPOSE_PROGRESS");  // with json, its messages are
  const std::vector<std::string> command = make_command(request, engine);
  std::vector<std::string> print_json = command;
  print_json.insert(print_json.end(), {"--format", "json"});
  try {
    const ChildResult child = run_child(print_json, max_config, interruption);
    if (child.is_cut_off) throw UsageError("docker compose config printed more than 16 MB");
    if (child.status != 0) throw_compose_failure(child);
    const auto name = find_compatible_name(child.output);
    return {.json = child.output,
            .directory = fs::absolute(request.files.front()).parent_path(),
            .is_compatible = name && gives_name(*name, command, environment, interruption),
            .warnings = read_words(child.errors).warnings,
            .unnamed_files = find_unnamed_files(request.files, environment)};
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("docker cannot be run: {}", error.code().message()), advise_stdin);
  }
}

ComposeConfig read_standard_input(const Environment& environment, Interruption& interruption) {
  try {
    std::string json = read_to_end(STDIN_FILENO, max_config, interruption);
    if (json.size() > max_config) throw UsageError("there is more than 16 MB on standard input");
    return {.json = std::move(json), .is_compatible = is_compatible(environment)};
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("standard input cannot be read: {}", error.code().message()),
                     advise_stdin);
  }
}

}  // namespace

ComposeConfig read_compose_config(const ComposeRequest& request, const EngineChoice& engine,
                                  const Environment& environment, Interruption& interruption) {
  return request.files.front() == "-" ? read_standard_input(environment, interruption)
                                      : run_compose(request, engine, environment, interruption);
}

}  // namespace cac
