#!/usr/bin/env bash
# The action and the workflow that users call, run on a real engine, over ssh and on the host: what they fetch, which
# engine they reach, what they hand on, and that nothing a user sets becomes code.
#
#   clearing_test.sh ENGINE TOOL      ENGINE is one whose client has `docker compose`
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/engines/scene.sh
. "$here/../engines/scene.sh"
# shellcheck source=tests/engines/sshd.sh
. "$here/../engines/sshd.sh"
# shellcheck source=tests/readme/host.sh
. "$here/../readme/host.sh"
# shellcheck source=tests/workflows/github.sh
. "$here/github.sh"

sshd_begin "$@"
trap 'server_stop; scene_end' EXIT
host_use "$tool"
github_use "$tool"
images='watchparty-backend:latest watchparty-frontend:latest'
key=$(cat "$ssh_dir/client") known_hosts=$(cat "$ssh_dir/known_hosts")
login=(--secret "DEPLOY_SSH_KEY=$key" --var "DEPLOY_KNOWN_HOSTS=$known_hosts")

scene() { scene_images_only && sshd_start && server_start; }
key_is_nowhere() { # neither in the log nor in a file: its second line is enough
  local line
  line=$(sed -n 2p "$ssh_dir/client")
  ! grep -rlF -e "$line" "$run_directory" "$host/run.log" "$host/home"
}

# --- the workflow, started by hand in a fork ---

by_hand() { # OPTION...
  run_workflow --repository "$own_repository" --event workflow_dispatch "$@" \
    .github/workflows/clear-application-caches.yml
}

check "the scene is built" scene
earlier=$(step_uuids "$(image_of backend)")
id=$(image_id "$(image_of backend)")
untouched() { equal "$(image_id "$(image_of backend)")" "$id"; }

by_hand "${login[@]}"
check "no host, on a hosted runner: refused" exits_with 2
check "... with an annotation" contains "$log" '::error title=clear-app-cache::No host is given'
by_hand --input host="$ssh_url" --var "DEPLOY_KNOWN_HOSTS=$known_hosts"
check "no key: exit 4" exits_with 4
check "... the outputs" has_outputs unknown ''
by_hand --input host="$ssh_url" --secret "DEPLOY_SSH_KEY=$key" \
  --var "DEPLOY_KNOWN_HOSTS=${known_hosts%% *} $(cut -d' ' -f1,2 "$ssh_dir/unknown.pub")"
check "another host key: exit 4" exits_with 4
check "... which is said" contains "$log" 'is another one than before'
check "so far nothing was changed" untouched

# The key as a browser on Windows pastes it.
by_hand --input target=all --input host="$ssh_url" --secret "DEPLOY_SSH_KEY=${key//$'\n'/$'\r\n'}" \
  --var "DEPLOY_KNOWN_HOSTS=$known_hosts"
check "over ssh: success" exits_with ''
check "... the outputs" has_outputs clean "$images"
check "... the file came from the release" contains "$(cat "$host/server.log")" \
  "GET /OWNER/clear-app-cache/releases/download/$tag/$release_file HTTP/1.1\" 200"
check "... the engine is the host's" contains "$log" "$ssh_url"
check "... the plan is a group in the log" contains "$log" '::group::'
check "... a job summary" contains "$(fact '[.. | .summary? | strings] | join("")')" '### clear-app-cache: clean'
check "... the key is nowhere any more" key_is_nowhere
check "... ~/.ssh is as before" equal "$(ls -A "$host/home")" ''
own_timeout=$("$tool" --help | sed -nE '/^ +--timeout /,/^ +Default:/s/^ +Default: ([0-9]+)m\.$/\1/p')
check "... the job's timeout is above the tool's own" \
  equal "$(fact ".jobs.clear[\"timeout-minutes\"] > ${own_timeout:?}")" true
check "... it may read, and nothing else" equal "$(fact '.jobs.clear.permissions | tojson')" '{"contents":"read"}'
check "... one at a time for a host" contains "$(fact .jobs.clear.concurrency)" "$ssh_url"
build_app backend && build_app frontend
check "... the next build is fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"

# --- called from another repository ---

