#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/child_process.hpp"
#include "base/error.hpp"
#include "clear/compose.hpp"

namespace cac {

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

// Returns whether Compose gives an image the name: an .env file may say so, or the environment.
bool names_image(const std::string& name, std::vector<std::string> command,
                 Interruption& interruption) {
  command.emplace_back("--images");
  const ChildResult child = run_child(command, max_config, interruption);
  return ("\n" + child.output).find("\n" + name + "\n") != std::string::npos;
}

ComposeConfig run_compose(const ComposeRequest& request, const EngineChoice& engine,
                          Interruption& interruption) {
  const std::vector<std::string> command = make_command(request, engine);
  std::vector<std::string> print_json = command;
  print_json.insert(print_json.end(), {"--format", "json"});
  try {
    const ChildResult child = run_child(print_json, max_config, interruption);
    if (child.is_cut_off) throw UsageError("docker compose config printed more than 16 MB");
    if (child.status != 0) throw_compose_failure(child);
    const auto name = find_compatible_name(child.output);
    return {.json = child.output,
            .directory = std::filesystem::absolute(request.files.front()).parent_path(),
            .is_compatible = name && names_image(*name, command, interruption),
            .warnings = read_words(child.errors).warnings};
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("docker cannot be run: {}", error.code().message()), advise_stdin);
  }
}

ComposeConfig read_standard_input(const ComposeRequest& request, Interruption& interruption) {
  try {
    std::string json = read_to_end(STDIN_FILENO, max_config, interruption);
    if (json.size() > max_config) throw UsageError("there is more than 16 MB on standard input");
    return {.json = std::move(json), .is_compatible = request.is_compatible};
  } catch (const std::system_error& error) {
    throw UsageError(fmt::format("standard input cannot be read: {}", error.code().message()),
                     advise_stdin);
  }
}

}  // namespace

ComposeConfig read_compose_config(const ComposeRequest& request, const EngineChoice& engine,
                                  Interruption& interruption) {
  return request.files.front() == "-" ? read_standard_input(request, interruption)
                                      : run_compose(request, engine, interruption);
}

}  // namespace cac
