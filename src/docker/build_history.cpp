#include "docker/build_history.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/json_reader.hpp"

namespace cac {

static void from_json(const JsonReader& reader, BuildRecord& record) {
  std::int64_t steps = 0;
  std::int64_t cached_steps = 0;
  reader.required("ref", record.id);  // "default/default/ddy3…"
  record.id.erase(0, record.id.rfind('/') + 1);
  reader.required("total_steps", steps);
  reader.required("cached_steps", cached_steps);
  reader.optional("created_at", record.started);
  if (steps < 0 || cached_steps < 0) throw MalformedJson("a number of steps is below zero");
  record.steps = static_cast<std::size_t>(steps);
  record.cached_steps = static_cast<std::size_t>(cached_steps);
}

namespace {

struct Label {
  std::string name = {};
  std::string value = {};
};
void from_json(const JsonReader& reader, Label& label) {
  reader.required("Name", label.name);
  reader.optional("Value", label.value);
}

// A step of a build's log, which comes again whenever its state has changed.
struct Step {
  std::string digest = {};
  std::string name = {};
  std::string completed = {};
  std::string error = {};
};
void from_json(const JsonReader& reader, Step& step) {
  reader.required("digest", step.digest);
  reader.optional("name", step.name);
  reader.optional("completed", step.completed);
  reader.optional("error", step.error);
}

struct LogPart {
  std::vector<Step> steps = {};
};
void from_json(const JsonReader& reader, LogPart& part) { reader.optional("vertexes", part.steps); }

constexpr std::size_t max_answer = 64'000'000;  // bytes; a log has what the steps have printed

}  // namespace

static void from_json(const JsonReader& reader, BuildOrigin& origin) {
  std::vector<Label> labels;
  reader.optional("Context", origin.context);
  reader.optional("Dockerfile", origin.dockerfile);
  reader.optional("Target", origin.stage);
  reader.optional("Labels", labels);
  for (const Label& label : labels) {
    if (label.name == "com.docker.compose.project") origin.project = label.value;
    if (label.name == "com.docker.compose.service") origin.service = label.value;
  }
}

namespace {

template <typename T>
T decode_history(const std::string& text) {
  try {
    const nlohmann::json json = parse_json(text);
    T value;
    JsonReader(json).read(value);
    return value;
  } catch (const MalformedJson& error) {
    throw std::runtime_error(std::string("docker buildx history is not understood: ") +
                             error.what());
  }
}

// Returns the first line of what docker says on standard error.
std::string find_reason(const ChildResult& child) {
  if (child.errors.find("Unimplemented") != std::string::npos) {
    return "this engine keeps no record of builds: Docker 23 and newer do";
  }
  std::string line = child.errors.substr(0, child.errors.find('\n'));
  if (line.starts_with("ERROR: ")) line.erase(0, std::string_view("ERROR: ").size());
  return "docker buildx history: " + describe_end(child.status, line);
}

}  // namespace

BuildHistory::BuildHistory(std::vector<std::string> docker, std::string builder,
                           Interruption& interruption)
    : docker_(std::move(docker)), builder_(std::move(builder)), interruption_(interruption) {}

ChildResult BuildHistory::ask(const std::vector<std::string>& words) const {
  std::vector<std::string> command = docker_;
  command.insert(command.end(), {"buildx", "history"});
  command.insert(command.end(), words.begin(), words.end());
  command.insert(command.end(), {"--builder", builder_});
  try {
    ChildResult child = run_child(command, max_answer, interruption_, {}, max_answer);
    if (child.is_cut_off) throw std::runtime_error("docker buildx history prints too much");
    if (child.status != 0) throw std::runtime_error(find_reason(child));
    return child;
  } catch (const std::system_error& error) {
    throw std::runtime_error("docker cannot be run: " + error.code().message());
  }
}

std::vector<BuildRecord> BuildHistory::list() const {
  std::istringstream lines(ask({"ls", "--format", "json"}).output);
  std::vector<BuildRecord> records;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    records.push_back(decode_history<BuildRecord>(line));
  }
  return records;
}

BuildOrigin BuildHistory::find_origin(const std::string& id) const {
  return decode_history<BuildOrigin>(ask({"inspect", id, "--format", "json"}).output);
}

std::vector<std::string> BuildHistory::list_imports(const std::string& id) const {
  // The log comes on standard error.
  std::istringstream lines(ask({"logs", id, "--progress", "rawjson"}).errors);
  constexpr std::string_view importing = "importing cache manifest from ";
  std::map<std::string, Step> imports;  // by digest
  for (std::string line; std::getline(lines, line);) {
    if (line.find(importing) == std::string::npos) continue;
    for (Step& step : decode_history<LogPart>(line).steps) {
      if (step.name.starts_with(importing)) imports[step.digest] = std::move(step);
    }
  }
  std::vector<std::string> sources;
  for (const auto& [digest, step] : imports) {
    if (step.completed.empty() || !step.error.empty()) continue;
    sources.push_back(step.name.substr(importing.size()));
  }
  return sources;
}

}  // namespace cac
