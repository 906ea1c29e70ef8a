#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/terminal.hpp"
#include "cli/option_table.hpp"

namespace cac {

namespace {

constexpr std::size_t screen_columns = 80;

// {}: the short help of the build command, which has no line of its own: -h has to fit a screen.
constexpr std::string_view short_head =
    R"(Usage: clear-app-cache [OPTIONS] [TARGET...]
       clear-app-cache [OPTIONS] -- BUILD COMMAND  ({})
Clears every cache a Docker build could reuse, and verifies that none is left.
)";

constexpr std::string_view short_tail =
    R"(Exit        0 clean, 1 failure, 2 usage, 3 residue, 4 no engine, 128+N signal N
)";

constexpr std::string_view long_head =
    R"(Usage: clear-app-cache [OPTIONS] [TARGET...]
       clear-app-cache [OPTIONS] -- BUILD COMMAND

Makes an application's next docker compose build start from scratch, and
verifies it: removes the target's images, prunes the build cache, and queries
the engine again to confirm that nothing reusable is left.

A cache source is anything from which this engine's BuildKit could reuse a build
step: the images that cache_from names, every build cache record, and, with a
build command, what else that reads and writes as a cache. The verdict is based
only on queries made after the last action: clean, residue (something is left;
the report says what is holding it) or unknown (the engine did not say).

No container is stopped or removed, and no volume is touched. The only images
removed are the target's and, with all, dangling ones that are not another
project's. Running it again is safe: items already gone count as success.

Results go to standard output. Messages, progress and GitHub workflow commands
go to standard error.
)";

constexpr std::string_view long_tail =
    R"(
Exit status:
  0       Clean: queries made after the last action found no cache source;
          failures on the way are warnings. With --dry-run: the plan could be
          made. With --prune-only: every prune succeeded, and the build cache
          could be read afterwards.
  1       A request failed, the connection to the engine was lost, --timeout ran
          out, or the report could not be written.
  2       Invalid command line or environment, a project that was probably
          mistyped, or a build command, a Compose file or a docker context that
          docker refuses. Nothing was changed.
  3       A cache source is left, or the engine did not say whether one is.
  4       No usable Docker engine: unreachable, permission denied, TLS failed,
          unsupported API version, or not Docker. Nothing was changed.
  128+N   Ended by signal N; 130 is Ctrl-C. Deleted items stay deleted.

  A build command is run only where the exit status would be 0. The exit status
  is then its own; or 3 if the engine's record says that it imported steps.

Environment:
  CLEAR_APP_CACHE_PROJECT
          Default for --project.
  DOCKER_HOST
          Default for --host.
  DOCKER_API_VERSION
          Docker API version to use, such as 1.47. By default, the newest
          version that both the engine and this tool support.
  DOCKER_CONTEXT
          Default for --context. Without it, docker's current context is used.
  DOCKER_TLS_VERIFY, DOCKER_TLS
          If either is set, a tcp:// address of --host or DOCKER_HOST is reached
          with TLS. With DOCKER_TLS alone, the engine's certificate is not
          verified, and a warning says so.
  DOCKER_CERT_PATH
          Where ca.pem, cert.pem and key.pem are for that. By default, in
          DOCKER_CONFIG.
  SSL_CERT_FILE
          The CA bundle for a context with TLS but no ca.pem. By default, the
          system's.
  DOCKER_BUILDKIT
          If it has the classic builder build, that is residue: it takes steps
          from every local image.
  BUILDX_BUILDER
          The buildx builder to which builds go. By default, the one that docker
          buildx use has chosen.
  DOCKER_CONFIG
          Where docker's contexts are, and config.json with the current one. By
          default, .docker in your home directory.
  BUILDX_CONFIG
          Where buildx's files are. By default, buildx in DOCKER_CONFIG.
  TMPDIR
          Where ssh:// has a socket for a moment, and buildx a copy of its files if
          there can be none beside them. By default, /tmp.
  XDG_RUNTIME_DIR
          If no engine socket is found, the error suggests a rootless socket
          found in this directory; it is never used automatically.
  HOME
          Your home directory, which --app-dir refuses to clear.
  NO_COLOR
          If set and not empty, the report is not colored, unless --color is
          always.
  TERM
          If unset or dumb, the report is not colored, unless --color is always.
  LC_ALL, LC_CTYPE, LANG
          In a UTF-8 locale the report uses symbols such as a check mark instead
          of ASCII.
  GITHUB_ACTIONS
          If true, messages are written as GitHub workflow commands: groups,
          errors, warnings and notices.
  GITHUB_STEP_SUMMARY
          With GITHUB_ACTIONS, a table of the run is appended to this file.
  GITHUB_OUTPUT
          With GITHUB_ACTIONS, the outputs verdict, reclaimed-bytes and
          removed-images are appended to this file.

