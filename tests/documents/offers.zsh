# Reads the specifications for _arguments: offers.zsh COMPLETION_FILE <LINES
# '(-q --quiet -v --verbose)--verbose[…]:VALUE:(a b c)' hides the list once --verbose is given;
# the target's name is ':'.
_arguments() { specs=("${@[@]:#-[sS]}") }
. $1
specs=("${(@)specs:#:}")

typeset -A hides values
for spec in $specs; do
  list=${${spec#\(}%%\)*}
  rest=${spec#*\)}
  name=${${${rest%%\[*}%[=+]}#\*}
  [[ $rest != :* ]] || name=:
  hides[$name]=$list
  [[ $rest != *\) ]] || values[$name]=${${rest##*\(}%\)}
done

while IFS= read -r line; do
  words=(${=line})
  [[ $line == *' ' || ! $line ]] && current= || { current=$words[-1]; words[-1]=() }
  hidden=()
  target=
  for (( i = 1; i <= $#words; ++i )); do
    word=$words[i]
    [[ $word != -* ]] && word=:
    hidden+=(${=hides[$word]})
    # A value follows what takes one.
    [[ $word != : && -n ${(M)specs:#*\)(\*|)${word}[=+]*} ]] && (( i += 1 ))
  done
  if [[ -z $current && $#words -gt 0 && -n ${values[$words[-1]]} ]]; then
    print -r -- ${values[$words[-1]]}
  elif [[ -z $current ]]; then
    (( $hidden[(Ie):] )) && print || print -r -- ${values[:]}
  else
    names=(${(M)${(k)hides}:#--*})
    print -r -- ${names:|hidden}
  fi
done
