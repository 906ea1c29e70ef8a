#!/bin/sh
# Runs clear-app-cache once on every node of a Docker swarm: [LABEL=NAME=VALUE] [LIMIT=SECONDS] swarm.sh IMAGE [ARG...]
# Needs a manager's docker client. LABEL: only on the nodes with that label. LIMIT (900): how long to wait for them.
# Exit status: 0 every node ended with 0; 3 a cache source is left on one; 1 one was not reached, or failed otherwise;
# 2 invalid command line; 4 nothing was started; 128+N ended by signal N, which ends the tool on every node.
set -u
name=clear-app-cache start=$(date +%s) run=$$.$start label=${LABEL-} limit=${LIMIT:-900} rows='all unknown' status=0
die() { echo "swarm.sh: $2" >&2 && exit "$1"; }
nodes() { docker node ls ${label:+--filter "node.label=$label"} --format "node {{.ID}} $1{{.Hostname}}"; }
echo "$limit ${label:-=} ${1-}" | grep -Eq '^[0-9]+ [^ ]*=[^ ]* [^ -]' ||
  die 2 'usage: [LABEL=NAME=VALUE] [LIMIT=SECONDS] swarm.sh IMAGE [OPTION...] [TARGET...]'
found=$(nodes '') || exit 4 # docker has said why: no engine, no swarm, not a manager
[ -n "$found" ] || die 4 "no node has the label $label"
! docker service inspect "$name" >/dev/null 2>&1 || die 4 "a service $name exists: see docker service ps $name"
docker image inspect "$1" >/dev/null 2>&1 || docker pull -q "$1" >/dev/null || die 4 "there is no image $1"
trap 'docker service ls -q --filter "label=run=$run" | xargs -r docker service rm >/dev/null' EXIT
trap 'exit 129' HUP && trap 'exit 130' INT && trap 'exit 143' TERM
# Not a global job, which would repeat what fails. Root: the socket's group differs. When ended, it finishes its prune.
docker service create -dq --name "$name" --label "run=$run" --mode global --restart-condition none --user 0 \
  --read-only --cap-drop ALL --network host --mount type=bind,src=/var/run/docker.sock,dst=/var/run/docker.sock \
  --with-registry-auth --stop-grace-period 1h ${label:+--constraint "node.labels.${label%%=*}==${label#*=}"} \
  "$@" >/dev/null || exit 4
while sleep 1 && [ $(($(date +%s) - start)) -lt "$limit" ]; do # what cannot be read now is read the next time
  found=$(docker service ps --no-resolve --format 'task {{.Node}} {{.ID}} {{.CurrentState}}' "$name" &&
    nodes '{{.Status}},{{.Availability}} ') || continue
  rows=$(echo "$found" | awk '$1 == "task" && !($2 in task) { task[$2] = $4 " " $3 }
    $1 == "node" { print $4, $3, $2 in task ? task[$2] : "no task" }')
  echo "$rows" | grep -Eqv ' Down,|,(Drain|Pause) | (Complete|Failed|Rejected|Shutdown|Orphaned|Remove) ' || break
done
echo "$rows" | { # where all went well, not what was done
  while read -r host node state id; do
    error=$(docker inspect --type task -f '{{.Status.Err}}' "$id" 2>/dev/null) || error='no task'
    case "$state $error" in
      Complete*) code=0 log=$({ docker service logs --raw "$id" | grep -Ev '^(\+|✓|Clearing) '; } 2>&1) ;;
      *'non-zero exit ('*) code=${error#*(} code=${code%%)*} log=$(echo && docker service logs --raw "$id" 2>&1) ;;
      *) code='' log="not reached, or not to the end: node $node, ${error:-task $state}" ;;
    esac
    case $code in 0) ;; 3) [ "$status" != 0 ] || status=3 ;; *) status=1 ;; esac
    printf '%s\n' "${code:+exit status $code: }$log" | sed "s/^/$host: /; s/ $//"
  done && exit "$status"; }
