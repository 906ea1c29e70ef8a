# shellcheck shell=bash
# Sourced: a checkout of its own for what README.md says to do in one, so that neither the reader's
# build directory nor a running test's is touched. First on the PATH there is a docker that cannot build, as
# some machines have one: nothing may rely on it.

# shellcheck source=tests/engines/host_docker.sh
. "$(dirname "${BASH_SOURCE[0]}")/../engines/host_docker.sh"

# What was built in it stays for the next time.
checkout_use() {
  local origin
  origin=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  checkout=$origin/build/readme/checkout
  mkdir -p "$checkout"
  find "$checkout" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  tar -C "$origin" --exclude=./build --exclude=./.git -c . | tar -C "$checkout" -x
  mkdir -p "$checkout/build/bin"
  printf '#!/bin/sh\nexec "$@"\n' >"$checkout/build/bin/sudo"
  chmod +x "$checkout/build/bin/sudo"
  host_docker "$checkout/build/bin" no-buildx
}

# Engines of its own from now on, from the same roots.
checkout_engines() {
  local roots
  roots=$(realpath -m "${ENGINES_DIR:-$checkout/../../engines}/roots")
  export ENGINES_DIR=$checkout/build/engines
  mkdir -p "$ENGINES_DIR" "$roots"
  ln -sfn "$roots" "$ENGINES_DIR/roots"
}

in_checkout() { (cd "$checkout" && PATH=$checkout/build/bin:$PATH "$@"); }
