# Calls the completion function as readline does: offers.bash COMPLETION_FILE <LINES
compopt() { :; } # knows only a completion that readline has begun
# shellcheck source=/dev/null
. "$1"
while IFS= read -r line; do
  COMP_LINE="clear-app-cache $line"
  COMP_POINT=${#COMP_LINE}
  read -ra COMP_WORDS <<<"$COMP_LINE"
  [[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _clear_app_cache
  echo "${COMPREPLY[*]}"
done
