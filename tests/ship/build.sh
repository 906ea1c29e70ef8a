#!/bin/sh
# What gets shipped, made twice, in DIRECTORY/one and DIRECTORY/other/folder: build.sh DIRECTORY
set -eu
cd "$(dirname "$0")/../.."
for folder in one other/folder; do
  cmake --preset static -B "$1/$folder" -DBUILD_TESTING=OFF
  cmake --build "$1/$folder"
  cmake --build "$1/$folder" --target package
  cmake --build "$1/$folder" --target image
done
