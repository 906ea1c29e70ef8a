#!/bin/sh
# A release's files. What the build calls them stands here alone, and what users fetch is named here.
#
#   release.sh check TAG               fails unless TAG is v and the version in CMakeLists.txt
#   release.sh gather TAG DIRECTORY    fills DIRECTORY from what the presets static and static-arm64 built, each file
#                                      with its checksum in a file beside it, as `sha256sum -c` reads it
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "release.sh: $*" >&2
  exit 1
}

version() { sed -nE 's/^project\(clear-app-cache VERSION ([^ ]+) .*/\1/p' CMakeLists.txt; }

check() {
  [ "$1" = "v$(version)" ] || fail "the tag is $1, but CMakeLists.txt has version $(version)"
}

# add FILE [NAME]
add() {
  file=${2:-${1##*/}}
  cp "$1" "$directory/$file" || fail "the build has no $1"
  (cd "$directory" && sha256sum "$file" >"$file.sha256")
}

gather() {
  check "$1"
  directory=$2
  name=clear-app-cache version=$(version)
  said=$(build/static/clear-app-cache --version)
  case $said in "$name $version"*) ;; *) fail "the program that was built is of another version: $said" ;; esac
  mkdir "$directory"
  for architecture in amd64 arm64; do
    built=build/static
    [ "$architecture" = amd64 ] || built=build/static-$architecture
    # The program alone, by the name that the action fetches.
    add "$built/$name" "$name-$version-linux-$architecture"
    add "$built/$name-$version-linux-$architecture.tar.gz"
    add "$built/${name}_${version}_$architecture.deb"
    add "$built/$name-$version-image-$architecture.tar.gz"
  done
}

[ $# -ge 2 ] || fail "usage: release.sh check TAG | gather TAG DIRECTORY"
"$@"
