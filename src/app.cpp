#include "app.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "base/cancellation.hpp"
#include "base/progress.hpp"
#include "clear/artifacts.hpp"
#include "clear/execute.hpp"
#include "clear/plan.hpp"
#include "clear/prune.hpp"
#include "clear/result.hpp"
#include "clear/state.hpp"
#include "clear/verify.hpp"
#include "clear/wait.hpp"
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "docker/engine.hpp"
#include "report/github.hpp"
#include "report/report.hpp"
#include "version.hpp"

namespace cac {

namespace {

using Clock = Interruption::Clock;

// How long a reader that stalls is waited for when the run itself has no more time.
constexpr std::chrono::seconds patience{2};

RequestLogger request_log(const Options& options, std::ostream& err) {
  if (!options.verbose) return nullptr;
  return [&err](const Exchange& exchange) {
    err << fmt::format("{} {} -> {}, {}, {}", text_of(exchange.method), exchange.target,
                       exchange.status == 0 ? "no answer" : std::to_string(exchange.status),
                       text_of(Bytes{static_cast<std::int64_t>(exchange.body_size)}),
                       text_of(exchange.took))
        << std::endl;
  };
}

// HOME may be unset under cron or systemd. Only then is the user looked up: that may ask a server,
// and a static binary cannot.
std::string home_folder(const Environment& environment) {
  if (const auto home = environment("HOME")) return *home;
  const passwd* const user = getpwuid(getuid());
  return user == nullptr ? "" : user->pw_dir;
}

void clear(Run& run, Engine& engine) {
  const Options& options = run.options;
  run.inventory = take_inventory(engine, options);
  run.plan = plan_for(options, *run.inventory, engine.identity().api);
  if (options.dry_run) return;
  const auto before_prunes = std::chrono::system_clock::now();
  execute(engine, run.plan->actions, run.outcomes);
  if (options.mode == Mode::clear) {
    run.verification = verify(engine, options, *run.inventory, run.outcomes);
  } else if (auto records = engine.build_cache()) {
    run.reading = reading_of(*std::move(records), options, before_prunes);
  }
}

void run_stations(Run& run, Clock::time_point start, Progress& progress,
                  const Surroundings& surroundings) {
  const Options& options = run.options;
  const auto deadline = start + options.timeout;
  surroundings.output_limit.deadline = deadline;
  Interruption interruption(surroundings.signal_fd, deadline);
  interruption.on_tick([&progress] { progress.tick(); }, progress.tick_interval());
  if (options.app_dir) {
    check_app_dir(*options.app_dir, options.target, home_folder(surroundings.environment));
  }
  Engine engine(options.endpoint, options.pinned_api,
                {surroundings.environment, interruption, request_log(options, surroundings.err)});
  run.engine = engine.identity();
  if (options.wait && !options.dry_run) wait_for_builds(engine, interruption, progress);
  if (options.mode == Mode::verify_only) {
    run.verification = verify(engine, options, {}, run.outcomes);
  } else {
    clear(run, engine);
  }
  // What ended the wait for a reader may have come too late for any other wait to see it.
  if (surroundings.output_limit.exceeded) interruption.check();
}

const char* finish_advice(const Run& run) {
  return run.outcomes.empty() ? "Nothing was changed."
                              : "Deleted items stay deleted. Run again to finish.";
}

// What nobody foresaw.
Failure internal_failure(const std::exception& error, const std::string& meanwhile,
                         const Run& run) {
  const bool no_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return {FailureKind::internal,
          no_memory ? "out of memory" + meanwhile
                    : fmt::format("internal error{}: {}", meanwhile, error.what()),
          std::string(no_memory ? "" : "Please report this. ") + finish_advice(run)};
}

// Whatever ends the stations becomes part of what is reported.
void run_to_an_end(Run& run, std::span<const char* const> arguments,
                   const Surroundings& surroundings) {
  const auto start = Clock::now();
  std::optional<Progress> progress;
  const auto meanwhile = [&] {
    return progress && !progress->latest().empty() ? " while " + progress->latest() : "";
  };
  run.options = manner_of(arguments);
  try {
    run.options = options_from(arguments, surroundings.environment);
    if (run.options.information == Information::none) {
      progress.emplace(surroundings.err, surroundings.err_style,
                       !run.options.quiet && !run.options.verbose, surroundings.err_columns);
      run_stations(run, start, *progress, surroundings);
    }
  } catch (const UsageError& error) {
    run.failure = {FailureKind::usage, error.what(), "See clear-app-cache --help."};
  } catch (const EngineError& error) {
    run.failure = error.failure();
  } catch (const std::filesystem::filesystem_error& error) {
    run.failure = failure_of(error);
  } catch (const Interrupted& interrupted) {
    run.signal = interrupted.signal;
    run.failure = {
        FailureKind::interrupted,
        fmt::format("interrupted by SIG{}{}", sigabbrev_np(interrupted.signal), meanwhile()),
        finish_advice(run)};
  } catch (const TimedOut&) {
    run.failure = {
        FailureKind::timeout,
        fmt::format("the timeout of {} ran out{}", text_of(run.options.timeout), meanwhile()),
        std::string("A longer --timeout may help. ") + finish_advice(run)};
  } catch (const std::exception& error) {
    run.failure = internal_failure(error, meanwhile(), run);
  }
  run.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

TerminalStyle style_for(TerminalStyle style, ColorWhen color) {
  if (color != ColorWhen::automatic) style.color = color == ColorWhen::always;
  return style;
}

void set_unwritten(Run& run, std::string message, std::string advice = {}) {
  if (run.unwritten) {
    run.unwritten->message += "; " + message;
    return;
  }
  run.unwritten = {FailureKind::filesystem, std::move(message), std::move(advice)};
}

// Appends to a file that GitHub's runner names in a variable.
void append_to_step_file(Run& run, const char* name, const std::string& text,
                         const Environment& environment) {
  const auto path = environment(name);
  if (!path) return;
  std::error_code error;
  // Opening one would wait for a reader, past the timeout.
  const bool is_pipe = std::filesystem::is_fifo(*path, error);
  std::ofstream file;
  if (!is_pipe) file.open(*path, std::ios::app);
  file << text << std::flush;
  if (file.is_open() && file.good()) return;
  // What later steps wait for must not get lost in silence.
  set_unwritten(run, fmt::format("{} ({}) could not be written", name, *path),
                "The steps that follow would miss what this one found.");
}

void write_out(Run& run, const std::string& text, const Surroundings& surroundings) {
  surroundings.out << text << std::flush;
  if (surroundings.out.good()) return;
  set_unwritten(run, surroundings.output_limit.exceeded
                         ? "standard output could not be written: nobody read it in time"
                         : "standard output could not be written");
}

void write_err(Run& run, const std::string& text, const Surroundings& surroundings) {
  auto& limit = surroundings.output_limit;
  surroundings.err.clear();  // it may have been stalled for a while
  surroundings.err << text << std::flush;
  if (!limit.exceeded) return;
  set_unwritten(run, "standard error could not be written: nobody read it in time");
  if (run.signal == 0 && limit.signal != nullptr) run.signal = *limit.signal;
}

// Prints what there is to say, wherever it is wanted. What could not be written becomes a part of
// what is said after it.
void print(Run& run, const Surroundings& surroundings) {
  const Options& options = run.options;
  const Environment& environment = surroundings.environment;
  const bool on_github = environment("GITHUB_ACTIONS") == "true";
  if (on_github) {
    append_to_step_file(run, "GITHUB_STEP_SUMMARY", "", environment);  // can it be written?
    append_to_step_file(run, "GITHUB_OUTPUT", step_outputs(run), environment);
  }
  const bool silent = options.quiet && exit_code(run) == 0;
  // What was done first, so that it stands above what went wrong.
  std::string text;
  if (options.json) {
    text = json_report(run) + "\n";
  } else if (!silent) {
    text = text_report(run, style_for(surroundings.out_style, options.color));
  }
  write_out(run, on_github ? without_commands(text) : text, surroundings);
  const bool warns = !warnings_of(run).empty() || !other_failures(run).empty();
  if (!silent || warns || run.unwritten) {
    write_err(run,
              on_github ? workflow_commands(run)
                        : messages(run, style_for(surroundings.err_style, options.color)),
              surroundings);
  }
  if (!on_github) return;
  // The last of all, so that it cannot say "clean" of a run that fails after it.
  const bool was_written = !run.unwritten;
  append_to_step_file(run, "GITHUB_STEP_SUMMARY", job_summary(run), environment);
  if (!was_written || !run.unwritten) return;
  Run late;
  late.failure = run.unwritten;
  write_err(run, workflow_commands(late), surroundings);
}

void print_information(Run& run, const Surroundings& surroundings) {
  switch (run.options.information) {
    case Information::none:
      return;
    case Information::version:
      return write_out(run, fmt::format("clear-app-cache {}\n", version), surroundings);
    case Information::short_help:
      return write_out(run, short_help(), surroundings);
    case Information::long_help:
      return write_out(run, long_help(surroundings.out_style.width), surroundings);
  }
}

}  // namespace

int run_app(std::span<const char* const> arguments, const Surroundings& surroundings) {
  Run run;
  run_to_an_end(run, arguments, surroundings);
  // What cut a run short must leave time to read why; a run that ended leaves the rest of its own.
  OutputLimit& limit = surroundings.output_limit;
  const auto soonest = Clock::now() + patience;
  if (run.signal != 0) {
    limit = {.deadline = soonest};
  } else {
    limit = {.signal = limit.signal, .deadline = std::max(limit.deadline, soonest)};
  }
  try {
    if (run.options.information == Information::none) {
      print(run, surroundings);
    } else {
      print_information(run, surroundings);
      if (run.unwritten) write_err(run, messages(run, surroundings.err_style), surroundings);
    }
  } catch (const std::exception& error) {
    const int status = report_unforeseen(error, arguments, surroundings.out, surroundings.err);
    return run.signal != 0 ? exit_code(run) : status;
  }
  return exit_code(run);
}

int report_unforeseen(const std::exception& error, std::span<const char* const> arguments,
                      std::ostream& out, std::ostream& err) {
  Run run;
  run.options = manner_of(arguments);
  run.failure = internal_failure(error, "", run);
  run.failure->advice = "Run again: it reads anew what is there.";
  if (run.options.json) out << json_report(run) << "\n" << std::flush;
  err << messages(run, {}) << std::flush;
  return exit_code(run);
}

}  // namespace cac
