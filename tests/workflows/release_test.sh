#!/usr/bin/env bash
# The release workflow, run: that it gathers and publishes the right files under the right names, each with its
# checksum, and that it stops where it should. Not run, but stood in for: the container it asks for; apt-get and the
# packages; cmake, whose commands are only checked, with a built TOOL in the place of the static program and a line of
# text in that of each package; gh, whose arguments and files are recorded.
#
#   release_test.sh TOOL
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/documents/require.sh
. "$here/../documents/require.sh"
require python3 jq
python3 -c 'import yaml' 2>/dev/null || require python3-yaml
# shellcheck source=tests/engines/check.sh
. "$here/../engines/check.sh"
# shellcheck source=tests/workflows/github.sh
. "$here/github.sh"
tool=$(realpath "${1:?TOOL}")
export LC_ALL=C # ls and sort agree

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
stand_in() { # NAME LINE...
  printf '#!/bin/bash\n' >"$scratch/bin/$1"
  printf '%s\n' "${@:2}" >>"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}
built_files "$scratch/built" "$tool"
stand_in apt-get :
stand_in dpkg-query 'echo "install ok installed"' # so that setup.sh only says whether it has the groups
stand_in cmake "echo \"\$*\" >>$scratch/cmake" "cp -r $scratch/built/build ."
stand_in gh "printf '%s\n' \"\$@\" >$scratch/gh" "env >$scratch/gh.env" "cp -r dist $scratch/published"

release() { # TAG
  status=0
  rm -rf "$scratch"/{run,cmake,gh,published}
  log=$(PATH=$scratch/bin:$PATH "$here/run.py" --repository "$own_repository" --event push --ref "refs/tags/$1" \
    "$scratch/run" .github/workflows/release.yml 2>&1) || status=$?
  result=$scratch/run/result.json
}
succeeds() { equal "$status" 0 || { echo "$log" && return 1; }; }
stops_at() { # STEP
  equal "$(fact '.jobs.build.steps | map(select(.outcome == "failure").name) | join(" ")')" "$1" &&
    equal "$(ls "$scratch/gh" 2>/dev/null)" ''
}

release "$tag"
check "it succeeds" succeeds
version=${tag#v}
check "the files" equal "$(ls "$scratch/published")" "$(
  for architecture in amd64 arm64; do
    printf "%s\n%s.sha256\n" "clear-app-cache-$version-linux-$architecture"{,} \
      "clear-app-cache-$version-"{linux,linux,image,image}"-$architecture.tar.gz" \
      "clear-app-cache_${version}_$architecture.deb"{,}
  done | sort
)"
checksums_are_right() { (cd "$scratch/published" && sha256sum --quiet -c ./*.sha256); }
check "the checksums" checksums_are_right
check "the program is the static build's" cmp "$scratch/published/$release_file" "$tool"
check "gh: published with the files" equal "$(head -n 7 "$scratch/gh" | tr '\n' ' ')" \
  "release create $tag --verify-tag --title clear-app-cache $tag --generate-notes "
check "... all of them" equal "$(tail -n +8 "$scratch/gh")" \
  "$(find "$scratch/published" -type f -printf 'dist/%f\n' | sort)"
check "... to this repository" contains "$(cat "$scratch/gh.env")" GH_REPO=OWNER/clear-app-cache
check "what is built may not write, what publishes builds nothing" equal \
  "$(fact '[.jobs.build, .jobs.publish] | map(.permissions.contents) | join(" ")')" "read write"

# What cmake is asked for is there.
presets() { # KIND
  cd "$root" && cmake --list-presets="$1" 2>&1
}
while read -r arguments; do
  kind=configure
  [[ $arguments != --build* ]] || kind=build
  preset=$(sed -E 's/.*--preset ([^ ]+).*/\1/' <<<"$arguments")
  check "cmake $arguments: the preset" contains "$(presets $kind)" "\"$preset\""
done < <(sort -u "$scratch/cmake")
check "each is configured, built and packed" equal \
  "$(cut -d' ' -f1 "$scratch/cmake" | sort | uniq -c | tr -s ' \n' ' ')" ' 4 --build 2 --preset '

release v9.9.9
check "a tag that is not the version's: nothing is built" stops_at 'Check the tag'
rm "$scratch"/built/build/static-arm64/*.deb
release "$tag"
check "a package that is not there: nothing is published" stops_at 'Gather the files'
check "... which is said" contains "$log" \
  "the build has no build/static-arm64/clear-app-cache_${version}_arm64.deb"
built_files "$scratch/built" /bin/true
release "$tag"
check "a program that does not say its version: nothing is published" stops_at 'Gather the files'
finish
