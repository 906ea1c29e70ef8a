#!/bin/sh
# Installs what is needed, builds, and runs every test: sudo sh tests/run.sh [ctest options]
# For example: sudo sh tests/run.sh -R unit
set -eu
cd "$(dirname "$0")/.."
sh tests/setup.sh build engines documents
# The demo leaves the tests out of the same build folder.
cmake --preset release -DBUILD_TESTING=ON
cmake --build --preset release

end() {
  for engine in $(bash tests/engines/engine.sh names); do
    bash tests/engines/engine.sh wipe "$engine"
  done
  sh tests/hand_over.sh
}
trap end EXIT
# An interrupted shell would not run the trap above by itself.
trap 'exit 130' INT
trap 'exit 143' TERM
echo "The engines of this run:"
bash tests/engines/roll_call.sh
ctest --preset release -j 2 --no-tests=error "$@"
