// The one table of arguments: the parser obeys it, help and the man page print it, and tests hold
// the completions against it. Says what an option is called and what it is for, not what it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cac {

struct OptionSpec {
  char short_name = 0;                  // 0: none
  bool may_repeat = false;              // else the last value counts
  std::string_view name = {};           // without the dashes
  std::string_view placeholder = {};    // of the value; empty: a switch
  std::string_view choices = {};        // all values, separated by blanks; empty: not a choice
  std::string_view default_value = {};  // empty: none
  std::string_view environment = {};    // the variable to read if the option is not given
  std::string_view group = {};          // a title in help and the man page
  std::string_view short_help = {};     // for -h and completions: a few words, no full stop
  std::string_view long_help = {};      // for --help and the man page: full sentences
};

inline constexpr OptionSpec target_argument{
    .name = "TARGET",
    .placeholder = "TARGET",
    .choices = "backend frontend all",
    .default_value = "all",
    .group = "Target",
    .short_help = "backend, frontend or all",
    .long_help =
        "What to clear. backend is the image PROJECT-backend:latest, frontend is "
        "PROJECT-frontend:latest, and all is every image that the engine lists for "
        "PROJECT-*:latest, along with dangling images, except those that a container holds, that "
        "Compose has labeled as another project's, or that were pulled by digest. An image that "
        "Compose has labeled as a longer-named project's (PROJECT-admin) is left alone. The build "
        "cache is shared by all services, so every target clears all of it. With --file, any "
        "service that the Compose file builds, several of them, or all.",
};

// It stands behind "--", and so is none of the parser's.
inline constexpr OptionSpec build_command_argument{
    .name = "BUILD COMMAND",
    .placeholder = "BUILD COMMAND",
    .group = "Target",
    .short_help = "clear for it, then run it",
    .long_help =
        "Clears everything that this command would build and read, and, after a clean verdict, "
        "runs it, in the same directory, environment and terminal: what is cleared is what is "
        "built. After any other verdict it is not run. The command is docker compose build, docker "
        "compose up --build (docker-compose as well), docker buildx bake, docker bake, docker "
        "build or docker buildx build, with its own options. Compose and bake are asked what they "
        "would build (--print); a docker build is read from its own words.",
};

