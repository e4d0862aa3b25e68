#!/usr/bin/env bash
# A step: decide how main is to be applied. Sets the outputs `mode` (reviewed: by the plans that were found; apply: without
# a plan; approve: by a fresh plan that somebody has to approve) and `matrix`. Fails where nothing may be done.
set -euo pipefail

if [[ -n $PLANS && ${MISSING:-[]} == '[]' ]]; then
  mode=reviewed
else
  {
    echo "### No reviewed plan for all of this"
    echo
    if [[ ${MISSING:-[]} == '[]' ]]; then
      echo "No pull request was merged since the last apply that succeeded."
    else
      echo "Reviewed plans are missing:"
      echo
      echo '```json'
      jq . <<<"$MISSING"
      echo '```'
    fi
  } | tee -a "$GITHUB_STEP_SUMMARY"
  case $WITHOUT_PLAN in
  approve | apply) mode=$WITHOUT_PLAN ;;
  refuse)
    echo "Nothing is applied (without-plan: refuse). Run this workflow by hand with another choice, or merge by a pull" \
      "request that was planned." >&2
    exit 1
    ;;
  *)
    echo "without-plan must be approve, apply or refuse." >&2
    exit 1
    ;;
  esac
fi

if [[ $mode == apply ]]; then
  matrix='{"include":[{"shard":""}]}' # a shard is applied under a plan only
else
  changed=()
  if [[ $mode == reviewed && -n $SINCE ]]; then changed=(--changed-since "$SINCE"); fi
  matrix=$(cd data && reconciler shards --for apply --minutes "$MINUTES" --format json --quiet --settings "$SETTINGS" \
    --tenants "$TENANTS" "${changed[@]}")
fi
printf 'mode=%s\nmatrix=%s\n' "$mode" "$matrix" | tee -a "$GITHUB_OUTPUT"
