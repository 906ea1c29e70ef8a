#!/usr/bin/env bash
# Completions at work: Tab is pressed in a real shell, and the screen is read.
# completions_test.sh bash|bash-completion|zsh|fish OPTION_ROWS INSTALLED
# bash-completion: bash with the package of that name, which loads the file by itself.
set -euo pipefail
suite=$1
rows=$2
installed=$3
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/documents/require.sh
. "$here/require.sh"
require tmux "${suite%-completion}"
# shellcheck source=tests/documents/terminal.sh
. "$here/terminal.sh"

package=/usr/share/bash-completion/bash_completion
if [[ $suite == bash-completion && ! -e $package ]]; then
  require "$package"
fi

# Wide and high enough for every option with its description.
start_terminal 160 60
mkdir -p "$terminal_directory/directory-one" "$terminal_directory/blank directory"
touch "$terminal_directory/directory-file" "$terminal_directory/blank-file" "$terminal_directory/shop.yaml"
# Answers as Compose does (tests/engines has the real one), for one file.
mkdir "$terminal_directory/bin"
cat >"$terminal_directory/bin/docker" <<'END'
#!/bin/sh
[ "$*" = 'compose --file shop.yaml --profile * config' ] && cat <<'SHOP'
name: shop
services:
  db:
    image: postgres
  web:
    build:
      context: /shop
  worker:
    labels:
      build: never
    build:
      context: /shop
x-templates:
  never:
    build: never
SHOP
END
printf '#!/bin/sh\n' >"$terminal_directory/bin/shopkeeper"
chmod +x "$terminal_directory/bin/docker" "$terminal_directory/bin/shopkeeper"
# What docker brings for itself.
mkdir -p "$terminal_directory/bash-completion/completions" "$terminal_directory/functions" "$terminal_directory/fish/completions"
cat >"$terminal_directory/bash-completion/completions/docker" <<'END'
_docker() {
  local names='compose buildx'
  [[ ${COMP_WORDS[1]} != compose ]] || names='build up'
  mapfile -t COMPREPLY < <(compgen -W "$names" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -F _docker docker
END
cat >"$terminal_directory/functions/_docker" <<'END'
#compdef docker
if [[ $words[2] == compose && CURRENT -gt 2 ]]; then compadd -- build up; else compadd -- compose buildx; fi
END
cat >"$terminal_directory/fish/completions/docker.fish" <<'END'
complete -c docker -f -n __fish_use_subcommand -a 'compose buildx'
complete -c docker -f -n '__fish_seen_subcommand_from compose' -a 'build up'
END
# The terminal's own socket, and a file beside it.
sockets=$(dirname "$(in_terminal display-message -p '#{socket_path}')")
touch "$sockets/documentation"

# The shell as its user has it: nothing but what the installed tree brings.
case $suite in
  bash*)
    {
      echo "PS1='ready> '"
      # One Tab lists.
      echo "bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'"
      if [[ $suite == bash ]]; then
        echo ". $installed/share/bash-completion/completions/clear-app-cache"
      else
        echo ". $package"
      fi
    } >"$terminal_directory/bashrc"
    shell=(bash --noprofile --rcfile "$terminal_directory/bashrc" -i)
    ;;
  zsh)
    cat >"$terminal_directory/.zshrc" <<END
PS1='ready> '
fpath=($terminal_directory/functions $installed/share/zsh/{site-functions,vendor-completions} \$fpath)
autoload -Uz compinit
compinit -u -d $terminal_directory/zcompdump
END
    shell=(zsh -d -i)
    ;;
  fish)
    mkdir -p "$terminal_directory/fish"
    cat >"$terminal_directory/fish/config.fish" <<END
set -g fish_greeting
function fish_prompt; printf 'ready> '; end
END
    shell=(fish -i)
    ;;
esac
shell=(env -u XDG_RUNTIME_DIR -u BASH_ENV "PATH=$installed/bin:$terminal_directory/bin:$PATH" "HOME=$terminal_directory"
  "ZDOTDIR=$terminal_directory" "XDG_CONFIG_HOME=$terminal_directory"
  "XDG_DATA_HOME=$terminal_directory" "XDG_DATA_DIRS=$installed/share:/usr/share" "${shell[@]}")

fresh_shell() {
  run_there "${shell[@]}"
  shows '^ready>' || { fail "$suite does not start" && screen >&2 && exit 1; }
}

cases=0

# completes LINE RESULT: after Tab, and an X so that no suggestion is taken for the line itself
completes() {
  cases=$((cases + 1))
  fresh_shell
  press "clear-app-cache $1" Tab X
  shows "^ready> clear-app-cache $2X\$" && return
  fail "'$1' does not become '$2':"
  screen | grep . >&2
}

