// The one table of options: parser, help, man page and completions are made from it.
// Says what an option is called and what it is for, not what it does.
#pragma once

#include <cstddef>
#include <string_view>

namespace cac {

enum class ValueKind { none, text, choice, duration, host };

enum class OptionGroup { what, how, engine, output, information };

struct OptionSpec {
  char letter;                   // 0: none
  std::string_view name;         // without the dashes
  ValueKind kind;                // none: a switch
  std::string_view placeholder;  // of the value
  std::string_view choices;      // separated by spaces, of a choice
  std::string_view default_value;
  std::string_view environment;  // the variable that stands in when the option is not given
  OptionGroup group;
  std::string_view line;       // for -h: a few words, no full stop
  std::string_view paragraph;  // for --help and the manual: full sentences
};

inline constexpr OptionSpec target_argument{
    0,
    "TARGET",
    ValueKind::choice,
    "TARGET",
    "backend frontend all",
    "all",
    "",
    OptionGroup::what,
    "which service to clear: backend, frontend or all",
    "The service to clear. backend is the image PROJECT-backend:latest, frontend is "
    "PROJECT-frontend:latest, and all is every image that the engine lists for PROJECT-*:latest, "
    "along with the nameless images that no container holds. The build cache cannot be told apart "
    "by service: each target clears all of it."};

inline constexpr OptionSpec option_table[] = {
    {'p', "project", ValueKind::text, "NAME", "", "watchparty", "CLEAR_APP_CACHE_PROJECT",
     OptionGroup::what, "prefix of the images",
     "The prefix of the application's images. A warning is given when no image on the engine has "
     "it."},
    {'n', "dry-run", ValueKind::none, "", "", "", "", OptionGroup::how,
     "print the plan; change nothing",
     "Prints what a run would do, each image and the number and size of the build cache records, "
     "and changes nothing."},
    {0, "verify-only", ValueKind::none, "", "", "", "", OptionGroup::how,
     "report the verdict; change nothing",
     "Reads what cache sources are there and reports the verdict, and changes nothing."},
    {0, "wait", ValueKind::none, "", "", "", "", OptionGroup::how,
     "first wait until no build is running",
     "First waits, within --timeout, until no running build holds a build cache record. Without it "
     "such records are left, and reported as residue. A dry run does not wait."},
    {0, "keep-cache-mounts", ValueKind::none, "", "", "", "", OptionGroup::how,
     "spare RUN --mount=type=cache caches",
     "Spares the caches of RUN --mount=type=cache, where package managers keep what they "
     "downloaded. Every step of the next build still runs."},
    {0, "timeout", ValueKind::duration, "DURATION", "", "10m", "", OptionGroup::how,
     "for the whole run",
     "How long the whole run may take: a whole number and s, m, h, d or w. When it runs out, a "
     "running prune is cancelled: what was deleted stays deleted, and the next run finishes the "
     "work."},
    {'H', "host", ValueKind::host, "URL", "", "unix:///var/run/docker.sock", "DOCKER_HOST",
     OptionGroup::engine, "the engine: unix://PATH or tcp://HOST:PORT",
     "The address of the Docker Engine: unix:///path/to/socket or tcp://host:port. TLS and ssh "
     "are not spoken."},
    {'q', "quiet", ValueKind::none, "", "", "", "", OptionGroup::output, "say nothing on success",
     "Prints nothing when the exit status is 0. What --json prints is not affected."},
    {'v', "verbose", ValueKind::none, "", "", "", "", OptionGroup::output,
     "a line per request to the engine",
     "Prints a line per request to standard error: method, path, status, size and time."},
    {0, "json", ValueKind::none, "", "", "", "", OptionGroup::output, "print one line of JSON",
     "Prints the report as exactly one line: one JSON object, also on failure."},
    {0, "color", ValueKind::choice, "WHEN", "auto always never", "auto", "", OptionGroup::output,
     "colour the report",
     "Whether the report is coloured. auto does so on a terminal, unless NO_COLOR is set or TERM "
     "is dumb."},
    {'h', "help", ValueKind::none, "", "", "", "", OptionGroup::information,
     "this help; --help tells more", "Prints help: -h on one screen, --help complete."},
    {'V', "version", ValueKind::none, "", "", "", "", OptionGroup::information,
     "print the version", "Prints the version."},
};

consteval const OptionSpec& option_spec(std::string_view name) {
  for (const OptionSpec& spec : option_table) {
    if (spec.name == name) return spec;
  }
  throw "no such option in the table";
}

consteval bool option_table_is_sound() {
  for (const OptionSpec& spec : option_table) {
    if (spec.name.empty() || spec.line.empty() || spec.paragraph.empty()) return false;
    if (spec.line.ends_with('.') || !spec.paragraph.ends_with('.')) return false;
    if ((spec.kind == ValueKind::none) != spec.placeholder.empty()) return false;
    if ((spec.kind == ValueKind::choice) != !spec.choices.empty()) return false;
    for (const OptionSpec& other : option_table) {
      if (&spec == &other) continue;
      if (spec.name == other.name) return false;
      if (spec.letter != 0 && spec.letter == other.letter) return false;
    }
  }
  return true;
}
static_assert(option_table_is_sound(), "an option has a hole or a duplicate");

}  // namespace cac
