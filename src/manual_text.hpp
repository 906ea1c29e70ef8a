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
    "Clears every cache a Docker build could reuse, and proves that none is left.";

inline constexpr std::string_view description[] = {
    "Makes the next docker compose build of an application start from nothing, and proves it: "
    "removes the target's images, prunes the build cache, and reads back that no cache source is "
    "left.",
    "A cache source is what a later build by this engine's BuildKit could take the result of a "
    "step from: the image that cache_from names, and every build cache record. The verdict comes "
    "from fresh reads after the last action. It is clean, residue (something is left, and the "
    "report says what holds it) or unknown (it could not be told).",
    "No container is stopped or removed, no volume is touched, and no image is removed but the "
    "target's and, with the target all, nameless ones. Running it again is always safe: what is "
    "already gone is success.",
    "Results go to standard output. Messages, progress and GitHub's workflow commands go to "
    "standard error.",
};

struct GroupTitle {
  OptionGroup group;
  std::string_view word;  // for -h
  std::string_view title;
};

inline constexpr GroupTitle group_titles[] = {
    {OptionGroup::what, "What", "What to clear"},
    {OptionGroup::how, "How", "How to go about it"},
    {OptionGroup::pruning, "Pruning", "Periodic pruning"},
    {OptionGroup::engine, "Engine", "Which engine"},
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
     "Clean: fresh reads found no cache source; failures on the way are warnings. With --dry-run: "
     "the plan could be made. With --prune-only: every prune was answered with success, and the "
     "build cache could be read back."},
    {"1", "failure",
     "A request failed, the engine was lost, --timeout ran out, or the report could not be "
     "written."},
    {"2", "usage", "The command line or the environment makes no sense. Nothing was changed."},
    {"3", "residue", "A cache source is left, or it could not be told whether one is."},
    {"4", "no engine",
     "There is no usable Docker engine: unreachable, denied, too old or too new, not Docker. "
     "Nothing was changed."},
    {"128+N", "signal N", "Ended by signal N; 130 is Ctrl-C. What was deleted stays deleted."},
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
    {"CLEAR_APP_CACHE_PROJECT", "Stands in for --project."},
    {"DOCKER_HOST", "Stands in for --host."},
    {"DOCKER_API_VERSION",
     "The version of the Docker API to speak, such as 1.47, instead of the newest that both sides "
     "know."},
    {"DOCKER_TLS_VERIFY, DOCKER_TLS",
     "With one of them set, an address that begins with tcp:// is refused, because TLS is not "
     "spoken."},
    {"DOCKER_CONTEXT",
     "Contexts are not followed: when it names one other than default, and neither --host nor "
     "DOCKER_HOST is given, that is a usage error."},
    {"BUILDX_BUILDER",
     "When it names a builder other than default, a note says how to clear that one's cache."},
    {"XDG_RUNTIME_DIR",
     "When no engine's socket is found, a rootless engine's is looked for in this folder, to "
     "advise --host with its address. It is not used unasked."},
    {"HOME", "The folder that --app-dir refuses."},
    {"NO_COLOR", "When set and not empty, the report is not coloured, unless --color says always."},
    {"TERM", "With dumb, or unset, the report is not coloured, unless --color says always."},
    {"LC_ALL, LC_CTYPE, LANG", "In a UTF-8 locale the report's marks are not just ASCII."},
    {"GITHUB_ACTIONS",
     "With true, messages are written as GitHub's workflow commands: groups, errors, warnings and "
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
     "A build whose cache_from names an image falls back to that image's copy in a registry. It "
     "cannot be cleared from here. Where an image shows that there is a copy, a note says so. "
     "Caches that builds export elsewhere (cache_to) are not seen."},
    {"Other builders",
     "A docker buildx builder in a container of its own, or on another host, has a cache of its "
     "own, which is not touched. Where its container is seen, a note says so, with the command "
     "that clears it: docker buildx prune --builder NAME --all."},
    {"The classic builder",
     "With DOCKER_BUILDKIT=0 docker build takes steps from any image on the engine, nameless ones "
     "and those of other projects included. The verdict speaks of BuildKit alone. Nameless images "
     "that stay are told in notes."},
    {"One build cache for all",
     "The build cache cannot be told apart by service or application: clearing one target clears "
     "the build cache of every application on the engine. Their images stay."},
    {"Builds meanwhile",
     "The verdict is about the moment of its reads. A build that starts later fills the cache "
     "again; a build that runs during the reads holds records, which are residue. See --wait."},
    {"Docker contexts",
     "They are not followed, not even the one that docker context use has made the current one: "
     "say which engine with --host or DOCKER_HOST."},
    {"Podman",
     "Only an engine that identifies itself as Docker is ever written to. With Podman, use podman "
     "build --no-cache."},
    {"Interruption",
     "A signal or the timeout ends a run at once, but not a prune that the engine has begun: one "
     "that is cancelled can leave records in use until the engine is restarted (measured on 28.5 "
     "with the containerd store). So a process stays connected until the engine has finished, an "
     "hour at most. The next run does the rest."},
};

struct Example {
  std::string_view text;
  std::string_view commands;  // whole lines
};

inline constexpr Example examples[] = {
    {"Look first: print what would be removed, and change nothing.", "clear-app-cache --dry-run\n"},
    {"Clear the whole application, and build only when that is proven.",
     "clear-app-cache && docker compose build\n"},
    {"Clear one service as soon as no build is running, and keep its image as a way back.",
     "clear-app-cache --wait --timeout 20m --keep-as before backend\n"},
    {"Go back to the image that was kept.",
     "docker tag watchparty-backend:before watchparty-backend:latest\n"
     "docker compose up -d\n"},
    {"Clear the build artefacts in the application's folder, too.",
     "clear-app-cache --app-dir /srv/watchparty all\n"},
    {"Take two facts from the report.",
     "clear-app-cache --json >report.json\n"
     "jq -r '.verdict, .reclaimed_bytes' report.json\n"},
    {"Keep the build cache in bounds every night, from a crontab, silent on success.",
     "PATH=/usr/local/bin:/usr/bin:/bin\n"
     "17 4 * * * clear-app-cache -q --prune-only --older-than 7d\n"},
    {"The same as a systemd service and timer.",
     "# /etc/systemd/system/clear-app-cache.service\n"
     "[Unit]\n"
     "Description=Keep the Docker build cache in bounds\n"
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
     "Description=Keep the Docker build cache in bounds every night\n"
     "\n"
     "[Timer]\n"
     "OnCalendar=04:17\n"
     "RandomizedDelaySec=30min\n"
     "Persistent=true\n"
     "\n"
     "[Install]\n"
     "WantedBy=timers.target\n"},
    {"Never prune while a deploy script runs that holds the same lock.",
     "flock /run/lock/deploy.lock clear-app-cache -q --prune-only\n"},
};

}  // namespace cac
