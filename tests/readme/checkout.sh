# shellcheck shell=bash
# Sourced: a checkout of its own for what README.md says to do in one, so that neither the reader's
# build folder nor a running test's is touched.

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
}

in_checkout() { (cd "$checkout" && PATH=$checkout/build/bin:$PATH "$@"); }
