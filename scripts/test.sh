#!/bin/sh
# test.sh MARKERS: the checks, the tests that MARKERS selects, and the coverage that planning and applying must have.
# All of it runs even when a part fails, and the end says which part did.
set -u
markers=$1
failed=""

sh scripts/check.sh || failed="$failed checks"

# Left over from an interrupted run, they would be counted in.
rm -f .coverage .coverage.*
python -m pytest -n auto -m "$markers" --cov --cov-report= || failed="$failed tests"

if [ -f .coverage ]; then
  echo "== coverage of the whole package"
  python -m coverage report --format=total
  echo "== coverage of planning and applying: must be 100 %, branches included"
  python -m coverage report --include='reconciler/planning/*,reconciler/applying/*' --fail-under=100 ||
    failed="$failed coverage"
else
  failed="$failed coverage"
fi

if [ -n "$failed" ]; then
  printf 'FAILED:%s\n' "$failed" >&2
  exit 1
fi
echo "Checks, tests and coverage are fine."
