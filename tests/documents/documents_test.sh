#!/usr/bin/env bash
# The committed documents are what the table makes: documents_test.sh GENERATOR SOURCE_DIR
set -euo pipefail
generator=$1
source_dir=$2

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$generator" "$made"
for folder in man completions; do
  # Nothing stale beside them either.
  diff -ru "$source_dir/$folder" "$made/$folder" && continue
  echo "FAILED: $folder/ is not what the table makes: cmake --build … --target documents" >&2
  exit 1
done
echo "all passed"
