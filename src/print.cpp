#include "print.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>

#include "report/report.hpp"

namespace cac {

namespace {

TerminalStyle choose_style(TerminalStyle style, ColorWhen color) {
  if (color != ColorWhen::automatic) style.color = color == ColorWhen::always;
  return style;
}

void add_write_error(RunResult& result, std::string message, std::string advice = {}) {
  if (result.write_error) {
    result.write_error->message += "; " + message;
    return;
  }
  result.write_error = {FailureKind::filesystem, std::move(message), std::move(advice)};
}

// Appends to a file that GitHub's runner names in a variable.
void append_to_step_file(const char* name, const std::string& text, const Environment& environment,
                         RunResult& result) {
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
  add_write_error(result, fmt::format("{} ({}) could not be written", name, *path),
                  "The steps that follow would miss what this one found.");
}

void write_out(const std::string& text, const ProcessContext& context, RunResult& result) {
  context.out << text << std::flush;
  if (context.out.good()) return;
  const auto* const why = context.output_limit.exceeded ? ": nobody read it in time" : "";
  add_write_error(result, fmt::format("standard output could not be written{}", why));
}

void write_err(const std::string& text, const ProcessContext& context, RunResult& result) {
  auto& limit = context.output_limit;
  context.err.clear();  // it may have been stalled for a while
  context.err << text << std::flush;
  if (!limit.exceeded) return;
  add_write_error(result, "standard error could not be written: nobody read it in time");
  if (result.signal == 0 && limit.signal != nullptr) result.signal = *limit.signal;
}

}  // namespace

RequestLogger log_requests(std::ostream& err) {
  return [&err](const Exchange& exchange) {
    err << fmt::format("{} {} -> {}, {}, {}", to_string(exchange.method), exchange.target,
                       exchange.status == 0 ? "no answer" : std::to_string(exchange.status),
                       to_string(Bytes{static_cast<std::int64_t>(exchange.body_size)}),
                       to_string(exchange.took))
        << std::endl;
  };
}

void print_info(const std::string& text, const ProcessContext& context, RunResult& result) {
  write_out(text, context, result);
  if (result.write_error) write_err(messages(result, context.err_style), context, result);
}

void print_result(const OutputOptions& options, const ProcessContext& context, RunResult& result) {
  const Environment& environment = context.environment;
  const bool on_github = environment("GITHUB_ACTIONS") == "true";
  if (on_github) {
    append_to_step_file("GITHUB_STEP_SUMMARY", "", environment, result);  // can it be written?
    append_to_step_file("GITHUB_OUTPUT", step_outputs(result), environment, result);
  }
  const bool silent = options.quiet && exit_code(result) == 0;
  std::string text;
  if (options.json) {
    text = json_report(result) + "\n";
  } else if (!silent) {
    text = text_report(result, choose_style(context.out_style, options.color));
  }
  // Results before errors.
  write_out(on_github ? without_commands(text) : text, context, result);
  write_err(on_github ? workflow_commands(result, silent)
                      : messages(result, choose_style(context.err_style, options.color)),
            context, result);
  if (!on_github) return;
  // Last, so that it cannot say "clean" of a run that fails after it.
  const bool was_written = !result.write_error;
  append_to_step_file("GITHUB_STEP_SUMMARY", job_summary(result), environment, result);
  if (!was_written || !result.write_error) return;
  RunResult late;
  late.failure = result.write_error;
  write_err(workflow_commands(late, silent), context, result);
}

}  // namespace cac
