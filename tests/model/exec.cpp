// Commands in the builders' containers: what the engine's API does of them, and buildctl.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>

#include "engine.hpp"

namespace cac::model {

namespace {

using Json = nlohmann::json;
using Work = Fault::Work;

test::FakeReply error_reply(int status, const std::string& text) {
  return {.status = status, .body = Json{{"message", text}}.dump()};
}

// The word behind an option; "": there is no such option.
std::string find_value(const std::vector<std::string>& command, const std::string& option) {
  const auto at = std::find(command.begin(), command.end(), option);
  return at == command.end() || at + 1 == command.end() ? "" : *(at + 1);
}

std::string list_records(const std::vector<FakeRecord>& records) {
  if (records.empty()) return "null";
  Json list = Json::array();
  for (const FakeRecord& record : records) {
    list.push_back({{"id", record.id},
                    {"recordType", record.type},
                    {"description", record.description},
                    {"inUse", record.in_use},
                    {"shared", record.shared},
                    {"size", record.size},
                    {"parents", record.parents}});
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string Engine::run_buildctl(const std::vector<std::string>& command,
                                 std::vector<FakeRecord>& records, Work work) const {
  if (command.size() > 1 && command[1] == "du") return list_records(records) + "\n";
  std::string output = "ID\tRECLAIMABLE\tSIZE\n";
  if (work == Work::none) return output;
  const bool keeps_mounts = find_value(command, "--filter") == "type!=exec.cachemount";
  const std::string age = find_value(command, "--keep-duration");  // "86400s"
  const std::string size = find_value(command, "--keep-storage");  // in MB
  const long long newest = age.empty() ? LLONG_MAX : std::time(nullptr) - std::stoll(age);
  const double keep = size.empty() ? 0 : std::stod(size) * 1e6;
  double total = 0;
  for (const FakeRecord& record : records) total += static_cast<double>(record.size);
  std::size_t left = work == Work::half ? records.size() / 2 : records.size();
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (auto record = records.begin(); record != records.end() && left > 0;) {
      const bool has_child =
          std::any_of(records.begin(), records.end(), [&](const FakeRecord& other) {
            return std::count(other.parents.begin(), other.parents.end(), record->id) > 0;
          });
      const bool is_kept = keeps_mounts && record->type == "exec.cachemount";
      if (record->in_use || has_child || is_kept || record->used_at > newest ||
          (keep > 0 && total < keep)) {
        ++record;
        continue;
      }
      output += record->id + "\ttrue\t1B\n";
      total -= static_cast<double>(record->size);
      record = records.erase(record);
      --left;
      goes_on = true;
    }
  }
  return output;
}

test::FakeReply Engine::answer_exec(const test::FakeRequest& request, const std::string& body,
                                    Kind kind, Work work) {
  const std::string path = request.path();
  if (kind == Kind::create_exec) {
    const auto begin = path.find('/', 1) + 1;
    std::string name = path.substr(begin, path.rfind('/') - begin);
    if (name.ends_with("-id")) name.resize(name.size() - 3);
    const auto& containers = world_.state.scene.containers;
    const auto found = std::find_if(containers.begin(), containers.end(),
                                    [&](const FakeContainer& one) { return one.name == name; });
    looked_at_ = Exec{name, Json::parse(body).value("Cmd", std::vector<std::string>())};
    if (found == containers.end()) return error_reply(404, "No such container: " + name);
    if (found->state != "running") return error_reply(409, "container is not running");
    execs_.push_back(*looked_at_);
    return {.status = 201, .body = Json{{"Id", fmt::format("exec{}", execs_.size())}}.dump()};
  }
  looked_at_.reset();
  constexpr std::string_view prefix = "/exec/exec";
  if (!path.starts_with(prefix)) return error_reply(404, "No such exec instance");
  const auto index = std::strtoul(path.c_str() + prefix.size(), nullptr, 10);
  if (index == 0 || index > execs_.size()) return error_reply(404, "No such exec instance");
  looked_at_ = execs_[index - 1];
  if (kind == Kind::inspect_exec) {
    return {.body =
                Json{{"ID", "x"}, {"Running", false}, {"ExitCode", looked_at_->exit_code}}.dump()};
  }
  Exec& exec = execs_[index - 1];
  if (work != Work::whole) exec.exit_code = 1;
  looked_at_ = exec;
  Random random(scenario_.seed + index);
  return {
      .body = make_frames(run_buildctl(exec.command, world_.state.builders[exec.container], work),
                          static_cast<std::size_t>(random.between(1, 2000))),
      .headers = {{"Content-Type", "application/vnd.docker.raw-stream"}}};
}

}  // namespace cac::model
