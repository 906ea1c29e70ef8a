#!/bin/sh
# Which directory of src/ may include which: each line of `may` names all that its directory may. A directory
# without a line, and one whose includes are not found, is a failure.
#
#   includes_test.sh SRC
set -eu
cd "$1"

may='base base
docker base docker
clear base docker clear
report base docker clear report
cli base docker clear cli'

failures=0
for directory in */; do
  directory=${directory%/}
  allowed=$(echo "$may" | sed -n "s/^$directory //p")
  included=$(grep -rho --include='*.[ch]pp' '#include "[a-z_]*/' "$directory" | cut -d '"' -f 2 | tr -d / | sort -u)
  if [ -z "$allowed" ] || [ -z "$included" ]; then
    echo "$directory: no rule, or no includes found" && failures=1
  fi
  for other in $included; do
    case " $allowed " in
      *" $other "*) ;;
      *) echo "$directory must not include $other/" && failures=1 ;;
    esac
  done
done
exit "$failures"
