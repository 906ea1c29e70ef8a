# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # cut_status is for the test; contexts and SOCKET are scene.sh's
# Sourced after it: strace shows what a run does, and ends it just there, before its work is done.
# traced_address and traced_by: another address of the engine than its socket, and what runs strace, which with
# traced_by_child is not the tool's parent.
traced_address='' traced_by=() traced_by_child=()

trace_tool() { # STRACE-OPTION... -- TOOL ARG...
  local options=()
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  # A shell starts background jobs with INT ignored, which the tool respects.
  exec "${traced_by[@]}" env --default-signal=INT strace "${traced_by_child[@]}" -qq -s 256 -o "$contexts/trace" \
    "${options[@]}" \
    "$1" -H "${traced_address:-unix://$SOCKET}" "${@:2}" >"$contexts/cut.out" 2>"$contexts/cut.errors"
}

# calls SYSCALL TOOL ARG...: how many of them a whole run makes
calls() {
  (trace_tool -e "trace=$1" -- "${@:2}") || return
  grep -c "$1(" "$contexts/trace"
}

# requests TOOL ARG...: what a whole run sends, a line "METHOD TARGET" each
requests() {
  (trace_tool -e trace=sendto -- "$@") || :
  sed -nE 's/^sendto\([0-9]+, "([A-Z]+ [^ ]+) HTTP.*/\1/p' "$contexts/trace"
}

# The place of the prune among the requests of a run.
prune_in() { grep -n /build/prune <<<"$1" | cut -d: -f1; }

# cut_short SIGNAL SYSCALL N TOOL ARG...: the run gets SIGNAL at its Nth SYSCALL; KILL ends it before that
# does anything, other signals are seen behind it. Fills cut_status.
cut_short() {
  cut_status=0
  # The shell would also report it.
  { (trace_tool -e "trace=$2" -e "inject=$2:signal=$1:when=$3" -- "${@:4}") || cut_status=$?; } 2>/dev/null
}

# killed_behind_request N TOOL ARG...: the run is killed when its Nth request is out, while the engine is
# at it: it is held up there, however quick the engine is. Fills cut_status.
killed_behind_request() {
  local count=$1 tracer traced
  shift
  rm -f "$contexts/trace"
  trace_tool -e trace=sendto -e "inject=sendto:delay_exit=1000000:when=$count" -- "$@" &
  tracer=$!
  until [[ $(grep -c sendto "$contexts/trace" 2>/dev/null) == "$count" ]]; do
    kill -0 "$tracer" 2>/dev/null || break
  done
  read -r traced _ <"/proc/$tracer/task/$tracer/children" || [[ $traced ]] # there is no line's end
  kill -KILL "$traced"
  cut_status=0
  wait "$tracer" 2>/dev/null || cut_status=$?
}
