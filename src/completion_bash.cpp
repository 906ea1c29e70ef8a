#include <fmt/format.h>

#include "completion_parts.hpp"
#include "completions.hpp"

namespace cac {

namespace {

constexpr std::string_view bash_head = R"(
# Whether nothing with one of these names is among what _clear_app_cache saw given.
_clear_app_cache_unused() {
  local name
  for name; do
    if [[ $given == *" $name "* ]]; then
      return 1
    fi
  done
}

_clear_app_cache() {
  # Whole words up to the cursor: readline also takes '=' and ':' for the end of a word.
  local IFS=$' \t\n' rest=${COMP_LINE:0:COMP_POINT} words=() part current='' i
  for ((i = 0; i < COMP_CWORD; i++)); do
    part=${COMP_WORDS[i]}
    if [[ $i == 0 || $rest == [[:blank:]]* ]]; then
      rest=${rest#"${rest%%[![:blank:]]*}"}
      words+=("$part")
    else
      words[-1]+=$part
    fi
    rest=${rest#"$part"}
  done
  if [[ $rest != [[:blank:]]* ]]; then
    current=${words[-1]}
    unset 'words[-1]'
  fi
  current+=${rest#"${rest%%[![:blank:]]*}"}

  # The option whose value is next, and whether there is a target.
  local option='' target='' names word
  for word in "${words[@]:1}"; do
    if [[ $option ]]; then
      option=
      continue
    fi
    case $word in
      @names@) option=$word ;;
      -*) ;;
      *) target=@target@ ;;
    esac
  done
  local value=$current
  if [[ ! $option && $current == --*=* ]]; then
    option=${current%%=*}
    value=${current#*=}
  fi

  local offers=()
  case $option in
)";

constexpr std::string_view bash_host = R"(      compopt -o nospace
      offers=(unix:/// tcp://)
      local path quoted
      while IFS= read -r path; do
        # What would need quotes is not offered: it may hold anything.
        printf -v quoted %q "$path"
        if [[ $quoted != "$path" ]]; then
          continue
        elif [[ -d $path ]]; then
          offers+=("unix://$path/")
        elif [[ -S $path ]]; then
          offers+=("unix://$path")
        fi
      done < <(
        printf '%s\n' @socket@ "${XDG_RUNTIME_DIR:-/run/user/$UID}/docker.sock"
        [[ $value == unix:///* ]] && compgen -f -- "${value#unix://}"
      )
      ;;
)";

constexpr std::string_view bash_middle = R"(    '')
      local given=" ${words[*]%%=*} $target "
      if [[ $current != -* ]] && _clear_app_cache_unused @unless@; then
        offers=(@targets@)
      elif [[ $given != *' -- '* ]]; then
        for names in@options@; do
          # shellcheck disable=SC2086
          if _clear_app_cache_unused $names; then
            offers+=("${names##* }")
          fi
        done
      fi
      ;;
  esac
)";

constexpr std::string_view bash_tail = R"(
  # What readline replaces is only the part after the last '=' or ':'.
  local before=${current%"$value"} tail=$current
  [[ $COMP_WORDBREAKS == *=* ]] && tail=${tail##*=}
  [[ $COMP_WORDBREAKS == *:* ]] && tail=${tail##*:}
  COMPREPLY=()
  for word in "${offers[@]}"; do
    [[ $word == "$value"* ]] || continue
    word=$before$word
    COMPREPLY+=("${word#"${current%"$tail"}"}")
  done
}

complete -F _clear_app_cache clear-app-cache
)";

}  // namespace

std::string bash_completion() {
  std::string out = "# bash completion for clear-app-cache\n" + std::string(completion_origin);
  out += "# shellcheck shell=bash\n";
  out += replaced(replaced(bash_head, "@names@", names_with_value(" | ")), "@target@",
                  target_argument.name);
  std::string options;
  for (const OptionSpec& spec : option_table) {
    options += fmt::format(" \\\n          '{}'", names_against(spec));
    if (spec.kind == ValueKind::none) continue;
    out += fmt::format("    {})", names_of(spec, " | "));
    if (spec.kind == ValueKind::directory) {
      // readline's own knows quotes and tildes; it is asked when nothing else is offered.
      out += "\n      compopt -o dirnames\n      ;;\n";
    } else if (spec.kind == ValueKind::host) {
      out += "\n" + replaced(bash_host, "@socket@", default_socket_path());
    } else if (offered_values(spec).empty()) {
      out += " ;;\n";
    } else {
      out += fmt::format(" offers=({}) ;;\n", offered_values(spec));
    }
  }
  const std::string middle = replaced(bash_middle, "@targets@", target_argument.choices);
  out +=
      replaced(replaced(middle, "@unless@", names_against(target_argument)), "@options@", options);
  return out + std::string(bash_tail);
}

}  // namespace cac
