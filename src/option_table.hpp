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
        "PROJECT-*:latest, along with the dangling images that no container holds. The build cache "
        "is shared by all services, so every target clears all of it.",
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
        .paragraph =
            "Prefix of the application's images. Warns if no image on the engine has this prefix.",
    },
    {
        .name = "app-dir",
        .kind = ValueKind::directory,
        .placeholder = "DIR",
        .excludes = "prune-only",
        .group = OptionGroup::what,
        .line = "also clear the build artifacts in DIR",
        .paragraph = "Also removes build artifacts under DIR that the next build would copy into "
                     "an image. In DIR/frontend: .next, .turbo, out, node_modules/.cache and every "
                     ".cache directory; in DIR/backend: staticfiles, and every __pycache__, "
                     ".pytest_cache, .mypy_cache, *.pyc, *.pyo and *.pyd. Does not follow symbolic "
                     "links. Refuses / and your home directory, a service directory that contains "
                     "your home, and a DIR or service directory that is a symbolic link.",
    },
    {
        .letter = 'n',
        .name = "dry-run",
        .excludes = "verify-only",
        .group = OptionGroup::how,
        .line = "print the plan; change nothing",
        .paragraph = "Prints the plan, with each image and the number and size of the build cache "
                     "records, without changing anything. Cannot be combined with --verify-only.",
    },
    {
        .name = "verify-only",
        .excludes = "dry-run keep-as prune-only",
        .group = OptionGroup::how,
        .line = "report the verdict; change nothing",
        .paragraph = "Reports the cache sources and the verdict without changing anything. Cannot "
                     "be combined with --dry-run, --prune-only or --keep-as.",
    },
    {
        .name = "wait",
        .group = OptionGroup::how,
        .line = "wait for running builds first",
        .paragraph =
            "Waits, up to --timeout, for running builds to finish. Without it, the build cache "
            "records that they hold are left, and reported as residue. A dry run does not wait.",
    },
    {
        .name = "keep-cache-mounts",
        .group = OptionGroup::how,
        .line = "keep RUN --mount=type=cache caches",
        .paragraph =
            "Keeps the caches of RUN --mount=type=cache, where package managers store their "
            "downloads. The next build still runs every step, except one that a kept cache mount "
            "is based on (from=), which is reported as residue. On Docker 20.10 and 23, the "
            "directory of a cache mount with uid=, gid= or mode= looks like such a step and is "
            "also reported. On Docker 20.10, such a kept cache mount may not be found again.",
    },
    {
        .name = "keep-as",
        .kind = ValueKind::text,
        .placeholder = "TAG",
        .excludes = "verify-only prune-only",
        .group = OptionGroup::how,
        .line = "tag each image NAME:TAG first",
        .paragraph =
            "Tags each image as NAME:TAG before removing it, so you can roll back: docker tag "
            "NAME:TAG NAME:latest. Refuses latest, and a TAG already used by another image, so "
            "that an earlier backup is never lost. If tagging fails, the image is not removed.",
    },
    {
        .name = "timeout",
        .kind = ValueKind::duration,
        .placeholder = "DURATION",
        .samples = "5m 10m 30m 1h",
        .default_value = "10m",
        .group = OptionGroup::how,
        .line = "limit for the whole run",
        .paragraph = "Limits the whole run to DURATION: an integer followed by s, m, h, d or w. "
                     "When the time is up, deleted items stay deleted, the engine finishes a prune "
                     "that it has begun, and the next run does the rest.",
    },
    {
        .name = "prune-only",
        .excludes = "TARGET app-dir verify-only keep-as",
        .group = OptionGroup::pruning,
        .line = "prune only the build cache",
        .paragraph = "Prunes the build cache and nothing else, for a periodic job: all records "
                     "that no running build holds, or only those outside the limits. Takes no "
                     "TARGET, --keep-as or --app-dir.",
    },
    {
        .name = "older-than",
        .kind = ValueKind::duration,
        .placeholder = "DURATION",
        .samples = "1d 7d 2w",
        .group = OptionGroup::pruning,
        .line = "only records unused for DURATION",
        .paragraph = "With --prune-only: prunes only records that were not used for at least "
                     "DURATION: an integer followed by s, m, h, d or w.",
    },
    {
        .name = "keep-storage",
        .kind = ValueKind::size,
        .placeholder = "SIZE",
        .samples = "512MB 5GB 20GiB",
        .group = OptionGroup::pruning,
        .line = "keep up to SIZE of cache",
        .paragraph =
            "With --prune-only: prunes the least recently used records until the build cache is no "
            "larger than SIZE: an integer followed by B, kB, MB, GB, TB (powers of 1000) or KiB, "
            "MiB, GiB, TiB (powers of 1024). With --older-than, age is applied first, then size.",
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
        .paragraph = "Address of the Docker Engine: unix:///path/to/socket or tcp://host:port. TLS "
                     "and SSH are not supported.",
    },
    {
        .letter = 'q',
        .name = "quiet",
        .excludes = "verbose",
        .group = OptionGroup::output,
        .line = "print nothing on success",
        .paragraph = "Prints nothing when the exit status is 0. Does not affect the output of "
                     "--json. Cannot be combined with --verbose.",
    },
    {
        .letter = 'v',
        .name = "verbose",
        .excludes = "quiet",
        .group = OptionGroup::output,
        .line = "print a line per request to the engine",
        .paragraph =
            "Prints a line per request to standard error: method, path, status, size and time.",
    },
    {
        .name = "json",
        .group = OptionGroup::output,
        .line = "print one line of JSON",
        .paragraph = "Prints the report as a single-line JSON object, also on failure.",
    },
    {
        .name = "color",
        .kind = ValueKind::choice,
        .placeholder = "WHEN",
        .choices = "auto always never",
        .default_value = "auto",
        .group = OptionGroup::output,
        .line = "color the report",
        .paragraph = "Controls whether the report is colored: auto, always or never. With auto, it "
                     "is colored on a terminal, unless NO_COLOR is set or TERM is dumb.",
    },
    {
        .letter = 'h',
        .name = "help",
        .group = OptionGroup::information,
        .line = "this summary; --help for more",
        .paragraph = "Prints a summary (-h) or the full help (--help).",
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
