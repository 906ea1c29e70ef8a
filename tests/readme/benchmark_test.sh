#!/usr/bin/env bash
# tests/bench/run.sh, as README.md lets a reader run it, in a checkout and with an engine of its own. What
# takes long about it are the scenes and the repetitions: here it is the first scene, once, on one engine.
#
#   benchmark_test.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
# shellcheck source=tests/readme/checkout.sh
. "$here/checkout.sh"
((EUID == 0)) || [[ -n ${CI-} ]] || exit 77

checkout_use
checkout_engines
status=0
output=$(REPEAT=1 ENGINES=docker-bookworm SCENES=1 in_checkout sh tests/bench/run.sh 2>&1) || status=$?
check "exit 0" equal "$status" 0
check "a row for each scene" contains "$output" '| nothing to clear |'
check "the peak with many records" contains "$output" 'With 5,000 build cache records'
check "no engine is left" equal "$(ls "$ENGINES_DIR/run")" ''
[[ $failed == 0 ]] || echo "$output"
finish
