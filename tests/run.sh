#!/bin/sh
# Installs what is needed, builds, and runs every test: sudo sh tests/run.sh [ctest options]
# For example: sudo sh tests/run.sh -R unit
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh build engines documents
export CMAKE_GENERATOR=Ninja
cmake --preset release
cmake --build --preset release
# Where tests run side by side their output is not told apart: only failures show it.
exec ctest --preset release "$@"
