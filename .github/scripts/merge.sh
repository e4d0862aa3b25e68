#!/usr/bin/env bash
# A step: merge the shards' reports into ./merged/KIND.json, .md and .html, and tell of it in the summary. Below ./shards
# is a folder for each artifact, NAME-shard-I-of-N-try-T: of each shard the newest try counts, even if it left no report.
# Of an apply, what every try has left is kept in ./merged/tries: an earlier one's journal is the only record of its writes.
# Sets the outputs `exit-code` (the merged report's) and `pending`. Fails only if they can't be merged.
set -euo pipefail

mkdir -p merged
shopt -s nullglob
folders=(shards/*-shard-*-of-*-try-*/)
shape='-shard-([0-9]+)-of-([0-9]+)-try-([0-9]+)/$'

last=0 of=0 # the newest try of all, and how many shards it had: all jobs run again may make other shards
declare -A newest=()
for folder in "${folders[@]}"; do
  [[ $folder =~ $shape ]] || continue
  if ((BASH_REMATCH[3] > last)); then last=${BASH_REMATCH[3]} of=${BASH_REMATCH[2]}; fi
  which=${BASH_REMATCH[1]}/${BASH_REMATCH[2]}
  if ((BASH_REMATCH[3] > ${newest[$which]:-0})); then newest[$which]=${BASH_REMATCH[3]}; fi
done

reports=() earlier=() silent=()
for folder in "${folders[@]}"; do
  [[ $folder =~ $shape ]] || continue
  name=$(basename "$folder")
  if ((BASH_REMATCH[2] != of || BASH_REMATCH[3] != ${newest[${BASH_REMATCH[1]}/${BASH_REMATCH[2]}]})); then
    earlier+=("$name")
    continue
  fi
  readarray -d '' -t found < <(find "$folder" -name '*.json' -type f -print0 | sort -z)
  reports+=("${found[@]}")
  if ((${#found[@]} == 0)); then silent+=("$name"); fi
done
if [[ $KIND == apply ]] && ((${#folders[@]} > 0)); then cp -R shards merged/tries; fi

told() { # sentence, names
  local sentence=$1
  shift
  if (($# > 0)); then
    printf '\n%s\n\n' "$sentence"
    printf -- "- \`%s\`\n" "$@"
  fi
}

kept() { # what a reader has to look for elsewhere
  if [[ $KIND != apply ]]; then
    told "These left no report:" "${silent[@]}"
    return
  fi
  local where="in the folder \`tries\` of this run's artifact"
  told "These left no report. What they have sent is in their journals ($where):" "${silent[@]}"
  told "Earlier tries of this run. What they wrote is in their own reports and journals alone ($where):" "${earlier[@]}"
}

give_up() { # sentence
  {
    echo "### The shards' reports could not be merged"
    printf '\n%s\n' "$1"
    kept
  } | tee -a "$GITHUB_STEP_SUMMARY" >&2
  exit 1
}

if ((${#reports[@]} == 0 || ${#reports[@]} != of)); then
  give_up "Of $of shards, ${#reports[@]} handed a report over: look at the jobs before this one."
fi
code=0
reconciler report "${reports[@]}" --report "merged/$KIND.json" --report "merged/$KIND.md" --report "merged/$KIND.html" ||
  code=$?
if [[ ! -s merged/$KIND.json ]] || ! jq -e --arg kind "$KIND" '.command == $kind' "merged/$KIND.json" >/dev/null; then
  give_up "The log of this step says why (exit code $code)."
fi
{
  cat "merged/$KIND.md"
  kept
} >>"$GITHUB_STEP_SUMMARY"
{
  printf 'exit-code=%s\n' "$code"
  jq -r '.summary | "pending=\(.create + .update)"' "merged/$KIND.json"
} >>"$GITHUB_OUTPUT"
