#!/usr/bin/env bash
# runner_test.py, where there is what it needs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/documents/require.sh
. "$here/../documents/require.sh"
require shellcheck python3
python3 -c 'import yaml' 2>/dev/null || require python3-yaml
exec "$here/runner_test.py"
