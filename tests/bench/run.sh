#!/bin/sh
# Measures the tool beside the docker client and beside a bare loop of requests, on private engines;
# prints a table in Markdown: sudo sh tests/bench/run.sh
# REPEAT (default 7) is how often each one runs in each scene; ENGINES names the engines; SCENES (default
# 3) is how many of the scenes, the small ones first.
set -eu
cd "$(dirname "$0")/../.."
sh tests/setup.sh build engines >&2
{
  # Not in build/release: the tests' switch would stay off there.
  cmake --preset release -B build/bench/release -DBUILD_TESTING=OFF
  cmake --build build/bench/release --target clear-app-cache

  compile="c++ -std=c++20 -O2 -Wall -Wextra -Wpedantic -Itests"
  # shellcheck disable=SC2046 # a list of flags
  $compile -Wl,--as-needed -o build/bench/floor tests/bench/floor.cpp $(pkg-config --cflags --libs libcurl)
  # Static: they also run in the engines' roots.
  $compile -static -o build/bench/measure tests/bench/measure.cpp
  $compile -static -pthread -o build/bench/requests tests/bench/requests.cpp
  $compile -DFMT_HEADER_ONLY -pthread -o build/bench/fake_records \
    tests/bench/fake_records.cpp tests/fake_engine/*.cpp
} >&2
exec bash tests/bench/bench.sh build/bench/release/clear-app-cache build/bench
