#!/usr/bin/env bash
# A step: merge the shards' reports below ./shards into ./merged/KIND.json, .md and .html, and tell of it in the summary.
# Sets the outputs `exit-code` (the merged report's) and `pending`. Fails only if they can't be merged.
set -euo pipefail

mkdir -p merged
readarray -d '' -t shards < <(find shards -name '*.json' -type f -print0 | sort -z)
if ((${#shards[@]} == 0)); then
  echo "No shard handed a report over: look at the jobs before this one." >&2
  exit 1
fi
code=0
reconciler report "${shards[@]}" --report "merged/$KIND.json" --report "merged/$KIND.md" --report "merged/$KIND.html" ||
  code=$?
if [[ ! -s merged/$KIND.json ]] || ! jq -e --arg kind "$KIND" '.command == $kind' "merged/$KIND.json" >/dev/null; then
  echo "The shards' reports could not be merged (exit code $code); the lines above say why." >&2
  exit 1
fi
cat "merged/$KIND.md" >>"$GITHUB_STEP_SUMMARY"
{
  printf 'exit-code=%s\n' "$code"
  jq -r '.summary | "pending=\(.create + .update)"' "merged/$KIND.json"
} >>"$GITHUB_OUTPUT"