Examples and the keys of --json: man clear-app-cache
)";

// "-p, --project NAME", "TARGET" or "-- BUILD COMMAND"
std::string usage_form(const OptionSpec& spec) {
  if (spec.name == target_argument.name) return std::string(spec.name);
  if (spec.name == build_command_argument.name) return fmt::format("-- {}", spec.name);
  return fmt::format("{}--{}{}{}",
                     spec.short_name != 0 ? fmt::format("-{}, ", spec.short_name) : "    ",
                     spec.name, spec.placeholder.empty() ? "" : " ", spec.placeholder);
}

void append_row(std::string& out, std::string_view group, const OptionSpec& spec) {
  std::string row = fmt::format("{:<12}{:<27}{}", group, usage_form(spec), spec.short_help);
  const std::string note = fmt::format(" [{}]", spec.default_value);
  if (!spec.default_value.empty() && row.size() + note.size() <= screen_columns) row += note;
  out += row + "\n";
}

// Appends a text that is laid out for 80 columns, laid out anew for another width. A line continues
// the text above it if it begins in the same column; a tag before two blanks is not part of that.
void append_text(std::string& out, std::string_view text, std::size_t width) {
  std::string margin;
  std::string words;
  const auto end_paragraph = [&] {
    if (words.empty()) return;
    for (const std::string& line : wrap(words, width - margin.size())) {
      out += margin + line + "\n";
      margin.assign(margin.size(), ' ');
    }
  };
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto indent = line.find_first_not_of(' ');
    if (!words.empty() && indent == margin.size()) {
      words += " " + line.substr(indent);
      continue;
    }
    end_paragraph();
    if (line.empty()) out += "\n";
    const auto gap = line.find("  ", indent);
    margin = line.substr(0, line.find_first_not_of(' ', gap == std::string::npos ? 0 : gap));
    words = line.substr(margin.size());
  }
  end_paragraph();
}

void append_option(std::string& out, const OptionSpec& spec, std::size_t width) {
  const std::string indent(10, ' ');
  out += fmt::format("  {}\n", usage_form(spec));
  append_text(out, indent + full_help(spec), width);
  append_text(out, indent + default_note(spec), width);
}

}  // namespace

std::string short_help() {
  std::string out = fmt::format(short_head, build_command_argument.short_help);
  append_row(out, target_argument.group, target_argument);
  std::string_view group = target_argument.group;
  for (const OptionSpec& spec : option_table) {
    append_row(out, spec.group == group ? "" : spec.group, spec);
    group = spec.group;
  }
  return out + std::string(short_tail);
}

std::string long_help(std::size_t width) {
  // Wider lines are hard to read; narrower ones have no room beside the indent.
  constexpr std::size_t min_width = 40;
  constexpr std::size_t max_width = 100;
  width = width == 0 ? screen_columns : std::clamp(width, min_width, max_width);
  std::string out;
  append_text(out, long_head, width);
  out += fmt::format("\n{}:\n", target_argument.group);
  append_option(out, target_argument, width);
  append_option(out, build_command_argument, width);
  std::string_view group = target_argument.group;
  for (const OptionSpec& spec : option_table) {
    if (spec.group != group) out += fmt::format("\n{}:\n", spec.group);
    group = spec.group;
    append_option(out, spec, width);
  }
  append_text(out, long_tail, width);
  return out;
}

}  // namespace cac
