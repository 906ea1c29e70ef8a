#include <fmt/format.h>

#include "completion_parts.hpp"
#include "completions.hpp"

namespace cac {

namespace {

constexpr std::string_view fish_head = R"(
function __clear_app_cache_has_target
    set -l is_value no
    for word in (commandline -opc)[2..]
        if test $is_value = yes
            set is_value no
        else if contains -- $word @names@
            set is_value yes
        else if not string match -q -- '-*' $word
            return 0
        end
    end
    return 1
end

function __clear_app_cache_unused -d 'Whether nothing with one of these names was given'
    set -l given (commandline -opc | string replace -r '=.*' '')
    __clear_app_cache_has_target; and set -a given @target@
    for name in $argv
        contains -- $name $given; and return 1
    end
    return 0
end

function __clear_app_cache_expects -d 'Whether the value of an option with one of these names comes now'
    contains -- (commandline -opc)[-1] $argv
end

function __clear_app_cache_value -d 'The value of an option as far as it is typed'
    commandline -ct | string replace -r '^--[^=]*=' ''
end

function __clear_app_cache_hosts
    printf '%s\n' unix:/// tcp://
    set -l runtime /run/user/(id -u)
    set -q XDG_RUNTIME_DIR; and set runtime $XDG_RUNTIME_DIR
    set -l typed (string replace -r '^unix://' '' -- (__clear_app_cache_value))
    string match -q '/*' -- $typed; or set typed /nowhere
    for path in @socket@ $runtime/docker.sock $typed*
        test -d $path; and echo unix://$path/
        test -S $path; and echo unix://$path
    end
end

complete -c clear-app-cache -f
)";

std::string fish_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string fish_value(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::none:
      return "";
    case ValueKind::text:
      return " -x";
    case ValueKind::choice:
    case ValueKind::duration:
    case ValueKind::size:
      return " -x -a " + fish_quoted(offered_values(spec));
    case ValueKind::directory:
      return " -x -a '(__fish_complete_directories (__clear_app_cache_value))'";
    case ValueKind::host:
      return " -x -a '(__clear_app_cache_hosts)'";
  }
  return "";
}

}  // namespace

std::string fish_completion() {
  std::string out = "# fish completion for clear-app-cache\n" + std::string(completion_origin);
  const std::string head = replaced(fish_head, "@target@", target_argument.name);
  out +=
      replaced(replaced(head, "@names@", names_with_value(" ")), "@socket@", default_socket_path());
  out += fmt::format("complete -c clear-app-cache -n '__clear_app_cache_unused {}' -a {} -d {}\n",
                     names_against(target_argument), fish_quoted(target_argument.choices),
                     fish_quoted(target_argument.placeholder));
  for (const OptionSpec& spec : option_table) {
    std::string when = fmt::format("__clear_app_cache_unused {}", names_against(spec));
    if (spec.kind != ValueKind::none) {
      when = fmt::format("__clear_app_cache_expects {}; or {}", names_of(spec, " "), when);
    }
    out += fmt::format("complete -c clear-app-cache -n '{}'", when);
    if (spec.letter != 0) out += fmt::format(" -s {}", spec.letter);
    out += fmt::format(" -l {}{} -d {}\n", spec.name, fish_value(spec), fish_quoted(spec.line));
  }
  return out;
}

}  // namespace cac
