# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # relayed_… are for the test; contexts, SOCKET and run_tool's are scene.sh's
# Sourced after it: a run through relay.py, where something happens to the engine at one of its requests.

relay_py=$(dirname "${BASH_SOURCE[0]}")/relay.py

# relayed NUMBER MOMENT COMMANDS TOOL ARG...: fills what run_tool does, and the same as relayed_status, relayed_output
# and relayed_errors; relay_log has the requests. No request is number 0.
relayed() {
  local relay events
  relay=$(mktemp -u "${TMPDIR:-/tmp}/relay.XXXXXX")
  relay_log=$contexts/relay.log relay_events=$contexts/relay.events
  exec {events}< <(exec python3 "$relay_py" "$relay" "$SOCKET" "$relay_log" "$1" "$2" bash -c "$3" 2>"$relay_events")
  relay_pid=$!
  read -r -u "$events"
  SOCKET=$relay run_tool "${@:4}"
  relayed_status=$tool_status relayed_output=$tool_output relayed_errors=$tool_errors
  kill "$relay_pid" 2>/dev/null || :
  relay_words=$(cat <&"$events")
  exec {events}<&-
  rm -f "$relay"
}
# An expectation: the commands have ended well, or they have failed and the engine is gone.
relay_said() { equal "$relay_words" "$1" || { cat "$relay_events" && return 1; }; }
