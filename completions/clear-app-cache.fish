# fish completion for clear-app-cache
# Kept by hand. documents.offers-fish compares what it offers with src/cli/option_table.hpp.

function __clear_app_cache_has_target
    set -l is_value no
    for word in (commandline -opc)[2..]
        if test $is_value = yes
            set is_value no
        else if contains -- $word -p --project -f --file --app-dir --keep-as --timeout --older-than --keep-storage --min-free-space -H --host -c --context --color
            set is_value yes
        else if not string match -q -- '-*' $word
            return 0
        end
    end
    return 1
end

function __clear_app_cache_has_command
    contains -- -- (commandline -opc)
end

function __clear_app_cache_command -d 'Print how the command behind -- would complete by itself'
    set -l words (commandline -opc)
    set -l first (math (contains -i -- -- $words) + 1)
    complete -C (string join ' ' -- (string escape -- $words[$first..]) (commandline -ct))
end

function __clear_app_cache_unused -d 'Return whether none of these arguments was given'
    set -l given (commandline -opc | string replace -r '=.*' '')
    __clear_app_cache_has_target; and set -a given TARGET
    for name in $argv
        contains -- $name $given; and return 1
    end
    return 0
end

function __clear_app_cache_expects -d 'Return whether the value of one of these options is next'
    contains -- (commandline -opc)[-1] $argv
end

function __clear_app_cache_value -d 'Print the value of an option as far as it is typed'
    commandline -ct | string replace -r '^--[^=]*=' ''
end

function __clear_app_cache_hosts
    printf '%s\n' unix:/// tcp:// ssh://
    set -l runtime /run/user/(id -u)
    set -q XDG_RUNTIME_DIR; and set runtime $XDG_RUNTIME_DIR
    set -l typed (string replace -r '^unix://' '' -- (__clear_app_cache_value))
    string match -q '/*' -- $typed; or set typed /nowhere
    for path in /var/run/docker.sock $runtime/docker.sock $typed*
        test -d $path; and echo unix://$path/
        test -S $path; and echo unix://$path
    end
end

function __clear_app_cache_files -d 'Print the Compose files of the line, each after --file'
    set -l is_file no
    for word in (commandline -opc)[2..]
        if test $is_file = yes
            printf '%s\n' --file $word
            set is_file no
        else if contains -- $word -f --file
            set is_file yes
        else if string match -q -- '--file=*' $word
            printf '%s\n' --file (string replace -- --file= '' $word)
        end
    end
end

function __clear_app_cache_targets
    set -l files (__clear_app_cache_files)
    if test (count $files) -gt 0
        # What the files build, where Compose answers within a second.
        set -l services (timeout 1 docker compose $files --profile '*' config 2>/dev/null </dev/null |
            awk -F '[ ":]+' '/^[^ ]/ {at = $1} at == "services" && /^  [^ ]/ {name = $2} at == "services" && /^    build:/ {print name}')
        test (count $services) -gt 0; or set services backend frontend
        printf '%s\n' $services all
    else if __clear_app_cache_unused TARGET
        printf '%s\n' backend frontend all
    end
end

complete -c clear-app-cache -f
complete -c clear-app-cache -a '(__clear_app_cache_command)' -n __clear_app_cache_has_command
complete -c clear-app-cache -a '(__clear_app_cache_targets)' -d 'TARGET' \
    -n '__clear_app_cache_unused --prune-only; and not __clear_app_cache_has_command'
complete -c clear-app-cache -s p -l project -x -d 'prefix of the images' \
    -n '__clear_app_cache_expects -p --project; or __clear_app_cache_unused --prune-only -p --project'
complete -c clear-app-cache -s f -l file -r -F -d 'clear what a Compose file builds' \
    -n '__clear_app_cache_expects -f --file; or __clear_app_cache_unused --prune-only'
complete -c clear-app-cache -l no-build -d 'do not run the build command' \
    -n '__clear_app_cache_unused --no-build'
