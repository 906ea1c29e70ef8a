# shellcheck shell=bash
# Sourced by the tests: one line for each expectation; at the end the failures once more, and a count.

passed=0 failed=0 failures=

# check SENTENCE CMD...: CMD is expected to succeed; its output is shown only if it does not.
check() {
  local sentence=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok - $sentence"
  else
    failed=$((failed + 1))
    output="not ok - $sentence${output:+$'\n'$output}"
    output=${output//$'\n'/$'\n  | '}
    echo "$output"
    failures+=$output$'\n'
  fi
}

# Expectations for check: each one says what it found instead.
equal() { [[ $1 == "$2" ]] || { printf 'found:    %s\nexpected: %s\n' "$1" "$2" && return 1; }; }
contains() { [[ $1 == *"$2"* ]] || { printf 'not found: %s\nin: %s\n' "$2" "$1" && return 1; }; }

finish() {
  echo "$failures$passed ok, $failed not ok"
  ((failed == 0 && passed > 0))
}
