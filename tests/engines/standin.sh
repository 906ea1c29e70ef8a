# shellcheck shell=bash
# shellcheck disable=SC2154  # contexts is scene.sh's
# Sourced after it: a container like one of buildx's builders, buildx_buildkit_held0, whose buildctl is a stand-in.
# Its records are a file in the volume, its calls another.

build_standin() {
  local dir=$contexts/standin
  mkdir -p "$dir"
  cp "$(command -v busybox)" "$dir/busybox"
  cat >"$dir/buildctl" <<'END'
#!/bin/sh
case $1 in
  du) cat /var/lib/buildkit/records 2>/dev/null || echo null ;;
  prune)
    echo "$*" >>/var/lib/buildkit/calls
    rm -f /var/lib/buildkit/records
    echo 'Total: 7MB'
    ;;
esac
END
  cat >"$dir/Dockerfile" <<'END'
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && mkdir -p /var/lib/buildkit"]
COPY --chmod=755 buildctl /bin/buildctl
CMD ["/bin/sh", "-c", "trap exit TERM; sleep 86400 & wait"]
END
  in_engine env DOCKER_BUILDKIT=1 docker build -q --network none -t standin:latest "$dir" >/dev/null
}
run_standin() {
  in_engine docker run -d --network none --name buildx_buildkit_held0 \
    -v buildx_buildkit_held0_state:/var/lib/buildkit standin:latest >/dev/null
}

in_engine_builder() { in_engine docker exec buildx_buildkit_held0 sh -c "$1"; }
fill_builder() {
  in_engine_builder "rm -f /var/lib/buildkit/calls; echo '[{\"id\":\"a\",\"size\":7000000,\"recordType\":\"regular\"}]' \
    >/var/lib/buildkit/records"
}
has_records() { in_engine_builder 'test -s /var/lib/buildkit/records'; }
