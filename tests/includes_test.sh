#!/bin/sh
# Which directory of src/ may include what: each line of `may` names the directories, or single headers, that
# its directory may include. A directory without a line, and one whose includes are not found, is a failure.
#
#   includes_test.sh SRC
set -eu
cd "$1"

may='base base
docker base docker
clear base docker clear
report base clear report docker/objects
cli base docker/context docker/api_version clear/application clear/build_command clear/request cli'

failures=0
for directory in */; do
  directory=${directory%/}
  allowed=$(echo "$may" | sed -n "s/^$directory //p")
  included=$(grep -rho --include='*.[ch]pp' '#include "[^"]*"' "$directory" | cut -d '"' -f 2 | sort -u)
  if [ -z "$allowed" ] || [ -z "$included" ]; then
    echo "$directory: no rule, or no includes found" && failures=1
  fi
  for header in $included; do
    case " $allowed version " in
      *" ${header%/*} "* | *" ${header%.hpp} "*) ;;
      *) echo "$directory must not include $header" && failures=1 ;;
    esac
  done
done
exit "$failures"
