#!/bin/sh
# Installs what is needed, builds, and runs tests on real engines: sudo sh tests/run.sh [SET | ctest options]
#
#   (nothing)        the quick set: what needs no engine, and one whole round on each engine
#   --ci             what CI runs besides: the longer tests that each change must pass
#   --campaign       all tests: hours
#   ctest options    of all tests those that they select: sudo sh tests/run.sh -R docker-sid.classic
#
# tests/README.md says which test is in which set.
set -eu
cd "$(dirname "$0")/.."
ship=ship
case ${1-} in
  '') ship= && set -- -LE '^(ci|campaign)$' ;;
  --ci) shift && set -- -L '^ci$' "$@" ;;
  --campaign) shift ;;
esac
sh tests/setup.sh build engines documents $ship

roots=
end() {
  [ -z "$roots" ] || kill -s TERM -- "-$roots" || :
  for engine in $(bash tests/engines/engine.sh names); do
    bash tests/engines/engine.sh wipe "$engine"
  done
  sh tests/hand_over.sh
}
trap end EXIT
# An interrupted shell would not run the trap above by itself.
trap 'exit 130' INT
trap 'exit 143' TERM

# The engines' roots are made while the compiler works, in a process group of their own, which an interrupted
# run ends.
setsid bash tests/engines/engine.sh prepare &
roots=$!
# The demo leaves the tests out of the same build directory.
cmake --preset release -DBUILD_TESTING=ON
cmake --build --preset release
wait "$roots" || : # the roll call says what that means
roots=

echo "The engines of this run:"
bash tests/engines/roll_call.sh
# A test that waits for its engine leaves its core to another one.
ctest --preset release -j "$(($(nproc) + 1))" --no-tests=error "$@"
