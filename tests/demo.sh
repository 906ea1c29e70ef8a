#!/bin/sh
# Shows the tool at work on a private throwaway engine: sudo sh tests/demo.sh
# The engine is this host's dockerd binary if there is one (with a data folder and a socket of its
# own), else one from a folder below build/; it is gone afterwards.
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh build engines
cmake --preset release -DBUILD_TESTING=OFF >/dev/null
cmake --build --preset release
sh tests/hand_over.sh
exec bash tests/engines/demo.sh "$PWD/build/release/clear-app-cache"
