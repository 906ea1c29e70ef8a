#!/usr/bin/env bash
# Lets each fuzzer look for what breaks it: fuzz_test.sh BUILD SECONDS [FUZZER...]
# An input that does is left in BUILD/found; added to tests/fuzz/corpus, every build runs it.
set -euo pipefail
build=$1
seconds=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! command -v clang++ >/dev/null; then
  echo "clang++ is missing (tests/setup.sh checks)"
  [[ ${CI-} ]] && exit 1
  exit 77
fi

cd "$here/../.."
cmake --preset fuzz -B "$build" >/dev/null
cmake --build "$build" --target fuzzers
mkdir -p "$build/found"
(($#)) || set -- "$here"/corpus/*
failed=0
for corpus; do
  name=${corpus##*/}
  new=$(mktemp -d)
  "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -max_len=20000 \
    -artifact_prefix="$build/found/$name-" -print_final_stats=1 "$new" "$here/corpus/$name" >"$build/$name.log" 2>&1 ||
    failed=$((failed + 1))
  grep -hE '^(stat::number_of_executed_units|broken|SUMMARY|==[0-9]+==.*ERROR)|terminate called|what\(\)|cov:.*DONE' \
    "$build/$name.log" | sed "s/^/$name: /"
  # What covers more than the corpus does, for who wants to add it.
  rm -rf "$build/new/$name" && mkdir -p "$build/new" && mv "$new" "$build/new/$name"
done
ls "$build/found"
((failed == 0))
