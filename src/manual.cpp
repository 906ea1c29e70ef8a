#include "manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "option_table.hpp"
#include "terminal.hpp"

namespace cac {

namespace {

constexpr std::string_view usage = "Usage: clear-app-cache [OPTIONS] [TARGET]\n";

constexpr std::string_view purpose =
    "Makes the next docker compose build of an application start from nothing, and proves it: "
    "removes the target's images, prunes the build cache, and reads back that no cache source is "
    "left.";

struct ExitLine {
  std::string_view status;
  std::string_view meaning;
};

constexpr ExitLine exit_lines[] = {
    {"0", "clean: fresh reads found no cache source (of --dry-run: the plan could be made)"},
    {"1", "a request failed, the engine was lost, or the timeout ran out"},
    {"2", "the command line makes no sense"},
    {"3", "a cache source is left, or it could not be told"},
    {"4", "no usable Docker engine: unreachable, denied, too old or too new, not Docker"},
    {"128+N", "ended by signal N"},
};

// "-p, --project NAME"
std::string form_of(const OptionSpec& spec) {
  std::string form = spec.letter != 0 ? fmt::format("-{}, ", spec.letter) : "    ";
  form += fmt::format("--{}", spec.name);
  if (!spec.placeholder.empty()) form += fmt::format(" {}", spec.placeholder);
  return form;
}

// "default: x, or the environment variable Y"; may be empty.
std::string source_of(const OptionSpec& spec) {
  std::string text;
  if (!spec.environment.empty()) text = fmt::format("Environment: {}. ", spec.environment);
  if (!spec.default_value.empty()) text += fmt::format("Default: {}.", spec.default_value);
  return text;
}

void append_paragraph(std::string& out, std::string_view text, std::size_t indent,
                      std::size_t width) {
  for (const std::string& line : wrapped(text, width - indent)) {
    out += std::string(indent, ' ') + line + "\n";
  }
}

}  // namespace

std::string short_help() {
  std::size_t columns = target_argument.name.size();
  for (const OptionSpec& spec : option_table) columns = std::max(columns, form_of(spec).size());
  std::string out(usage);
  out += fmt::format("\n  {:<{}}  {}\n", target_argument.name, columns, target_argument.line);
  for (const OptionSpec& spec : option_table) {
    const std::string usual =
        spec.default_value.empty() ? "" : fmt::format(" [{}]", spec.default_value);
    out += fmt::format("  {:<{}}  {}{}\n", form_of(spec), columns, spec.line,
                       spec.kind == ValueKind::host ? "" : usual);
  }
  out += "\nExit status: 0 clean, 1 failure, 2 usage, 3 residue, 4 no engine, 128+N signal N\n";
  return out;
}

std::string long_help(std::size_t width) {
  constexpr std::size_t indent = 6;
  width = width == 0 ? 80 : std::max<std::size_t>(width, 2 * indent);
  std::string out(usage);
  out += "\n";
  append_paragraph(out, purpose, 0, width);
  out += fmt::format("\n  {}\n", target_argument.name);
  append_paragraph(out, target_argument.paragraph, indent, width);
  append_paragraph(out, source_of(target_argument), indent, width);
  for (const OptionSpec& spec : option_table) {
    out += fmt::format("\n  {}\n", form_of(spec));
    append_paragraph(out, spec.paragraph, indent, width);
    if (const auto source = source_of(spec); !source.empty()) {
      append_paragraph(out, source, indent, width);
    }
  }
  out += "\nExit status, the first that fits:\n";
  for (const ExitLine& line : exit_lines) {
    out += fmt::format("  {:<6}{}\n", line.status, line.meaning);
  }
  return out;
}

}  // namespace cac