caller=$host/caller
mkdir -p "$caller/.github/workflows" "$caller/deploy"
# A job of the caller's reads what the called workflow found.
cat >"$caller/.github/workflows/call.yml" <<END
on: {workflow_dispatch: {inputs: {args: {type: string}}}}
permissions: {contents: read}
jobs:
  clear:
    uses: OWNER/clear-app-cache/.github/workflows/clear-application-caches.yml@$tag
    with: {target: backend, host: '$ssh_url', args: '\${{ inputs.args }}'}
    secrets: inherit
  report:
    needs: clear
    if: always()
    runs-on: ubuntu-24.04
    outputs: {verdict: '\${{ steps.read.outputs.verdict }}'}
    steps:
      - id: read
        env: {VERDICT: '\${{ needs.clear.outputs.verdict }}'}
        run: echo "verdict=\$VERDICT" >>"\$GITHUB_OUTPUT"
END
of_caller() { # OPTION... WORKFLOW
  run_workflow --repository "someone/watchparty@main=$caller" --repository "$own_repository" \
    --event workflow_dispatch "$@"
}
call() { # ARGS
  of_caller "${login[@]}" --input args="$1" .github/workflows/call.yml
}

call ''
check "called: success" exits_with ''
check "... the outputs" has_outputs clean watchparty-backend:latest
check "the scene is built" scene
start_running_build
call ''
check "called beside a running build: exit 3" exits_with 3
check "... the verdict reaches the next job" equal "$(fact .jobs.report.outputs.verdict)" residue
: >"$host/run.log"
call '--wait --verbose' &
caller_process=$!
check "with --wait it waits" has_polled 2 "$host/run.log"
kill -INT "$(cat "$host/run.pid")" || : # it has ended: the checks say how
wait "$caller_process" || :
last_run $((run_count + 1))
check "cancelled: the tool ends by the signal" exits_with 130
check "... so does the job" equal "$(fact .jobs.clear.result)" cancelled
check "... the key is nowhere any more" key_is_nowhere
check "the build ends" finish_running_build

# --- the action, on a self-hosted runner at the host ---

# act INPUT: VALUE...: the action with these inputs, in YAML
act() {
  {
    printf '%s\n' 'on: {workflow_dispatch: }' 'permissions: {contents: read}' 'jobs:' '  clear:' \
      '    runs-on: self-hosted' '    outputs:'
    printf "      %s: '\${{ steps.clear.outputs.%s }}'\n" \
      verdict{,} removed-images{,} reclaimed-bytes{,}
    printf '%s\n' '    steps:' '      - uses: actions/checkout@v4' '      - id: clear' \
      "        uses: OWNER/clear-app-cache/.github/actions/clear-app-cache@$tag" '        with:'
    printf '          %s\n' "$@"
  } >"$caller/.github/workflows/act.yml"
  of_caller --self-hosted .github/workflows/act.yml
}

for service in backend frontend; do
  cat >"$caller/deploy/$service.yaml" <<END
services:
  $service:
    image: watchparty-$service:latest
    build: {context: ../$service, cache_from: ['watchparty-$service:latest']}
END
done
check "the scene is built" scene
earlier=$(step_uuids "$(image_of backend)")
act 'target: backend frontend' 'file: "deploy/backend.yaml\ndeploy/frontend.yaml"' \
  "args: --keep-as 'before-clearing' --verbose" "from: $releases"
