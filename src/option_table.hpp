// The one table of options: parser, help, man page and completions are made from it.
// Says what an option is called and what it is for, not what it does. option_table.cpp refuses to
// compile when the table has a hole, a duplicate or a line that does not fit.
#pragma once

#include <string_view>

namespace cac {

// What completions offer for the value; its meaning is the parser's affair.
enum class ValueKind { none, text, choice, duration, size, directory, host };

// In the order of the table, and of help and the man page.
enum class OptionGroup { what, how, pruning, engine, output, information };

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order of reading
struct OptionSpec {
  char letter = 0;             // 0: none
  std::string_view name = {};  // without the dashes
  ValueKind kind = ValueKind::none;
  std::string_view placeholder = {};    // of the value; none: a switch
  std::string_view choices = {};        // separated by blanks: all that a choice can be
  std::string_view samples = {};        // separated by blanks: a few durations or sizes to offer
  std::string_view default_value = {};  // told in help; empty: none
  std::string_view environment = {};    // the variable that stands in when the option is not given
  std::string_view excludes = {};  // separated by blanks: the names of what it does not go with
  OptionGroup group{};
  std::string_view line = {};       // for -h and completions: a few words, no full stop
  std::string_view paragraph = {};  // for --help and the man page: full sentences
};

inline constexpr OptionSpec target_argument{
    .name = "TARGET",
    .kind = ValueKind::choice,
    .placeholder = "TARGET",
    .choices = "backend frontend all",
    .default_value = "all",
    .excludes = "prune-only",
    .group = OptionGroup::what,
    .line = "backend, frontend or all",
    .paragraph =
        "The service to clear. backend is the image PROJECT-backend:latest, frontend is "
        "PROJECT-frontend:latest, and all is every image that the engine lists for "
        "PROJECT-*:latest, along with the nameless images that no container holds. The build cache "
        "cannot be told apart by service: each target clears all of it.",
};

inline constexpr OptionSpec option_table[] = {
    {
        .letter = 'p',
        .name = "project",
        .kind = ValueKind::text,
        .placeholder = "NAME",
        .default_value = "watchparty",
        .environment = "CLEAR_APP_CACHE_PROJECT",
        .group = OptionGroup::what,
        .line = "prefix of the images",
        .paragraph = "The prefix of the application's images. A warning is given when no image on "
                     "the engine has it.",
    },
    {
        .name = "app-dir",
        .kind = ValueKind::directory,
        .placeholder = "DIR",
        .excludes = "prune-only",
        .group = OptionGroup::what,
        .line = "clear the build artefacts there, too",
        .paragraph =
            "Removes the build artefacts in the application's folder, too, that the next build "
            "would copy in. In DIR/frontend: .next, .turbo, out, node_modules/.cache and every "
            ".cache folder; in DIR/backend: staticfiles, and every __pycache__, .pytest_cache, "
            ".mypy_cache, *.pyc, *.pyo and *.pyd. No symbolic link is followed. Refused are /, the "
            "home folder wherever it is in there, and a DIR or service folder that is a link.",
    },
    {
        .letter = 'n',
        .name = "dry-run",
        .excludes = "verify-only",
        .group = OptionGroup::how,
        .line = "print the plan; change nothing",
        .paragraph = "Prints what a run would do, each image and the number and size of the build "
                     "cache records, and changes nothing. Not with --verify-only.",
    },
    {
        .name = "verify-only",
        .excludes = "dry-run keep-as prune-only",
        .group = OptionGroup::how,
        .line = "report the verdict; change nothing",
        .paragraph = "Reads what cache sources are there and reports the verdict, and changes "
                     "nothing. Not with "
                     "--dry-run, --prune-only or --keep-as.",
    },
    {
        .name = "wait",
        .group = OptionGroup::how,
        .line = "first wait until no build is running",
        .paragraph = "First waits, within --timeout, until no running build holds a build cache "
                     "record. Without it such records are left, and reported as residue. A dry run "
                     "does not wait.",
    },
    {
        .name = "keep-cache-mounts",
        .group = OptionGroup::how,
        .line = "spare RUN --mount=type=cache caches",
        .paragraph =
            "Spares the caches of RUN --mount=type=cache, where package managers keep "
            "what they downloaded. Every step of the next build still runs, except one that "
            "a spared cache mount is built on (from=), which is reported as residue. On "
            "Docker 20.10 and 23 the directory of a cache mount with uid=, gid= or mode= "
            "looks like such a step and is reported as well, and 20.10 may not find that "
            "cache mount again.",
    },
    {
        .name = "keep-as",
        .kind = ValueKind::text,
        .placeholder = "TAG",
        .excludes = "verify-only prune-only",
        .group = OptionGroup::how,
        .line = "first tag each image NAME:TAG, a way back",
        .paragraph = "Before an image is removed it is tagged NAME:TAG, so that it stays as a way "
                     "back: docker tag NAME:TAG NAME:latest. Refused are the tag latest, and a TAG "
                     "that another image has already: that one's way back is not lost. An image "
                     "whose tagging fails is left as it is.",
    },
    {
        .name = "timeout",
        .kind = ValueKind::duration,
        .placeholder = "DURATION",
        .samples = "5m 10m 30m 1h",
        .default_value = "10m",
        .group = OptionGroup::how,
        .line = "for the whole run",
        .paragraph =
            "How long the whole run may take: a whole number and s, m, h, d or w. When it "
            "runs out, what was deleted stays deleted, the engine finishes a prune that it "
            "has begun, and the next run does the rest.",
    },
    {
        .name = "prune-only",
        .excludes = "TARGET app-dir verify-only keep-as",
        .group = OptionGroup::pruning,
        .line = "prune the build cache alone",
        .paragraph =
            "Prunes the build cache and nothing else, for a periodic job: everything that no "
            "running build holds, or what is outside the bounds. Takes no TARGET, --keep-as or "
            "--app-dir.",
    },
    {
        .name = "older-than",
        .kind = ValueKind::duration,
        .placeholder = "DURATION",
        .samples = "1d 7d 2w",
        .group = OptionGroup::pruning,
        .line = "only records unused for so long",
        .paragraph = "With --prune-only: prunes only records that were not used for so long: a "
                     "whole number and s, m, h, d or w.",
    },
    {
        .name = "keep-storage",
        .kind = ValueKind::size,
        .placeholder = "SIZE",
        .samples = "512MB 5GB 20GiB",
        .group = OptionGroup::pruning,
        .line = "keep so much of the cache",
        .paragraph =
            "With --prune-only: prunes, the least recently used first, until the build cache takes "
            "no more than so much: a whole number and B, kB, MB, GB, TB (powers of 1000) or KiB, "
            "MiB, GiB, TiB (powers of 1024). With --older-than, age comes first, then size.",
    },
    {
        .letter = 'H',
        .name = "host",
        .kind = ValueKind::host,
        .placeholder = "URL",
        .default_value = "unix:///var/run/docker.sock",
        .environment = "DOCKER_HOST",
        .group = OptionGroup::engine,
        .line = "the engine: unix://PATH, tcp://HOST:PORT",
        .paragraph = "The address of the Docker Engine: unix:///path/to/socket or "
                     "tcp://host:port. TLS and ssh are not spoken.",
    },
    {
        .letter = 'q',
        .name = "quiet",
        .excludes = "verbose",
        .group = OptionGroup::output,
        .line = "say nothing on success",
        .paragraph = "Prints nothing when the exit status is 0. What --json prints is not "
                     "affected. Not with "
                     "--verbose.",
    },
    {
        .letter = 'v',
        .name = "verbose",
        .excludes = "quiet",
        .group = OptionGroup::output,
        .line = "a line per request to the engine",
        .paragraph =
            "Prints a line per request to standard error: method, path, status, size and time.",
    },
    {
        .name = "json",
        .group = OptionGroup::output,
        .line = "print one line of JSON",
        .paragraph = "Prints the report as exactly one line: one JSON object, also on failure.",
    },
    {
        .name = "color",
        .kind = ValueKind::choice,
        .placeholder = "WHEN",
        .choices = "auto always never",
        .default_value = "auto",
        .group = OptionGroup::output,
        .line = "colour the report",
        .paragraph = "Whether the report is coloured: auto, always or never. auto does so on a "
                     "terminal, unless NO_COLOR is set or TERM is dumb.",
    },
    {
        .letter = 'h',
        .name = "help",
        .group = OptionGroup::information,
        .line = "this help; --help tells more",
        .paragraph = "Prints help: -h on one screen, --help complete.",
    },
    {
        .letter = 'V',
        .name = "version",
        .group = OptionGroup::information,
        .line = "print the version",
        .paragraph = "Prints the version.",
    },
};

consteval const OptionSpec& option_spec(std::string_view name) {
  for (const OptionSpec& spec : option_table) {
    if (spec.name == name) return spec;
  }
  throw "no such option in the table";
}

}  // namespace cac
