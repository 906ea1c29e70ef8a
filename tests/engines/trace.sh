# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # cut_status is for the test; contexts and SOCKET are scene.sh's
# Sourced after it: strace tells what a run does, and ends it just there, before its work is done.

trace_tool() { # STRACE-OPTION... -- TOOL ARG...
  local options=()
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  # A shell starts background jobs with INT ignored, which the tool respects.
  exec env --default-signal=INT strace -qq -s 256 -o "$contexts/trace" "${options[@]}" \
    "$1" -H "unix://$SOCKET" "${@:2}" >"$contexts/cut.out" 2>"$contexts/cut.errors"
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

# killed_at SYSCALL N TOOL ARG...: an expectation; the run is killed before its Nth SYSCALL does anything.
killed_at() {
  local status=0
  (trace_tool -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" -- "${@:3}") 2>/dev/null || status=$?
  ((status == 137))
}

# cut_short_in_prune SIGNAL TOOL ARG...: the run gets SIGNAL while the engine prunes the build cache: it is
# held up behind each request, so that it is there however quick the engine is. Fills cut_status.
cut_short_in_prune() {
  local signal=$1 tracer traced
  shift
  rm -f "$contexts/trace"
  trace_tool -e trace=sendto -e inject=sendto:delay_exit=200000 -- "$@" &
  tracer=$!
  until grep -q /build/prune "$contexts/trace" 2>/dev/null; do
    kill -0 "$tracer" 2>/dev/null || break
  done
  read -r traced _ <"/proc/$tracer/task/$tracer/children"
  kill "-$signal" "$traced"
  cut_status=0
  wait "$tracer" 2>/dev/null || cut_status=$?
}
