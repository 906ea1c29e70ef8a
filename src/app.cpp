#include "app.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "artefacts.hpp"
#include "cache_reading.hpp"
#include "engine.hpp"
#include "execute.hpp"
#include "github.hpp"
#include "interruption.hpp"
#include "inventory.hpp"
#include "manual.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run.hpp"
#include "verify.hpp"
#include "version.hpp"
#include "wait.hpp"

namespace cac {

namespace {

using Clock = Interruption::Clock;

HttpConnection::Watcher request_log(const Options& options, std::ostream& err) {
  if (!options.verbose) return nullptr;
  return [&err](const Exchange& exchange) {
    err << fmt::format("{} {} -> {}, {}, {}", text_of(exchange.method), exchange.target,
                       exchange.status == 0 ? "no answer" : std::to_string(exchange.status),
                       text_of(Bytes{static_cast<std::int64_t>(exchange.body_size)}),
                       text_of(exchange.took))
        << std::endl;
  };
}

// Cron and services need not have the variable.
std::string home_folder(const Environment& environment) {
  const passwd* const user = getpwuid(getuid());
  return environment("HOME").value_or(user == nullptr ? "" : user->pw_dir);
}

void run_stations(Run& run, Clock::time_point start, Progress& progress,
                  const Surroundings& surroundings) {
  const Options& options = run.options;
  Interruption interruption(surroundings.signal_fd, start + options.timeout);
  interruption.on_tick([&progress] { progress.tick(); }, progress.tick_interval());
  if (options.app_dir) {
    check_app_dir(*options.app_dir, options.target, home_folder(surroundings.environment));
  }
  Engine engine(
      options.endpoint, options.pinned_api,
      {surroundings.environment, interruption, progress, request_log(options, surroundings.err)});
  run.engine = engine.identity();
  if (options.wait && !options.dry_run) wait_for_builds(engine, interruption, progress);
  if (options.mode == Mode::verify_only) {
    run.verification = verify(engine, options, {}, run.outcomes);
    return;
  }
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

const char* finish_advice(const Run& run) {
  return run.outcomes.empty()
             ? "Nothing was changed."
             : "What was deleted stays deleted; run this again to finish the work.";
}

// Whatever ends the stations becomes part of what is reported.
void run_to_an_end(Run& run, std::span<const char* const> arguments,
                   const Surroundings& surroundings) {
  const auto start = Clock::now();
  std::optional<Progress> progress;
  const auto meanwhile = [&] {
    return progress && !progress->latest().empty() ? " while " + progress->latest() : "";
  };
  try {
    run.options = options_from(arguments, surroundings.environment);
    if (run.options.information == Information::none) {
      progress.emplace(surroundings.err, surroundings.err_style,
                       !run.options.quiet && !run.options.verbose, surroundings.err_columns);
      run_stations(run, start, *progress, surroundings);
    }
  } catch (const UsageError& error) {
    const Options manner = manner_of(arguments);
    run.options.json = manner.json;
    run.options.color = manner.color;
    run.failure = {FailureKind::usage, error.what(), "See clear-app-cache --help."};
  } catch (const EngineError& error) {
    run.failure = error.failure();
  } catch (const std::filesystem::filesystem_error& error) {
    run.failure = failure_of(error);
  } catch (const Interrupted& interrupted) {
    run.signal = interrupted.signal;
    run.failure = {FailureKind::interrupted,
                   fmt::format("ended by SIG{}{}", sigabbrev_np(interrupted.signal), meanwhile()),
                   finish_advice(run)};
  } catch (const TimedOut&) {
    run.failure = {
        FailureKind::timeout,
        fmt::format("the timeout of {} ran out{}", text_of(run.options.timeout), meanwhile()),
        std::string("A longer --timeout may help. ") + finish_advice(run)};
  }
  run.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

TerminalStyle style_for(TerminalStyle style, ColorWhen color) {
  if (color != ColorWhen::automatic) style.color = color == ColorWhen::always;
  return style;
}

// Appends to a file that the runner names in a variable; false: it could not be written.
bool append_to(const std::optional<std::string>& path, const std::string& text) {
  if (!path) return true;
  std::ofstream file(*path, std::ios::app);
  file << text << std::flush;
  return file.good();
}

constexpr const char* unwritten = "clear-app-cache: error: standard output could not be written\n";

// The files that GitHub's runner names. What later steps wait for must not get lost in silence.
void fill_step_files(Run& run, const Environment& environment) {
  for (const auto& [name, text] : {std::pair{"GITHUB_STEP_SUMMARY", job_summary(run)},
                                   std::pair{"GITHUB_OUTPUT", step_outputs(run)}}) {
    const auto path = environment(name);
    if (append_to(path, text) || run.failure) continue;
    run.failure = {FailureKind::filesystem,
                   fmt::format("{} ({}) could not be written", name, *path),
                   "The steps that follow would miss what this one found."};
  }
}

// What there is to say, wherever it is wanted. False: standard output could not be written.
bool print(Run& run, const Surroundings& surroundings) {
  const Options& options = run.options;
  const auto& [environment, out, err, out_style, err_style, err_columns, signal_fd] = surroundings;
  const bool on_github = environment("GITHUB_ACTIONS") == "true";
  if (on_github) fill_step_files(run, environment);
  const bool silent = options.quiet && exit_code(run) == 0;
  const auto written_for_log = [&](const std::string& text) {
    return on_github ? without_commands(text) : text;
  };
  // What was done first, so that it stands above what went wrong.
  if (options.json) {
    out << written_for_log(json_report(run)) << "\n";
  } else if (!silent) {
    out << written_for_log(text_report(run, style_for(out_style, options.color)));
  }
  out.flush();
  if (!silent) {
    err << (on_github ? workflow_commands(run) : messages(run, style_for(err_style, options.color)))
        << std::flush;
  }
  if (!out.good()) err << unwritten;
  return out.good();
}

bool print_information(Information information, const Surroundings& surroundings) {
  std::ostream& out = surroundings.out;
  if (information == Information::version) {
    out << "clear-app-cache " << version << "\n";
  } else {
    out << (information == Information::short_help ? short_help()
                                                   : long_help(surroundings.out_style.width));
  }
  out.flush();
  if (!out.good()) surroundings.err << unwritten;
  return out.good();
}

}  // namespace

int run_app(std::span<const char* const> arguments, const Surroundings& surroundings) {
  Run run;
  run_to_an_end(run, arguments, surroundings);
  const bool informs = run.options.information != Information::none;
  const bool written =
      informs ? print_information(run.options.information, surroundings) : print(run, surroundings);
  const int code = informs ? 0 : exit_code(run);
  return code == 0 && !written ? static_cast<int>(ExitStatus::failure) : code;
}

}  // namespace cac
