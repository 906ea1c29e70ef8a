# Sourced: a program in a terminal of its own. Keys go in, the screen is read; no sleep decides
# anything. The terminal is a tmux server that nothing else sees.
# shellcheck shell=bash

# start_terminal COLUMNS LINES: in the directory $terminal_directory, which goes with it
start_terminal() {
  terminal_directory=$(mktemp -d)
  trap stop_terminal EXIT
  unset TMUX
  export TMUX_TMPDIR=$terminal_directory LC_ALL=C.UTF-8
  in_terminal new-session -d -x "$1" -y "$2" 'exec cat'
}

stop_terminal() {
  in_terminal kill-server 2>/dev/null || true
  rm -rf "$terminal_directory"
}

in_terminal() { tmux -L documents -f /dev/null -u "$@"; }

# run_there COMMAND...: in place of what ran there before, on an empty screen
run_there() { in_terminal respawn-pane -k -c "$terminal_directory" "$@"; }

# press WORD...: what tmux knows as a key is pressed, other words are typed
press() {
  local word
  for word in "$@"; do
    case $word in
      Tab | Enter) in_terminal send-keys "$word" ;;
      *) in_terminal send-keys -l -- "$word" ;;
    esac
  done
}

screen() { in_terminal capture-pane -p; }

# shows PATTERN: whether a line of the screen matches within some seconds
shows() {
  local deadline=$((SECONDS + 20))
  until grep -Eq -- "$1" <<<"$(screen)"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}
