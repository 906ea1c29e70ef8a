# shellcheck shell=bash
# Sourced: stands in for the docker that a machine may have. No test may use one, so each stub reports
# every call to a file.

# host_docker DIR KIND: fills DIR, which is to come first on the PATH. Calls are appended to DIR/.called.
#
#   none       no docker, dockerd or podman: DIR is then to be the whole PATH
#   old        20.10: dockerd, and a docker client with BuildKit built in
#   no-buildx  dockerd 20.10 and a docker client 28 without the buildx plugin: it cannot build with BuildKit
#   podman     podman, and its `docker`
host_docker() {
  local directory directories
  mkdir -p "$1"
  rm -f "$1/.called"
  case $2 in
    none)
      IFS=: read -ra directories <<<"$PATH"
      for directory in "${directories[@]}"; do ln -s "$directory"/* "$1/" 2>/dev/null || :; done # the first wins
      rm -f "$1"/{docker,dockerd,podman}
      ;;
    old)
      stub "$1/dockerd" 'Docker version 20.10.24+dfsg1, build 297e128'
      stub "$1/docker" 'Docker version 20.10.24+dfsg1, build 297e128'
      ;;
    no-buildx)
      stub "$1/dockerd" 'Docker version 20.10.24+dfsg1, build 297e128'
      stub "$1/docker" 'Docker version 28.2.2, build e6534b4'
      ;;
    podman)
      stub "$1/podman" 'podman version 4.3.1'
      stub "$1/docker" 'podman version 4.3.1'
      ;;
  esac
}

stub() { # FILE VERSION: knows --version and nothing else
  cat >"$1" <<END
#!/bin/sh
echo "\${0##*/} \$*" >>"\${0%/*}/.called"
[ "\$*" = --version ] && echo "$2" && exit
echo "docker: unknown command: docker \$*" >&2
exit 1
END
  chmod +x "$1"
}

host_docker_calls() { cat "$1/.called" 2>/dev/null || :; }
