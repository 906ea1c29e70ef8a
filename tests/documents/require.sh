# Sourced: what a suite of documents needs, and how it says that something is wrong.
# shellcheck shell=bash

# Ends the suite when a program is missing: skipped by hand, a failure in CI.
require() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null && continue
    echo "skipped: there is no $program here (sudo sh tests/setup.sh documents)" >&2
    [[ ${CI:-} ]] && exit 1
    exit 77
  done
}

failures=0

# fail WHAT...: reports it, counts it, and the suite goes on.
fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# The last line of a suite.
finish() {
  ((failures == 0)) || { echo "$failures failed" >&2 && exit 1; }
  echo "all passed"
}