check "two Compose files, two services, options, local files: success" exits_with ''
check "... the outputs" has_outputs clean "$images"
check "... the image is kept" client image inspect watchparty-backend:before-clearing
check "... nothing was fetched" equal "$(grep -c GET "$host/server.log")" 0
build_app backend && build_app frontend
check "... the next build is fresh" fresh "$earlier" "$(step_uuids "$(image_of backend)")"
act 'build: docker compose -f "deploy/backend.yaml" build' "from: $releases"
check "a build command: success" exits_with ''
check "... the outputs" has_outputs clean watchparty-backend:latest
check "... it is not run" no_image_has watchparty-backend:latest
build_app backend
id=$(image_id "$(image_of backend)")
act 'build: docker compose -f deploy/backend.yaml build' 'target: backend'
check "a build command and a target: exit 2" exits_with 2
check "... which is said" contains "$log" 'a build command and TARGET cannot be combined'
act 'build: docker compose -f deploy/nowhere.yaml build'
check "a build command that docker refuses: exit 2" exits_with 2
check "... with its words" contains "$log" 'no such file or directory'
act 'build: docker compose -f deploy/backend.yaml build' 'args: --app-dir'
check "an option that lacks its value takes no other for it" exits_with 2
check "so far nothing was changed" untouched
act 'project: nothing-here' 'args: --dry-run'
check "another project: a note" contains "$log" "no image on this engine has a name that begins with 'nothing-here-'"
act 'project: watchprty'
check "a project that was probably mistyped: exit 2" exits_with 2
check "... and what was meant" contains "$log" 'did you mean --project watchparty?'
act 'args: --verify-only'
check "residue: exit 3" exits_with 3
check "... the outputs" has_outputs residue ''

# --- files that are not run ---

id=$(image_id "$(image_of backend)")
refused_as_usage() { exits_with 2 && contains "$log" "::error title=clear-app-cache::$1" && untouched; }
refused() { exits_with 1 && contains "$log" "::error title=clear-app-cache::$1" && untouched; }
act 'version: 9.9.9'
check "a version that is not released" refused "http://127.0.0.1:8080/OWNER/clear-app-cache/releases/download/v9.9.9/"
act 'version: latest'
check "a version that is none" refused_as_usage "The version 'latest' is none"
act 'from: /nowhere'
check "a directory that is not there" refused "/nowhere has no $release_file"
act "sha256: $(sha256sum </dev/null | cut -d' ' -f1)"
check "not the given checksum" refused "The SHA-256 of $release_file is"
echo >>"$releases/$release_file"
act 'target: all'
check "a changed file" refused "The SHA-256 of $release_file is"
act "sha256: 'sha256:$(sha256sum <"$releases/$release_file" | cut -d' ' -f1 | tr a-f A-F) '" 'args: --verify-only'
check "... with its checksum it is run" exits_with 3
: >"$releases/$release_file.sha256"
act 'target: all'
check "an empty checksum" refused "The SHA-256 of $release_file is"
machine() { program uname "echo Linux $1"; }
machine riscv64
act 'target: all'
check "another machine" refused "A release has no file for Linux riscv64"
if [[ $release_file == *-amd64 ]]; then machine aarch64; else machine x86_64; fi
act "args: --wait --color 'a  b'" 'target: "*"'
check "each machine gets its own file, and words as they are" contains "$log" \
  'for another machine: --wait --color a  b *'
act 'args: --wait' "build: docker  'b  c' \"\$d\" *"
check "... also those of a build command" contains "$log" \
  "for another machine: --no-build --wait -- docker b  c \$d *"
rm "$host/bin/uname"

# --- what users set is no code ---

printf '#!/bin/sh\ntouch %q\n' "$host/code" >"$host/docker"
chmod +x "$host/docker"
cp "$tool" "$releases/$release_file"
(cd "$releases" && sha256sum "$release_file" >"$release_file.sha256")
for inputs in "build: $host/docker build ." "args: -- $host/docker build ." 'target: --wait'; do
  act "$inputs"
  check "$inputs: refused" refused_as_usage 'The input '
  check "... and was not run" equal "$([[ ! -e $host/code ]] || echo one)" ''
done
# Inside double quotes, single ones or none, it would be run.
echo "x\"; touch $host/code; \"\$(touch $host/code)'; touch $host/code; '
::error title=injected::x" >"$host/hostile"
for input in target build host key known-hosts project file args version repository from sha256; do
  rm -f "$host/code"
  act "$input: $(jq -Rs . "$host/hostile")"
  check "a hostile $input: it ran" contains "$log" 'Fetch clear-app-cache'
  check "... and was no command" equal "$([[ ! -e $host/code ]] || echo one)" ''
  check "... nor one of the workflow's" equal "$(grep -c '^::error title=injected' <<<"$log")" 0
done
scene_clean
finish
