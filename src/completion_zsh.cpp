#include <fmt/format.h>

#include "completion_parts.hpp"
#include "completions.hpp"

namespace cac {

namespace {

// Inside single quotes of a specification for _arguments.
std::string zsh_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return result;
}

std::string zsh_value(const OptionSpec& spec) {
  const std::string message = fmt::format(":{}:", spec.placeholder);
  switch (spec.kind) {
    case ValueKind::none:
      return "";
    case ValueKind::text:
      return message + " ";
    case ValueKind::choice:
    case ValueKind::duration:
    case ValueKind::size:
      return fmt::format("{}({})", message, offered_values(spec));
    case ValueKind::directory:
      return message + "_files -/";
    case ValueKind::host:
      return message + "_clear_app_cache_host";
  }
  return "";
}

// The list in front of a specification; _arguments calls the target ':'.
std::string zsh_unless(const OptionSpec& spec) {
  return fmt::format("({})", replaced(names_against(spec), target_argument.name, ":"));
}

// '(-p --project)'{-p+,--project=}'[prefix of the images]:NAME: '
std::string zsh_option(const OptionSpec& spec) {
  const bool takes_value = spec.kind != ValueKind::none;
  const std::string name = fmt::format("--{}{}", spec.name, takes_value ? "=" : "");
  const std::string rest = fmt::format("[{}]{}'", zsh_escaped(spec.line), zsh_value(spec));
  const bool informs = spec.group == OptionGroup::information;
  const std::string without = informs ? "(- :)" : zsh_unless(spec);
  if (spec.letter == 0) return fmt::format("'{}{}{}", without, name, rest);
  return fmt::format("'{}'{{-{}{},{}}}'{}", without, spec.letter, takes_value ? "+" : "", name,
                     rest);
}

constexpr std::string_view zsh_head = R"(
_clear_app_cache_host() {
  local socket
  if compset -P 'unix://'; then
    _files -g '*(=)'
    return
  fi
  for socket in @socket@ ${XDG_RUNTIME_DIR:-/run/user/$UID}/docker.sock; do
    [[ -S $socket ]] && compadd -- unix://$socket
  done
  compadd -S '' -- unix:/// tcp://
}

)";

}  // namespace

std::string zsh_completion() {
  std::string out = "#compdef clear-app-cache\n" + std::string(completion_origin);
  out += replaced(zsh_head, "@socket@", default_socket_path());
  out += "_arguments -s -S : \\\n";
  for (const OptionSpec& spec : option_table) out += fmt::format("  {} \\\n", zsh_option(spec));
  return out + fmt::format("  '{}{}'\n", zsh_unless(target_argument), zsh_value(target_argument));
}

}  // namespace cac
