#!/usr/bin/env bash
# A step: validate the tenants of ./data and of ./base by the settings SETTINGS, annotate, and judge what the one changes
# of the other. Leaves validate.json, known.json and touched in ./validated. Fails if the change has problems of its own.
set -euo pipefail

mkdir -p validated
out=$PWD/validated

findings() { # folder, report
  local code=0
  (cd "$1" && reconciler validate --quiet --settings "$SETTINGS" --tenants "$TENANTS" --report "$2") || code=$?
  # 1 is problems: they are judged below. Everything beyond is no finding but a wrong call or a bug.
  ((code <= 1)) || return "$code"
}

if [[ -d base/$TENANTS ]]; then
  findings base "$out/known.json" >/dev/null
fi
findings data "$out/validate.json"
# Names only, NUL between them: a name may hold anything else.
git -C data diff -z --name-only --no-renames HEAD^1 HEAD >"$out/touched"

known=()
if [[ -s $out/known.json ]]; then known=(--known "$out/known.json"); fi
reconciler-github annotate "$out/validate.json" "${known[@]}"
reconciler-github judge --validated "$out/validate.json" "${known[@]}" --touched "$out/touched"