# offers LINE PATTERN...: after Tab, each in a line below the prompt
offers() {
  cases=$((cases + 1))
  local line=$1 pattern
  fresh_shell
  press "clear-app-cache $line" Tab
  for pattern in "${@:2}"; do
    shows "^([^r].*)?$pattern" && continue
    fail "'$line' does not offer '$pattern':"
    screen | grep . >&2
    return
  done
}

offers '' '\<backend\>' '\<frontend\>' '\<all\>'
completes 'ba' 'backend '
completes '-n fr' '-n frontend '
completes '-p all ba' '-p all backend '
completes '--project=all ba' '--project=all backend '
completes 'all ba' 'all ba'

completes '--col' '--color[ =]'
offers '--color ' '\<auto\>' '\<always\>' '\<never\>'
completes '--color al' '--color always '
completes '--color=al' '--color=always '
completes '--timeout 30' '--timeout 30m '
completes '--older-than 7' '--older-than 7d '
completes '--keep-storage 20' '--keep-storage 20GiB '
completes '--keep-storage=512' '--keep-storage=512MB '
completes '--min-free-space 20' '--min-free-space 20GiB '

# Used options are not offered again.
completes '--json --js' '--json --js'
completes '-n --dr' '-n --dr'
completes '--color=auto --colo' '--color=auto --colo' # fish 4 takes --co for letters in --keep-cache-mounts

# Neither are those that they exclude.
completes '-n --verif' '-n --verif'
completes '--verify-only --dr' '--verify-only --dr'
completes '--keep-as x --prune' '--keep-as x --prune'
completes '-q --verb' '-q --verb'
completes '--prune-only ba' '--prune-only ba'
completes '--prune-only --app' '--prune-only --app'
completes 'all --prune' 'all --prune'
completes '--prune-only --old' '--prune-only --older-than[ =]'

# There is also a file with the same beginning.
completes '--app-dir direc' '--app-dir directory-one/'
completes '--app-dir=direc' '--app-dir=directory-one/'
completes '--app-dir bla' '--app-dir blank\\ directory/'
completes '--project fold' '--project fold'

# The services that a Compose file builds, several of them; the usual targets where Compose says nothing.
completes '-f sho' '-f shop.yaml '
completes '--file=sho' '--file=shop.yaml '
completes '-f shop.yaml wo' '-f shop.yaml worker '
completes '--file=shop.yaml web wo' '--file=shop.yaml web worker '
# None that they do not build.
completes '-f shop.yaml d' '-f shop.yaml d'
completes '-f shop.yaml n' '-f shop.yaml n'
completes '-f shop.yaml -n al' '-f shop.yaml -n all '
completes '--file blank-file front' '--file blank-file frontend '
completes '-f shop.yaml --prune' '-f shop.yaml --prune'

# Behind "--" there is a command, which completes as it would by itself.
completes '-- shopk' '-- shopkeeper '
completes '-n --app-dir=directory-one -- shopk' '-n --app-dir=directory-one -- shopkeeper '
completes '-- shopkeeper fr' '-- shopkeeper fr'
completes '-- shopkeeper --verif' '-- shopkeeper --verif'
completes '-- shopkeeper -f sho' '-- shopkeeper -f shop.yaml '
if [[ $suite != bash ]]; then
  completes '-- docker comp' '-- docker compose '
  completes '--no-build -- docker compose bu' '--no-build -- docker compose build '
  completes '--context=x -- docker compose ba' '--context=x -- docker compose ba'
fi

completes '--host un' '--host unix:///'
completes '--host=tc' '--host=tcp://'
completes "-H unix://$sockets/doc" "-H unix://$sockets/documents ?"

mapfile -t names < <("$rows" | awk -F '\t' '$2 != "TARGET" { print "--" $2 "\\>" }')
offers '--' "${names[@]}"
if [[ $suite == zsh || $suite == fish ]]; then
  # Each with its line of -h, in full.
  mapfile -t described < <("$rows" |
    awk -F '\t' '$2 != "TARGET" { print "--" $2 " .*" $8 }')
  offers '--' "${described[@]}"
fi

if [[ $suite == bash ]]; then
  # Some people take ':' or '=' out of the word breaks.
  echo "COMP_WORDBREAKS=\${COMP_WORDBREAKS//[:=]/}" >>"$terminal_directory/bashrc"
  completes '--color=al' '--color=always '
  completes "--host unix://$sockets/doc" "--host unix://$sockets/documents ?"
  completes "--host=unix://$sockets/doc" "--host=unix://$sockets/documents ?"
fi

echo "$suite: $cases cases"
finish
