#include "docker/exec.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "docker/decode.hpp"
#include "docker/engine.hpp"
#include "docker/percent_encoding.hpp"

namespace cac {

std::optional<ExecResult> split_frames(std::string_view frames) {
  constexpr std::size_t header_size = 8;
  constexpr char error_stream = 2;
  ExecResult result;
  while (frames.size() >= header_size) {
    std::size_t size = 0;
    for (std::size_t i = 4; i < header_size; ++i) {
      size = size << 8 | static_cast<unsigned char>(frames[i]);
    }
    const bool is_errors = frames[0] == error_stream;
    frames.remove_prefix(header_size);
    if (size > frames.size()) return std::nullopt;
    (is_errors ? result.errors : result.output) += frames.substr(0, size);
    frames.remove_prefix(size);
  }
  return frames.empty() ? std::optional(result) : std::nullopt;
}

ExecResult Engine::exec(const std::string& container_id, const std::vector<std::string>& command) {
  const nlohmann::json creation{{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", command}};
  const auto created = decode<Exec>(
      request({.method = Method::post,
               .path = fmt::format("/containers/{}/exec", path_encoded(container_id)),
               .expected_status = 201,
               .body = creation.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)}));
  const std::string path = "/exec/" + path_encoded(created.id);
  // Not repeated: the command may have begun.
  ApiResponse streams = send(
      {.method = Method::post, .path = path + "/start", .body = R"({"Detach":false,"Tty":false})"});
  if (streams.http.status != 200) throw_unexpected(streams);
  auto result = split_frames(streams.http.body);
  if (!result) throw_malformed(streams.request, "its last frame is cut off");
  const auto ended = decode<Exec>(request({.method = Method::get, .path = path + "/json"}));
  if (!ended.status) throw_malformed("GET /exec/json", "the command has not ended");
  result->status = *ended.status;
  return std::move(*result);
}

}  // namespace cac
