#!/bin/sh
# Shows the tool at work on a private throwaway engine: sudo sh tests/demo.sh
# The engine is the tests' own docker-bookworm, whatever docker this host has; it is gone afterwards.
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh build engines
cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release
sh tests/hand_over.sh
exec bash tests/engines/demo.sh "$PWD/build/release/clear-app-cache"
