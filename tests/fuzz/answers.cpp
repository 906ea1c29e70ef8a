// What an engine answers: each shape is decoded, or refused as malformed. What was decoded is
// planned, judged and reported: a whole run without an engine.
#include <nlohmann/json.hpp>

#include "clear/caveats.hpp"
#include "clear/plan.hpp"
#include "clear/result.hpp"
#include "clear/verify.hpp"
#include "docker/decode.hpp"
#include "report/report.hpp"
#include "require.hpp"

namespace {

using cac::test::require;

// Returns a value that is empty if the answer is refused.
template <typename T>
T decode(const std::string& body) {
  const cac::ApiResponse response{.request = "GET /x", .http = {.status = 200, .body = body}};
  try {
    return cac::decode<T>(response);
  } catch (const cac::EngineError& error) {
    require(error.failure().kind == cac::FailureKind::malformed, "a refused answer is malformed");
    return {};
  }
}

void report(const cac::RunResult& result) {
  const auto json = nlohmann::json::parse(cac::json_report(result), nullptr, false);
  require(json.is_object(), "the JSON report is one object");
  require(json["exit_status"] == cac::exit_code(result), "the JSON report has the exit status");
  const std::string text = cac::text_report(result, {}) + cac::messages(result, {});
  require(text.find_first_of(std::string_view("\0\x1b\r\x7f", 4)) == std::string::npos,
          "no control character of an engine's goes to a terminal");
  cac::workflow_commands(result, false);
  cac::job_summary(result);
  cac::step_outputs(result);
}

void run(const std::vector<cac::Image>& images, const cac::BuildCache& records,
         const std::vector<cac::Container>& containers, bool keeps_mounts) {
  const cac::ClearRequest request{.application = {.project = "shop"},
                                  .keep_cache_mounts = keeps_mounts};
  cac::RunResult result;
  result.request = request;
  result.state = cac::State{.records = records, .containers = containers, .images = images};
  result.plan = cac::plan_clearing(request, *result.state);
  for (const cac::Action& action : *result.plan) {
    if (action.kind == cac::ActionKind::remove_image) {
      require(cac::test::is_printable(action.object),
              "a name that goes into a request is harmless");
    }
    result.outcomes.push_back({.action = action});
  }
  result.caveats = cac::find_caveats(request, *result.state);
  result.verification = cac::judge(request, result.outcomes, *result.state);
  if (result.verification->verdict == cac::Verdict::clean) {
    require(records.has_value(), "clean means that the records are known");
    require(keeps_mounts || records->empty(), "clean means that there are none");
    for (const cac::Image& image : images) {
      require(image.names_known, "clean means that the images' names are known");
    }
  }
  report(result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = cac::test::as_text(data, size);
  const bool keeps_mounts = input.starts_with('m');
  if (!input.empty()) input.remove_prefix(1);
  const std::string images = cac::test::take_until(input, '\0');
  const std::string records = cac::test::take_until(input, '\0');
  const std::string others(input);
  run(decode<std::vector<cac::Image>>(images), decode<cac::BuildCache>(records),
      decode<std::vector<cac::Container>>(others), keeps_mounts);
  decode<cac::Image>(others);
  decode<cac::Pruned>(others);
  decode<cac::VolumeList>(others);
  decode<cac::Exec>(others);
  decode<std::vector<cac::ImageDeletion>>(others);
  cac::decode_error(others);
  return 0;
}
