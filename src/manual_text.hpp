// What help and the man page say besides the options: tables of exit statuses, environment
// variables and JSON keys, examples, notes. Texts only; how they are laid out is `manual`'s and
// `man_page`'s affair.
#pragma once

#include <cstddef>
#include <string_view>

#include "error.hpp"
#include "option_table.hpp"

namespace cac {

inline constexpr std::string_view program_name = "clear-app-cache";

inline constexpr std::string_view summary =
    "Clears every cache a Docker build could reuse, and verifies that none is left.";

inline constexpr std::string_view description[] = {
    "Makes an application's next docker compose build start from scratch, and verifies it: removes "
    "the target's images, prunes the build cache, and queries the engine again to confirm that "
    "nothing reusable is left.",
    "A cache source is anything from which this engine's BuildKit could reuse a build step: the "
    "image that cache_from names, and every build cache record. The verdict is based only on "
    "queries made after the last action: clean, residue (something is left; the report says what "
    "is holding it) or unknown (the engine did not say).",
    "No container is stopped or removed, and no volume is touched. The only images removed are the "
    "target's and, with all, dangling ones. Running it again is safe: items already gone count as "
    "success.",
    "Results go to standard output. Messages, progress and GitHub workflow commands go to standard "
    "error.",
};

struct GroupTitle {
  OptionGroup group;
  std::string_view word;  // for -h
  std::string_view title;
};

inline constexpr GroupTitle group_titles[] = {
    {OptionGroup::what, "What", "What to clear"},
    {OptionGroup::how, "How", "Behavior"},
    {OptionGroup::pruning, "Pruning", "Periodic pruning"},
    {OptionGroup::engine, "Engine", "Connection"},
    {OptionGroup::output, "Output", "Output"},
    {OptionGroup::information, "Help", "Help"},
};

struct ExitLine {
  std::string_view status;
  std::string_view word;  // for -h
  std::string_view meaning;
};

inline constexpr ExitLine exit_lines[] = {
    {"0", "clean",
     "Clean: queries made after the last action found no cache source; failures on the way are "
     "warnings. With --dry-run: the plan could be made. With --prune-only: every prune succeeded, "
     "and the build cache could be read afterwards."},
    {"1", "failure",
     "A request failed, the connection to the engine was lost, --timeout ran out, or the report "
     "could not be written."},
    {"2", "usage", "Invalid command line or environment. Nothing was changed."},
    {"3", "residue", "A cache source is left, or the engine did not say whether one is."},
    {"4", "no engine",
     "No usable Docker engine: unreachable, permission denied, unsupported API version, or not "
     "Docker. Nothing was changed."},
    {"128+N", "signal N", "Ended by signal N; 130 is Ctrl-C. Deleted items stay deleted."},
};

constexpr bool exit_line_is(ExitStatus status, std::string_view word) {
  const auto index = static_cast<std::size_t>(status);
  const ExitLine& line = exit_lines[index];
  return line.word == word && line.status.size() == 1 &&
         line.status.front() == static_cast<char>('0' + index);
}
static_assert(exit_line_is(ExitStatus::success, "clean") &&
                  exit_line_is(ExitStatus::failure, "failure") &&
                  exit_line_is(ExitStatus::usage, "usage") &&
                  exit_line_is(ExitStatus::residue, "residue") &&
                  exit_line_is(ExitStatus::no_engine, "no engine"),
              "the exit statuses are not those of error.hpp");

struct EnvironmentLine {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr EnvironmentLine environment_lines[] = {
    {"CLEAR_APP_CACHE_PROJECT", "Default for --project."},
    {"DOCKER_HOST", "Default for --host."},
    {"DOCKER_API_VERSION",
     "Docker API version to use, such as 1.47. By default, the newest version that both the engine "
     "and this tool support."},
    {"DOCKER_TLS_VERIFY, DOCKER_TLS",
     "If either is set, a tcp:// address is refused, because TLS is not supported."},
    {"DOCKER_CONTEXT",
     "Docker contexts are not supported: naming one other than default is a usage error, unless "
     "--host or DOCKER_HOST is given."},
    {"BUILDX_BUILDER",
     "If it names a builder other than default, a note says how to clear the cache of that "
     "builder."},
    {"XDG_RUNTIME_DIR",
     "If no engine socket is found, the error suggests a rootless socket found in this directory; "
     "it is never used automatically."},
    {"HOME", "Your home directory, which --app-dir refuses to clear."},
    {"NO_COLOR", "If set and not empty, the report is not colored, unless --color is always."},
    {"TERM", "If unset or dumb, the report is not colored, unless --color is always."},
    {"LC_ALL, LC_CTYPE, LANG",
     "In a UTF-8 locale the report uses symbols such as a check mark instead of ASCII."},
    {"GITHUB_ACTIONS",
     "If true, messages are written as GitHub workflow commands: groups, errors, warnings and "
     "notices."},
    {"GITHUB_STEP_SUMMARY", "With GITHUB_ACTIONS, a table of the run is appended to this file."},
    {"GITHUB_OUTPUT",
     "With GITHUB_ACTIONS, the outputs verdict, reclaimed-bytes and removed-images are appended to "
     "this file."},
};

struct Note {
  std::string_view title;
  std::string_view text;
};

// For the man page: what the tool cannot know, and what it will not do.
inline constexpr Note manual_notes[] = {
    {"Registries",
     "If cache_from names an image that is not on the engine, a build uses the copy of that image "
     "in its registry. This tool cannot clear registries. If an image shows that there is a copy, "
     "a note says so. Caches that builds export elsewhere (cache_to) are not detected."},
    {"Other builders",
     "A docker buildx builder that runs in its own container, or on another host, has its own "
     "cache, which is not touched. If the container of such a builder is found, a note says so and "
     "gives the command that clears it: docker buildx prune --builder NAME --all."},
    {"The classic builder",
     "With DOCKER_BUILDKIT=0, docker build reuses steps from any image on the engine, including "
     "dangling images and those of other projects. The verdict covers BuildKit only. Remaining "
     "dangling images are listed as notes."},
    {"Shared build cache",
     "The build cache is shared by all services and applications: clearing one target clears the "
     "build cache of every application on the engine. The images of other applications stay."},
    {"Concurrent builds",
     "The verdict describes the moment of its queries. A build that starts later fills the cache "
     "again. A build that runs meanwhile holds records, which are residue. See --wait."},
    {"Docker contexts",
     "Docker contexts are not supported, not even the current one that docker context use has set: "
     "select the engine with --host or DOCKER_HOST."},
    {"Podman",
     "Only an engine that identifies itself as Docker is ever changed. With Podman, use podman "
     "build --no-cache."},
    {"Interruption",
     "A signal or the timeout ends a run at once, but not a prune that the engine has begun: "
     "cancelling one can leave records in use until the engine restarts (measured on Docker 28.5 "
     "with the containerd store). A helper process therefore stays connected until the engine has "
     "finished, for at most an hour. The next run does the rest."},
};

struct Example {
  std::string_view text;
  std::string_view commands;  // whole lines
};

inline constexpr Example examples[] = {
    {"Preview first: print what would be removed, without changing anything.",
     "clear-app-cache --dry-run\n"},
    {"Clear the whole application, and build only if nothing reusable is left.",
     "clear-app-cache && docker compose build\n"},
    {"Wait for running builds, then clear one service, and keep its image for rollback.",
     "clear-app-cache --wait --timeout 20m --keep-as before backend\n"},
    {"Roll back to the image that was kept.",
     "docker tag watchparty-backend:before watchparty-backend:latest\n"
     "docker compose up -d\n"},
    {"Also clear the build artifacts in the application's directory.",
     "clear-app-cache --app-dir /srv/watchparty all\n"},
    {"Extract two values from the report.",
     "clear-app-cache --json >report.json\n"
     "jq -r '.verdict, .reclaimed_bytes' report.json\n"},
    {"Limit the build cache every night, from a crontab, without output on success.",
     "PATH=/usr/local/bin:/usr/bin:/bin\n"
     "17 4 * * * clear-app-cache -q --prune-only --older-than 7d\n"},
    {"Limit the build cache every night, with a systemd service and timer.",
     "# /etc/systemd/system/clear-app-cache.service\n"
     "[Unit]\n"
     "Description=Limit the Docker build cache\n"
     "After=docker.service\n"
     "\n"
     "[Service]\n"
     "Type=oneshot\n"
     "ExecStart=/usr/local/bin/clear-app-cache -q \\\n"
     "    --prune-only --keep-storage 20GB\n"
     "TimeoutStartSec=15min\n"
     "\n"
     "# /etc/systemd/system/clear-app-cache.timer\n"
     "[Unit]\n"
     "Description=Limit the Docker build cache every night\n"
     "\n"
     "[Timer]\n"
     "OnCalendar=04:17\n"
     "RandomizedDelaySec=30min\n"
     "Persistent=true\n"
     "\n"
     "[Install]\n"
     "WantedBy=timers.target\n"},
    {"Never prune while a deploy script holds the same lock.",
     "flock /run/lock/deploy.lock clear-app-cache -q --prune-only\n"},
};

}  // namespace cac
