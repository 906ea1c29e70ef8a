#!/usr/bin/env bash
# The steps of action.yml, which gives each one its environment: steps.sh fetch|login|clear
# Nothing that a user sets becomes code here: values are words of a command, never parts of a script.
set -euo pipefail

fail() { # STATUS SENTENCE: an annotation, in which no input can begin another workflow command
  local text=${2//%/%25}
  text=${text//$'\r'/%0D}
  printf '::error title=clear-app-cache::%s\n' "${text//$'\n'/%0A}"
  exit "$1"
}

# --- fetch: the file of the release for this machine, with its checksum verified ---

get() { # FILE: into the directory
  if [[ -n $INPUT_FROM ]]; then
    cp -- "$INPUT_FROM/$1" "$directory/$1" || fail 1 "$INPUT_FROM has no $1 that can be read."
  else
    local url=$GITHUB_SERVER_URL/$INPUT_REPOSITORY/releases/download/v$version/$1
    curl --fail --silent --show-error --location --proto-redir =https --retry 3 --max-time 300 \
      --output "$directory/$1" "$url" ||
      fail 1 "$url cannot be fetched. Does this release have the file, and can the runner reach it?"
  fi
}

fetch() {
  local version=${INPUT_VERSION#v} architecture file expected actual directory
  [[ $version =~ ^[0-9][0-9A-Za-z.~+-]*$ ]] ||
    fail 2 "The version '$INPUT_VERSION' is none that a release can have: give one such as 0.1.0."
  # A hosted runner has an engine of its own, empty: it would be found clean, and the deployment left as it is.
  if [[ $RUNNER_ENVIRONMENT == github-hosted && -z $INPUT_HOST${DOCKER_HOST-}${DOCKER_CONTEXT-} ]]; then
    fail 2 "No host is given, and this runner is one of GitHub's: set host to where the engine is, ssh://USER@HOST."
  fi
  case "$(uname -sm)" in
    'Linux x86_64') architecture=amd64 ;;
    'Linux aarch64') architecture=arm64 ;;
    *) fail 1 "A release has no file for $(uname -sm): use a Linux runner with x86-64 or arm64." ;;
  esac
  directory=$(mktemp -d "$RUNNER_TEMP/clear-app-cache.XXXXXX")
  file=clear-app-cache-$version-linux-$architecture
  get "$file"
  expected=${INPUT_SHA256//[[:space:]]/}
  expected=${expected#sha256:} # as GitHub writes it
  if [[ -z $expected ]]; then
    get "$file.sha256"
    read -r expected _ <"$directory/$file.sha256" || :
  fi
  actual=$(sha256sum <"$directory/$file")
  actual=${actual%% *}
  [[ $actual == "${expected,,}" ]] ||
    fail 1 "The SHA-256 of $file is $actual, expected ${expected:-one beside it}: it is not run."
  chmod +x "$directory/$file"
  echo "$file, SHA-256 $actual: as expected"
  echo "tool=$directory/$file" >>"$GITHUB_OUTPUT"
}

# --- login: an ssh with this key and these host keys, in a directory for the PATH. The files in ~/.ssh stay as
# --- they are.

login() {
  local directory ssh options=()
  ssh=$(command -v ssh) || fail 1 "There is no ssh on this runner: install its client."
  umask 077
  directory=$(mktemp -d "$RUNNER_TEMP/login.XXXXXX")
  echo "directory=$directory" >>"$GITHUB_OUTPUT" # first: whatever happens now, it is deleted at the end
  if [[ -n $INPUT_KEY ]]; then
    printf '%s\n' "${INPUT_KEY//$'\r'/}" >"$directory/key"
    options+=(-o "IdentityFile=\"$directory/key\"" -o IdentitiesOnly=yes -o IdentityAgent=none)
  fi
  if [[ -n $INPUT_KNOWN_HOSTS ]]; then
    printf '%s\n' "${INPUT_KNOWN_HOSTS//$'\r'/}" >"$directory/known_hosts"
    options+=(-o "UserKnownHostsFile=\"$directory/known_hosts\"" -o GlobalKnownHostsFile=/dev/null
      -o StrictHostKeyChecking=yes)
  fi
  printf '#!/usr/bin/env bash\nexec%s "$@"\n' "$(printf ' %q' "$ssh" "${options[@]}")" >"$directory/ssh"
  chmod +x "$directory/ssh"
}

# --- clear ---

# Prints the words of a text, each with a NUL. xargs splits and unquotes, and expands nothing.
split() { xargs -r printf '%s\0' <<<"$1"; }

clear() {
  local options=() words=() targets=() build=() file word
  [[ -z $INPUT_HOST ]] || options+=(--host "$INPUT_HOST")
  [[ -z $INPUT_PROJECT ]] || options+=(--project "$INPUT_PROJECT")
  while read -r file; do [[ -z $file ]] || options+=(--file "$file"); done <<<"$INPUT_FILE"
  mapfile -d '' -t words < <(split "$INPUT_ARGS")
  wait $! || fail 2 "The input args cannot be split into words: is a quote left open?"
  mapfile -d '' -t build < <(split "$INPUT_BUILD")
  wait $! || fail 2 "The input build cannot be split into words: is a quote left open?"
  read -rd '' -a targets <<<"$INPUT_TARGET" || :
  for word in "${words[@]}"; do
    [[ $word != -- ]] || fail 2 "The input args has a --: give the build command as build."
  done
  for word in "${targets[@]}"; do
    [[ $word != -* ]] || fail 2 "The input target has an option: give it in args."
  done
  if ((${#build[@]})); then
    # The tool asks whatever file is called docker.
    [[ ${build[0]} == docker || ${build[0]} == docker-compose ]] ||
      fail 2 "The input build does not begin with docker or docker-compose."
    [[ ${targets[*]} != all ]] || targets=()    # the input's default
    options=(--no-build "${options[@]}") # first, so that no option among the args takes it for its value
    build=(-- "${build[@]}")
  fi
  [[ -z $LOGIN_DIRECTORY ]] || export PATH=$LOGIN_DIRECTORY:$PATH
  exec "$FETCHED_TOOL" "${options[@]}" "${words[@]}" "${targets[@]}" "${build[@]}"
}

"$1"
