#!/usr/bin/env bash
# Starts every engine and says which one answers, so that the log of a run says on what it was
# made. An engine that does not come up is a failure in CI, and elsewhere skips its tests.
#
#   roll_call.sh
set -euo pipefail
engine_sh=$(dirname "$0")/engine.sh
missing=0
for engine in $("$engine_sh" names); do
  if "$engine_sh" start "$engine"; then
    "$engine_sh" list | grep "^$engine "
  else
    missing=$((missing + 1))
    echo "$engine cannot be started here: its tests are skipped" >&2
  fi
done
((missing == 0)) || [[ -z ${CI-} ]]
