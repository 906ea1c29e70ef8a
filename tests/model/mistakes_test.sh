#!/usr/bin/env bash
# What the model is worth: each mistake is put into a copy of the tool, and the model must find it within 1,000
# seeds: mistakes_test.sh MODEL_TESTS [MISTAKE...]
set -euo pipefail
model=$1
shift
only=" $* "
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
missed=0

cp -r "$source/CMakeLists.txt" "$source/src" "$source/man" "$source/completions" "$source/.packaging" "$directory"
cmake -S "$directory" -B "$directory/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBUILD_TESTING=OFF >/dev/null

# mistake NAME FILE SED: SED changes the file.
mistake() {
  local name=$1 file=$directory/src/$2 found first
  [[ $only == '  ' || $only == *" $name "* ]] || return 0
  cp "$file" "$directory/original"
  sed -i -E "$3" "$file"
  if cmp -s "$file" "$directory/original"; then
    echo "$name: changes nothing in $2 any more"
    missed=$((missed + 1))
    return
  fi
  cmake --build "$directory/build" >"$directory/log" 2>&1 || { cat "$directory/log" && exit 1; }
  found=$({ "$model" --seeds 1-1000 --tool "$directory/build/clear-app-cache" || :; } |
    sed -n 's/^replay it with: model_tests --seed //p' | sort -n)
  mv "$directory/original" "$file"
  touch "$file"
  if [[ $found ]]; then
    first=${found%%$'\n'*}
    echo "$name: found after $first seeds, by $(wc -l <<<"$found") of 1000"
  else
    echo "$name: NOT FOUND"
    missed=$((missed + 1))
  fi
}

# The verdict.
mistake residue-is-clean clear/verify.cpp 's/verdict = Verdict::residue/verdict = Verdict::clean/'
mistake images-not-read-again app.cpp '/^ *after = read_checked_state/d'
mistake records-not-read-again app.cpp 's/^( *after\.records) = read_settled_records.*/\1.emplace();/'
mistake first-answer-is-enough clear/state.cpp '/shares_build_cache_answers/d'
mistake unknown-records-are-clean clear/verify.cpp 's/result\.records_known && //'
mistake unknown-names-are-clean clear/verify.cpp 's/result\.names_known && //'
mistake missing-records-are-none docker/decode.cpp 's/if \(reader\.has\("BuildCache"\)\) //'
mistake sums-are-ignored docker/decode.cpp '/records->empty\(\) \? has_sum/d'
mistake missing-names-are-none docker/decode.cpp 's/reader\.has\("RepoTags"\) && //'
mistake failure-is-clean clear/result.cpp 's/if \(result\.failure\) return result\.failure;//'
# What the build command names.
mistake contexts-are-ignored clear/build_answer.cpp '/context\.starts_with\(scheme\)/d'
mistake cache-to-is-ignored clear/build_sources.cpp '/parsed\.field\("dest"\)/d'
mistake external-is-clean clear/verify.cpp 's/if \(request\.allow_external\) break/break/'
mistake hub-is-local clear/build_sources.cpp "s/reference\.find\('\/'\) != std::string::npos/has_registry(reference)/"
mistake external-is-never-allowed clear/verify.cpp '/if \(request\.allow_external\) break/d'
# Builds that run.
mistake in-use-is-ignored docker/decode.cpp '/"InUse"/d'
mistake held-records-are-clean clear/verify.cpp 's/^( *)if \(record\.in_use\) \{/\1if (record.in_use) continue;\n&/'
# Harm.
mistake newer-image-is-removed docker/engine.cpp '/return settle\(Result::retagged\)/d'
mistake newer-image-is-not-told docker/engine.cpp 's/return \{Result::retagged, \{\}, deletions.front\(\)\.id\}/return {Result::deleted, other_names}/'
mistake neighbors-are-removed clear/application.hpp 's/ && !is_neighbor\(image, name\)//'
mistake digests-of-dangling-are-ignored clear/dangling.cpp 's/!image\.repo_digests\.empty\(\)/false/'
mistake labels-of-dangling-are-ignored clear/dangling.cpp '/compose_project/s/^( *\} else if \().*/\1false) {/'
mistake all-dangling-are-pruned clear/plan.cpp 's/if \(request\.application\.is_all\(\)\) //'
mistake cache-mounts-are-pruned clear/plan.cpp 's/if \(!keep_cache_mounts\) return \{prune\}/return {prune}/'
mistake backup-takes-a-name clear/execute.cpp 's/backup && backup->id != image->id/false/'
mistake backup-is-forgotten clear/execute.cpp 's/if \(!action\.keep_as\.empty\(\)\) \{/if (false) {/'
mistake other-peer-gets-writes docker/engine.cpp 's/(checks_left =) method == .*/\1 0;/'
# Signals, time, what is left behind.
mistake prune-is-cancelled docker/engine.cpp 's/(const SendHooks )hooks\{.before_sending = start_keeper/\1hooks{};\n\1unused{.before_sending = start_keeper/'
mistake signal-is-a-failure clear/result.cpp 's/result\.signal != 0 \? 128 \+ result\.signal : //'
mistake json-has-another-status report/json.cpp 's/exit_code\(result\)/0/'

((missed == 0))
