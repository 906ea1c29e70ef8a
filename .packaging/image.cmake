# Writes a container image of the static program, as an archive for `docker load`:
#   cmake -DPROGRAM=FILE -DNAME=NAME:TAG -DARCHITECTURE=amd64 -DEPOCH=SECONDS -DARCHIVE=FILE.tar.gz -P image.cmake
# No Dockerfile and no engine: the archive is the same bytes wherever it is made. Format: Docker's image
# specification 1.2, which every engine and Podman load.
cmake_minimum_required(VERSION 3.22)

set(work ${ARCHIVE}.d)
file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work}/root ${work}/image)
file(COPY ${PROGRAM} DESTINATION ${work}/root)

function(pack directory archive)
  execute_process(COMMAND tar -c --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@${EPOCH}
                          --mode=u=rwX,go=rX -f ${archive} ${ARGN}
                  WORKING_DIRECTORY ${directory} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

pack(${work}/root ${work}/image/layer.tar clear-app-cache)
file(SHA256 ${work}/image/layer.tar layer)
set(ENV{SOURCE_DATE_EPOCH} ${EPOCH})
string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)
# Not root: `--group-add` gives it the socket's group.
file(WRITE ${work}/image/config.json "\
{\"architecture\":\"${ARCHITECTURE}\",\"os\":\"linux\",\"created\":\"${created}\",\
\"config\":{\"Entrypoint\":[\"/clear-app-cache\"],\"User\":\"65534:65534\",\"Env\":[\"LANG=C.UTF-8\"]},\
\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:${layer}\"]},\
\"history\":[{\"created\":\"${created}\",\"created_by\":\"clear-app-cache\"}]}")
file(SHA256 ${work}/image/config.json config)
file(RENAME ${work}/image/config.json ${work}/image/${config}.json)
file(WRITE ${work}/image/manifest.json
     "[{\"Config\":\"${config}.json\",\"RepoTags\":[\"${NAME}\"],\"Layers\":[\"layer.tar\"]}]")
pack(${work}/image ${work}/image.tar manifest.json ${config}.json layer.tar)
execute_process(COMMAND gzip -9nc ${work}/image.tar OUTPUT_FILE ${ARCHIVE} COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${work})