complete -c clear-app-cache -l allow-external -d 'accept caches outside this engine' \
    -n '__clear_app_cache_unused --allow-external'
complete -c clear-app-cache -l app-dir -x -a '(__fish_complete_directories (__clear_app_cache_value))' -d 'also clear the build artifacts in DIR' \
    -n '__clear_app_cache_expects --app-dir; or __clear_app_cache_unused --prune-only --app-dir'
complete -c clear-app-cache -s n -l dry-run -d 'print the plan; change nothing' \
    -n '__clear_app_cache_unused --verify-only -n --dry-run'
complete -c clear-app-cache -l verify-only -d 'report the verdict; change nothing' \
    -n '__clear_app_cache_unused -n --dry-run --keep-as --prune-only --verify-only'
complete -c clear-app-cache -l wait -d 'wait for running builds first' \
    -n '__clear_app_cache_unused --wait'
complete -c clear-app-cache -l keep-cache-mounts -d 'keep RUN --mount=type=cache caches' \
    -n '__clear_app_cache_unused --keep-cache-mounts'
complete -c clear-app-cache -l keep-as -x -d 'tag each image NAME:TAG first' \
    -n '__clear_app_cache_expects --keep-as; or __clear_app_cache_unused --verify-only --prune-only --keep-as'
complete -c clear-app-cache -l all-builders -d 'also clear the caches of buildx builders' \
    -n '__clear_app_cache_unused --min-free-space --all-builders'
complete -c clear-app-cache -l timeout -x -a '5m 10m 30m 1h' -d 'limit for the whole run' \
    -n '__clear_app_cache_expects --timeout; or __clear_app_cache_unused --timeout'
complete -c clear-app-cache -l prune-only -d 'prune only the build cache' \
    -n '__clear_app_cache_unused TARGET -p --project -f --file --app-dir --verify-only --keep-as --prune-only'
complete -c clear-app-cache -l older-than -x -a '1d 7d 2w' -d 'only records unused for DURATION' \
    -n '__clear_app_cache_expects --older-than; or __clear_app_cache_unused --older-than'
complete -c clear-app-cache -l keep-storage -x -a '512MB 5GB 20GiB' -d 'keep up to SIZE of cache' \
    -n '__clear_app_cache_expects --keep-storage; or __clear_app_cache_unused --keep-storage'
complete -c clear-app-cache -l min-free-space -x -a '512MB 5GB 20GiB' -d 'prune until SIZE is free' \
    -n '__clear_app_cache_expects --min-free-space; or __clear_app_cache_unused --all-builders --min-free-space'
complete -c clear-app-cache -s H -l host -x -a '(__clear_app_cache_hosts)' -d 'the engine: unix://, tcp:// or ssh://' \
    -n '__clear_app_cache_expects -H --host; or __clear_app_cache_unused -c --context -H --host'
complete -c clear-app-cache -s c -l context -x -a '(timeout 1 docker context ls -q 2>/dev/null </dev/null)' -d 'the docker context of the engine' \
    -n '__clear_app_cache_expects -c --context; or __clear_app_cache_unused -H --host -c --context'
complete -c clear-app-cache -s q -l quiet -d 'print only warnings on success' \
    -n '__clear_app_cache_unused -v --verbose -q --quiet'
complete -c clear-app-cache -s v -l verbose -d 'print a line per request to the engine' \
    -n '__clear_app_cache_unused -q --quiet -v --verbose'
complete -c clear-app-cache -l json -d 'print one line of JSON' \
    -n '__clear_app_cache_unused --json'
complete -c clear-app-cache -l color -x -a 'auto always never' -d 'color the report' \
    -n '__clear_app_cache_expects --color; or __clear_app_cache_unused --color'
complete -c clear-app-cache -s h -l help -d 'print help; --help prints more' \
    -n '__clear_app_cache_unused -h --help'
complete -c clear-app-cache -s V -l version -d 'print the version' \
    -n '__clear_app_cache_unused -V --version'