inline constexpr OptionSpec option_table[] = {
    {
        .short_name = 'p',
        .name = "project",
        .placeholder = "NAME",
        .default_value = "watchparty",
        .environment = "CLEAR_APP_CACHE_PROJECT",
        .group = "Target",
        .short_help = "prefix of the images",
        .long_help =
            "Prefix of the application's images. If no image on the engine has it, a warning names "
            "likely ones. With --file, the project's name, as docker compose -p; the environment "
            "variable is then ignored.",
    },
    {
        .short_name = 'f',
        .may_repeat = true,
        .name = "file",
        .placeholder = "FILE",
        .group = "Target",
        .short_help = "clear what a Compose file builds",
        .long_help =
            "Short for --no-build -- docker compose -f FILE build TARGET...: clears, for each "
            "service, its image, its build.tags, and the images and type=local directories of its "
            "cache_from and cache_to. TARGET is then any service that the file builds, or several "
            "of them. Repeat the option for several files, in Compose's order. With -, reads from "
            "standard input what docker compose build --print, docker buildx bake --print or "
            "docker compose config --format json prints. A relative directory is looked up where "
            "the command runs.",
    },
    {
        .name = "no-build",
        .group = "Target",
        .short_help = "do not run the build command",
        .long_help = "Clears for the build command, and does not run it: for a deployment that "
                     "builds later. --json demands it, as its line is the only one on standard "
                     "output. --dry-run and --verify-only never run the build command.",
    },
    {
        .name = "allow-external",
        .group = "Target",
        .short_help = "accept caches outside this engine",
        .long_help = "Reports caches that the build command names outside this engine (type=gha, "
                     "s3, azblob, an image of a registry or of Docker Hub) as notes. Without it, "
                     "they are residue: the next build would use them, and nobody can clear them "
                     "from here.",
    },
    {
        .name = "app-dir",
        .placeholder = "DIR",
        .group = "Target",
        .short_help = "also clear the build artifacts in DIR",
        .long_help = "Also removes build artifacts under DIR that the next build would copy into "
                     "an image. In DIR/frontend: .next, .turbo, out, node_modules/.cache and every "
                     ".cache directory; in DIR/backend: staticfiles, and every __pycache__, "
                     ".pytest_cache, .mypy_cache, *.pyc, *.pyo and *.pyd. Does not follow symbolic "
                     "links. Refuses / and your home directory, a service directory that contains "
                     "your home, and a DIR or service directory that is a symbolic link.",
    },
    {
        .short_name = 'n',
        .name = "dry-run",
        .group = "Behavior",
        .short_help = "print the plan; change nothing",
        .long_help = "Prints the plan, with each image and the number and size of the build cache "
                     "records, without changing anything.",
    },
    {
        .name = "verify-only",
        .group = "Behavior",
        .short_help = "report the verdict; change nothing",
        .long_help = "Reports the cache sources and the verdict without changing anything.",
    },
    {
        .name = "wait",
        .group = "Behavior",
        .short_help = "wait for running builds first",
        .long_help =
            "Waits, up to --timeout, for running builds to finish. Without it, the build cache "
            "records that they hold are left, and reported as residue. A dry run does not wait.",
    },
    {
        .name = "keep-cache-mounts",
        .group = "Behavior",
        .short_help = "keep RUN --mount=type=cache caches",
        .long_help =
            "Keeps the caches of RUN --mount=type=cache, where package managers store their "
            "downloads. The next build still runs every step, except one that a kept cache mount "
            "is based on (from=), which is reported as residue. On Docker 20.10 and 23, the "
            "directory of a cache mount with uid=, gid= or mode= looks like such a step and is "
            "also reported. On Docker 20.10, such a kept cache mount may not be found again.",
    },
    {
        .name = "keep-as",
        .placeholder = "TAG",
        .group = "Behavior",
        .short_help = "tag each image NAME:TAG first",
        .long_help =
            "Tags each image as NAME:TAG before removing it, so you can roll back: docker tag "
            "NAME:TAG NAME:latest. Refuses latest, and a TAG already used by another image, so "
            "that an earlier backup is never lost. If tagging fails, the image is not removed.",
    },
    {
        .name = "all-builders",
        .group = "Behavior",
        .short_help = "also clear the caches of buildx builders",
        .long_help =
            "Also clears the caches of the buildx builders that run in containers on this engine: "
            "runs buildctl prune in each of them, and buildctl du to verify it. Never removes a "
            "builder's container or volume. Without it, a builder is a note, or residue if builds "
            "go there: BUILDX_BUILDER, or the builder that docker buildx use has chosen.",
    },
    {
        .name = "timeout",
        .placeholder = "DURATION",
        .default_value = "10m",
        .group = "Behavior",
        .short_help = "limit for the whole run",
        .long_help =
            "Limits the whole run, except the build command, to DURATION: an integer "
            "followed by s, m, h, d or w. When the time is up, deleted items stay deleted, "
            "the engine finishes a prune that it has begun, and the next run does the "
            "rest.",
    },
    {
        .name = "prune-only",
        .group = "Pruning",
        .short_help = "prune only the build cache",
        .long_help = "Prunes the build cache and nothing else, for a periodic job: all records "
                     "that no running build holds, or only those outside the limits.",
    },
    {
        .name = "older-than",
        .placeholder = "DURATION",
        .group = "Pruning",
        .short_help = "only records unused for DURATION",
        .long_help = "Prunes only records that were not used for at least DURATION: an integer "
                     "followed by s, m, h, d or w.",
    },
    {
        .name = "keep-storage",
        .placeholder = "SIZE",
        .group = "Pruning",
        .short_help = "keep up to SIZE of cache",
        .long_help =
            "Prunes the least recently used records until the build cache is no larger than SIZE: "
            "an integer followed by B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB "
            "(powers of 1024). Like the engine, it does not count what an image shares. With "
            "--older-than, age is applied first, then size.",
    },
    {
        .name = "min-free-space",
        .placeholder = "SIZE",
        .group = "Pruning",
        .short_help = "prune until SIZE is free",
        .long_help =
            "Prunes the least recently used records until SIZE, as for --keep-storage, is free on "
            "the file system of the engine's data. With --keep-storage, the engine prunes until "
            "both hold. With --older-than, age is applied first. The engine alone measures: what "
            "is reserved for root counts as free. It does not report how much is free, so the "
            "proof is a prune that deletes nothing although records are left. Needs API 1.48 "
            "(Docker 28) or newer; on an older engine, nothing is pruned.",
    },
    {
        .short_name = 'H',
        .name = "host",
        .placeholder = "URL",
        .default_value = "unix:///var/run/docker.sock",
        .environment = "DOCKER_HOST",
        .group = "Connection",
        .short_help = "the engine: unix://, tcp:// or ssh://",
        .long_help =
            "Address of the Docker Engine: unix:///path/to/socket, tcp://host:port (with TLS if "
            "DOCKER_TLS_VERIFY or DOCKER_TLS is set) or ssh://user@host:port, which runs docker "
            "system dial-stdio on that host. The user and the port may be left out; a path behind "
            "them is the engine's socket there.",
    },
    {
        .short_name = 'c',
        .name = "context",
        .placeholder = "NAME",
        .environment = "DOCKER_CONTEXT",
        .group = "Connection",
        .short_help = "the docker context of the engine",
        .long_help =
            "Name of a docker context, as docker context ls lists them. If neither --host, "
            "--context, DOCKER_HOST nor DOCKER_CONTEXT is given, docker's current context is used.",
    },
    {
        .short_name = 'q',
        .name = "quiet",
        .group = "Output",
        .short_help = "print only warnings on success",
        .long_help = "When the exit status is 0, prints warnings only. Does not affect the output "
                     "of --json.",
    },
    {
        .short_name = 'v',
        .name = "verbose",
        .group = "Output",
        .short_help = "print a line per request to the engine",
        .long_help =
            "Prints a line per request to standard error: method, path, status, size and time.",
    },
    {
        .name = "json",
        .group = "Output",
        .short_help = "print one line of JSON",
        .long_help = "Prints the report as a single-line JSON object, also on failure.",
    },
    {
        .name = "color",
        .placeholder = "WHEN",
        .choices = "auto always never",
        .default_value = "auto",
        .group = "Output",
        .short_help = "color the report",
        .long_help = "Controls whether the report is colored: auto, always or never. With auto, it "
                     "is colored on a terminal, unless NO_COLOR is set or TERM is dumb.",
    },
    {
        .short_name = 'h',
        .name = "help",
        .group = "Help",
        .short_help = "print help; --help prints more",
        .long_help = "Prints a summary (-h) or the full help (--help).",
    },
    {
        .short_name = 'V',
        .name = "version",
        .group = "Help",
        .short_help = "print the version",
        .long_help = "Prints the version.",
    },
};

consteval const OptionSpec& option_spec(std::string_view name) {
  for (const OptionSpec& spec : option_table) {
    if (spec.name == name) return spec;
  }
  throw "no such option in the table";
}

// "--dry-run", "TARGET" or "a build command".
std::string argument_form(std::string_view name);

// "auto, always or never", from words that blanks separate.
std::string enumerate(std::string_view words);
std::string enumerate(const std::vector<std::string>& list);

// long_help, and which arguments the option excludes and requires.
std::string full_help(const OptionSpec& spec);

// "Environment: DOCKER_HOST. Default: unix:///var/run/docker.sock.", or "".
std::string default_note(const OptionSpec& spec);

}  // namespace cac
