#include "app.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>

#include "base/cancellation.hpp"
#include "base/child_process.hpp"
#include "base/filesystem.hpp"
#include "base/progress.hpp"
#include "clear/artifacts.hpp"
#include "clear/ask_build.hpp"
#include "clear/caveats.hpp"
#include "clear/execute.hpp"
#include "clear/likely_mistake.hpp"
#include "clear/plan.hpp"
#include "clear/prune.hpp"
#include "clear/result.hpp"
#include "clear/state.hpp"
#include "clear/verify.hpp"
#include "clear/wait.hpp"
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "docker/engine.hpp"
#include "docker/http.hpp"
#include "print.hpp"
#include "report/report.hpp"
#include "report/sentences.hpp"
#include "version.hpp"

namespace cac {

namespace {

using Clock = Interruption::Clock;

// Time for a reader that stalls, if the run itself has none left.
constexpr std::chrono::seconds patience{2};

// Reads the records, and prunes again while some are left that nothing holds.
std::optional<std::vector<CacheRecord>> read_settled_records(Engine& engine, Progress& progress,
                                                             const ClearRequest& request,
                                                             std::vector<Outcome>& outcomes) {
  constexpr int max_repeated_prunes = 3;
  for (int repeated = 0;; ++repeated) {
    State state = read_state(engine, progress, {.fresh_records = true});
    if (request.verify_only || repeated == max_repeated_prunes) return state.records;
    const auto prune = plan_repeated_prune(request, state);
    if (!prune) return state.records;
    execute(engine, progress, {*prune}, outcomes);
  }
}

void add_dangling(RunResult& result, const State& state, bool held_only) {
  const auto dangling = find_dangling(result.clear_request()->application, *result.state, state,
                                      result.outcomes, held_only);
  result.caveats.insert(result.caveats.end(), dangling.begin(), dangling.end());
}

// Reads the state, and throws UsageError if another project was probably meant.
State read_checked_state(Engine& engine, Progress& progress, const ClearRequest& request,
                         const StateScope& scope, const RunResult& result, State state = {}) {
  state = read_state(engine, progress, scope, std::move(state));
  const std::string meant = find_meant_project(request, state);
  if (meant.empty()) return state;
  const Failure mistake =
      explain_mistake(result.engine_choice, request.application, state.images, meant);
  throw UsageError(mistake.message, mistake.advice);
}

void run_request(Engine& engine, Progress& progress, const ClearRequest& request,
                 RunResult& result) {
  if (!request.verify_only) {
    result.state = read_checked_state(engine, progress, request, scope_before(request), result);
    result.plan = plan_clearing(request, *result.state);
    result.caveats = find_caveats(request, *result.state);
    if (request.dry_run) return add_dangling(result, *result.state, true);
    execute(engine, progress, *result.plan, result.outcomes);
  }
  State after{.containers = result.state ? result.state->containers : std::vector<Container>()};
  try {
    after.records = read_settled_records(engine, progress, request, result.outcomes);
    after = read_checked_state(engine, progress, request, scope_after(request), result, after);
    result.verification = judge(request, result.outcomes, after);
  } catch (const EngineError& error) {
    // Residue that was read before is still reported.
    result.verification = after.records ? judge(request, result.outcomes, after) : Verification{};
    result.verification->verdict = Verdict::unknown;
    result.verification->failure = error.failure();
    return;
  }
  if (request.verify_only) {
    result.state = after;
    result.caveats = find_caveats(request, after);
  }
  const auto unread = find_unread_builders(request, after);
  result.caveats.insert(result.caveats.end(), unread.begin(), unread.end());
  add_dangling(result, after, false);
}

// Prunes once, and again while that deletes something and the limit is not met. Returns the state
// after the last prune; nullopt if it was not read.
std::optional<State> prune_to_limit(Engine& engine, Progress& progress, const PruneRequest& request,
                                    const Action& action, const State& before,
                                    std::chrono::system_clock::time_point start,
                                    std::vector<Outcome>& outcomes) {
  execute(engine, progress, {action}, outcomes);
  if (action.kind != ActionKind::prune_build_cache) return std::nullopt;
  Outcome& outcome = outcomes.back();
  PruneRepetition repetition(request, action, start);
  std::optional<State> after;
  while (true) {
    const auto& records = after ? after->records : before.records;
    const Bytes shared = records ? set_apart_shared(outcome, *records) : Bytes{};
    if (outcome.status != OutcomeStatus::done) return std::nullopt;
    if (outcome.deleted.empty()) return after;
    after = read_state(engine, progress, {.fresh_records = true});
    if (!after->records || !repetition.should_repeat(*after->records, shared)) return after;
    repeat_prune(engine, progress, outcome);
  }
}

void run_request(Engine& engine, Progress& progress, const PruneRequest& request,
                 RunResult& result) {
  result.state = read_state(engine, progress, {.records = true, .containers = true});
  result.caveats = find_caveats(request, *result.state);
  result.plan = plan_pruning(request, *result.state);
  if (request.dry_run) return;
  const auto start = std::chrono::system_clock::now();
  std::optional<State> after;
  for (const Action& action : *result.plan) {
    const State& before = after ? *after : *result.state;
    after = prune_to_limit(engine, progress, request, action, before, start, result.outcomes);
  }
  if (!after) after = read_state(engine, progress, {.fresh_records = true});
  if (!after->records) return;
  result.pruning = summarize_pruning(request, result.outcomes, *after->records, start);
}

void read_application(const Options& options, const Environment& environment,
                      Interruption& interruption, Progress& progress, RunResult& result) {
  const Progress::Activity activity(progress, "asking what is built");
  AskedBuild asked = ask_build(*options.build, options.engine, environment, interruption);
  result.builds = std::move(asked.builds);
  result.build_warnings = std::move(asked.warnings);
  std::get<ClearRequest>(*result.request).application = std::move(asked.application);
}

// cleared: a run that has got as far as its request.
BuildsToFind list_builds(const Options& options, const RunResult& cleared) {
  const ClearRequest& request = *cleared.clear_request();
  const std::string& program = options.build->words.front();
  BuildsToFind builds{.docker = make_docker_command(options.engine),
                      .builder = "default",
                      .project = request.application.project,
                      .builds = cleared.builds};
  if (std::filesystem::path(program).filename() == "docker") builds.docker.front() = program;
  // The engine's own builder has the name of its context.
  if (!cleared.endpoint->context.empty()) builds.builder = cleared.endpoint->context;
  if (request.builder) builds.builder = request.builder->name;
  return builds;
}

void run_pipeline(const Options& options, Clock::time_point start, Progress& progress,
                  const ProcessContext& context, RunResult& result) {
  const auto deadline = start + options.timeout;
  context.output_limit.deadline = deadline;
  Interruption interruption(context.signal_fd, deadline);
  interruption.on_tick([&progress] { progress.tick(); }, progress.tick_interval());
  const std::string home = find_home(context.environment);
  std::optional<Progress::Activity> asking(std::in_place, progress, "asking docker for its engine");
  const Endpoint endpoint =
      choose_endpoint(options.engine, context.environment, home, interruption);
  asking.reset();
  result.endpoint = endpoint;
  result.engine_choice = options.engine;
  if (options.build) {
    read_application(options, context.environment, interruption, progress, result);
  }
  asking.emplace(progress, "asking docker for its builder");
  std::visit(
      [&](auto& request) {
        // Compose may ask either way, with bake or without.
        BuilderQuestion question{.by_context = true, .by_address = true};
        if (options.build) question = ask_for_builder(*options.build);
        request.builder = find_current_builder(question, options.engine, context.environment, home,
                                               endpoint, interruption);
      },
      *result.request);
  asking.reset();
  if (auto* const clear = std::get_if<ClearRequest>(&*result.request)) {
    clear->home = home;
    if (clear->app_dir) check_app_dir(*clear->app_dir, clear->application, home);
  }
  std::optional<Progress::Activity> connecting(std::in_place, progress, "connecting to the engine");
  const bool ssh_may_ask = endpoint.ssh && can_ask_at_terminal();  // on a line of its own
  if (ssh_may_ask) connecting.reset();
  if (endpoint.ssh && options.output.verbose) {
    context.err << fmt::format("{}", fmt::join(ssh_command(*endpoint.ssh, ssh_may_ask), " "))
                << std::endl;
  }
  Engine engine(endpoint, options.pinned_api,
                {context.environment, interruption,
                 options.output.verbose ? log_requests(context.err) : nullptr});
  connecting.reset();
  result.engine = engine.identity();
  if (const PruneRequest* const prune = result.prune_request()) {
    const auto unsupported = find_unsupported_limit(*prune, engine.identity());
    if (unsupported) throw EngineError(*unsupported);
  }
  std::visit(
      [&](const auto& request) {
        if (request.wait && !request.dry_run) wait_for_builds(engine, interruption, progress);
        run_request(engine, progress, request, result);
      },
      *result.request);
  const bool has_command = options.build && !options.build->words.empty();
  if (has_command && result.clear_request()->verify_only) {
    const Progress::Activity reading(progress, "asking how the last builds went");
    result.last_builds = read_last_builds(list_builds(options, result), context.signal_fd);
  }
  // The wait for a reader may have ended too late for any other wait to notice.
  if (context.output_limit.exceeded) interruption.check();
}

const char* advise_to_finish(const RunResult& result) {
  return result.outcomes.empty() ? "Nothing was changed."
                                 : "Deleted items stay deleted. Run again to finish.";
}

Failure make_internal_failure(const std::exception& error, const std::string& meanwhile,
                              const RunResult& result) {
  const bool no_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return {FailureKind::internal,
          no_memory ? "out of memory" + meanwhile
                    : fmt::format("internal error{}: {}", meanwhile, error.what()),
          std::string(no_memory ? "" : "Please report this. ") + advise_to_finish(result)};
}

// Whatever ends the pipeline becomes part of the result.
Options run_to_an_end(std::span<const char* const> arguments, const ProcessContext& context,
                      RunResult& result) {
  const auto start = Clock::now();
  Options options;
  std::optional<Progress> progress;
  const auto meanwhile = [&] {
    return progress && !progress->latest().empty() ? " while " + progress->latest() : "";
  };
  options.output = find_output_options(arguments);
  try {
    options = parse_options(arguments, context.environment);
    if (options.info != InfoRequest::none) return options;
    result.request = options.request;
    if (options.build) result.build_command = options.build->words;
    result.runs_build = options.runs_build;
    progress.emplace(context.err, context.err_style,
                     !options.output.quiet && !options.output.verbose, context.err_columns);
    run_pipeline(options, start, *progress, context, result);
  } catch (const UsageError& error) {
    result.failure = error.failure();
  } catch (const EngineError& error) {
    result.failure = error.failure();
  } catch (const std::filesystem::filesystem_error& error) {
    result.failure = to_failure(error);
  } catch (const Interrupted& interrupted) {
    result.signal = interrupted.signal;
    result.failure = {
        FailureKind::interrupted,
        fmt::format("interrupted by SIG{}{}", sigabbrev_np(interrupted.signal), meanwhile()),
        advise_to_finish(result)};
  } catch (const TimedOut&) {
    result.failure = {
        FailureKind::timeout,
        fmt::format("the timeout of {} ran out{}", to_string(options.timeout), meanwhile()),
        std::string("A longer --timeout may help. ") + advise_to_finish(result)};
  } catch (const std::exception& error) {
    result.failure = make_internal_failure(error, meanwhile(), result);
  }
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return options;
}

void print_requested_info(const Options& options, const ProcessContext& context,
                          RunResult& result) {
  const std::string text =
      options.info == InfoRequest::version
          ? fmt::format("clear-app-cache {}{}\n{}\n", version, commit, describe_libraries())
      : options.info == InfoRequest::short_help ? short_help()
                                                : long_help(context.out_style.width);
  print_info(text, context, result);
}

// Runs the build command, and reports how it built. Returns the exit status.
int run_build(const Options& options, const ProcessContext& context, const RunResult& cleared) {
  RunResult result;
  try {
    Interruption(context.signal_fd, Clock::time_point::max()).check();
    result.build_run = run_build(options.build->words, select_engine(options.engine),
                                 list_builds(options, cleared), context.signal_fd);
    result.build_run->allows_imports = cleared.clear_request()->allow_external;
    context.output_limit.deadline = Clock::now() + patience;
    print_result(options.output, context, result);
    return exit_code(result);
  } catch (const Interrupted& interrupted) {
    result.signal = interrupted.signal;
    result.failure = {
        FailureKind::interrupted,
        "interrupted beside the build command: what the engine recorded of it is not known"};
  } catch (const std::system_error& error) {
    result.failure = {
        FailureKind::usage,
        fmt::format("{} cannot be run: {}", options.build->words.front(), error.code().message())};
  }
  context.err << messages(result, context.err_style) << std::flush;
  return exit_code(result);
}

}  // namespace

int run_app(std::span<const char* const> arguments, const ProcessContext& context) {
  RunResult result;
  const Options options = run_to_an_end(arguments, context, result);
  const bool is_info = options.info != InfoRequest::none;
  // Whatever ended a run early must leave time to read why.
  OutputLimit& limit = context.output_limit;
  const auto soonest = Clock::now() + patience;
  if (result.signal != 0) {
    limit = {.deadline = soonest};
  } else {
    limit = {.signal = limit.signal, .deadline = std::max(limit.deadline, soonest)};
  }
  try {
    if (is_info) {
      print_requested_info(options, context, result);
    } else {
      print_result(options.output, context, result);
    }
  } catch (const std::exception& error) {
    const int status = report_unforeseen(error, arguments, context.out, context.err);
    return result.signal != 0 ? exit_code(result) : status;
  }
  if (is_info && !result.write_error) return 0;
  const int status = exit_code(result);
  return options.runs_build && status == 0 ? run_build(options, context, result) : status;
}

int report_unforeseen(const std::exception& error, std::span<const char* const> arguments,
                      std::ostream& out, std::ostream& err) {
  RunResult result;
  result.failure = make_internal_failure(error, "", result);
  result.failure->advice = "Run again: it reads the state anew.";
  if (find_output_options(arguments).json) out << json_report(result) << "\n" << std::flush;
  err << messages(result, {}) << std::flush;
  return exit_code(result);
}

}  // namespace cac
