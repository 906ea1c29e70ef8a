#!/usr/bin/env bash
# Nothing is wrong with the workflows and the action, nor with the README's workflows: read, not run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/documents/require.sh
. "$here/../documents/require.sh"
require shellcheck python3
python3 -c 'import yaml' 2>/dev/null || require python3-yaml
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
# shellcheck source=tests/readme/readme.sh
. "$here/../readme/readme.sh"

version=$(sed -nE 's/^project\(clear-app-cache VERSION ([^ ]+) .*/\1/p' "$root/CMakeLists.txt")
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
cp -r "$root/.github" "$files/"
readme_workflows "$files"
cd "$files"
check "the README has both kinds of jobs" test -s .github/workflows/short.yml -a -s .github/workflows/source.yml
for file in .github/actions/* .github/workflows/*.yml; do
  check "$file" "$here/check.py" "$version" "$files" "$file"
done
finish
