# bash completion for clear-app-cache
# Kept by hand. documents.offers-bash compares what it offers with src/cli/option_table.hpp.
# shellcheck shell=bash

# Returns whether none of these names is among those that _clear_app_cache found given.
_clear_app_cache_unused() {
  local name
  for name; do
    if [[ $given == *" $name "* ]]; then
      return 1
    fi
  done
}

# Completes a command that begins at this word, as it would complete by itself.
_clear_app_cache_command() {
  if declare -F _comp_command_offset >/dev/null; then # bash-completion, since 2.12
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  else
    COMPREPLY=()
    if ((COMP_CWORD == $1)); then
      mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}" | sort -u)
    fi
    compopt -o default
  fi
}

_clear_app_cache() {
  # Join the words up to the cursor: readline also splits at '=' and ':'.
  local IFS=$' \t\n' rest=${COMP_LINE:0:COMP_POINT} words=() places=() part current='' i
  for ((i = 0; i < COMP_CWORD; i++)); do
    part=${COMP_WORDS[i]}
    if [[ $i == 0 || $rest == [[:blank:]]* ]]; then
      rest=${rest#"${rest%%[![:blank:]]*}"}
      words+=("$part")
      places+=("$i")
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
  local option='' target='' names word files=()
  for ((i = 1; i < ${#words[@]}; i++)); do
    word=${words[i]}
    if [[ $option ]]; then
      if [[ $option == -f || $option == --file ]]; then
        files+=(--file "$word")
      fi
      option=
      continue
    fi
    case $word in
      --)
        _clear_app_cache_command $((places[i] + 1))
        return
        ;;
      --file=*) files+=(--file "${word#--file=}") ;;
      -p | --project | -f | --file | --app-dir | --keep-as | --timeout | --older-than | --keep-storage | --min-free-space | \
        -H | --host | -c | --context | --color)
        option=$word
        ;;
      -*) ;;
      *) target=TARGET ;;
    esac
  done
  local value=$current
  if [[ ! $option && $current == --*=* ]]; then
    option=${current%%=*}
    value=${current#*=}
  fi

  local offers=()
  case $option in
    -p | --project) ;;
    -f | --file)
      compopt -o default
      ;;
    --app-dir)
      compopt -o dirnames
      ;;
    --keep-as) ;;
    --timeout) offers=(5m 10m 30m 1h) ;;
    --older-than) offers=(1d 7d 2w) ;;
    --keep-storage | --min-free-space) offers=(512MB 5GB 20GiB) ;;
    -H | --host)
      compopt -o nospace
      offers=(unix:/// tcp:// ssh://)
      local path quoted
      while IFS= read -r path; do
        # A path that would need quotes is not offered.
        printf -v quoted %q "$path"
        if [[ $quoted != "$path" ]]; then
          continue
        elif [[ -d $path ]]; then
          offers+=("unix://$path/")
        elif [[ -S $path ]]; then
          offers+=("unix://$path")
        fi
      done < <(
        printf '%s\n' /var/run/docker.sock "${XDG_RUNTIME_DIR:-/run/user/$UID}/docker.sock"
        [[ $value == unix:///* ]] && compgen -f -- "${value#unix://}"
      )
      ;;
    -c | --context)
      mapfile -t offers < <(timeout 1 docker context ls -q 2>/dev/null </dev/null)
      ;;
    --color) offers=(auto always never) ;;
    '')
      local given=" ${words[*]%%=*} $target "
      if [[ $current != -* && ${#files[@]} -gt 0 ]]; then
        # What the files build, where Compose answers within a second.
        mapfile -t offers < <(
          timeout 1 docker compose "${files[@]}" --profile '*' config 2>/dev/null </dev/null |
            awk -F '[ ":]+' '/^[^ ]/ {at = $1} at == "services" && /^  [^ ]/ {name = $2} at == "services" && /^    build:/ {print name}'
        )
        ((${#offers[@]})) || offers=(backend frontend)
        offers+=(all)
      elif [[ $current != -* ]] && _clear_app_cache_unused --prune-only TARGET; then
        offers=(backend frontend all)
      else
        # The last name of a line is offered unless a name of the line was given.
        for names in \
          '--prune-only -p --project' \
          '--no-build' \
          '--allow-external' \
          '--prune-only --app-dir' \
          '--verify-only -n --dry-run' \
          '-n --dry-run --keep-as --prune-only --verify-only' \
          '--wait' \
          '--keep-cache-mounts' \
          '--verify-only --prune-only --keep-as' \
          '--min-free-space --all-builders' \
          '--timeout' \
          'TARGET -p --project -f --file --app-dir --verify-only --keep-as --prune-only' \
          '--older-than' \
          '--keep-storage' \
          '--all-builders --min-free-space' \
          '-c --context -H --host' \
          '-H --host -c --context' \
          '-v --verbose -q --quiet' \
          '-q --quiet -v --verbose' \
          '--json' \
          '--color' \
          '-h --help' \
          '-V --version'; do
          # shellcheck disable=SC2086
          if _clear_app_cache_unused $names; then
            offers+=("${names##* }")
          fi
        done
        # May be repeated.
        if _clear_app_cache_unused --prune-only; then
          offers+=(--file)
        fi
      fi
      ;;
  esac

  # readline replaces only the part after the last '=' or ':'.
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
