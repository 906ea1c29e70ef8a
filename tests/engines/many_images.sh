# shellcheck shell=bash
# Sourced after scene.sh: images in numbers.
# shellcheck disable=SC2154  # contexts is set there

# load_many N: many:1 to many:N, which share one tiny layer, by one `docker load`.
load_many() {
  local i id separator='[' dir=$contexts/many
  rm -rf "$dir"
  mkdir -p "$dir/layer" "$dir/files"
  echo many >"$dir/files/many"
  tar -C "$dir/files" --mtime=2024-01-01 -cf "$dir/layer/layer.tar" many
  rm -r "$dir/files"
  id=$(sha256sum "$dir/layer/layer.tar" | cut -d' ' -f1)
  for ((i = 1; i <= $1; i++)); do
    printf '{"architecture":"amd64","os":"linux","config":{"Cmd":["%d"]},"created":"2024-01-01T00:00:00Z","history":[{"created":"2024-01-01T00:00:00Z","created_by":"many %d"}],"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
      "$i" "$i" "$id" >"$dir/$i.json"
    printf '%s{"Config":"%d.json","RepoTags":["many:%d"],"Layers":["layer/layer.tar"]}' \
      "$separator" "$i" "$i" >>"$dir/manifest.json"
    separator=,
  done
  echo ']' >>"$dir/manifest.json"
  tar -C "$dir" -c . | in_engine docker load -q >/dev/null
  rm -r "$dir"
}
