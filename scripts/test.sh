#!/bin/sh
# test.sh quick|long: the checks, the tests, and the coverage that planning and applying must have; in CI also the small
# benchmarks; with `long` also the tests that take long, and at last the long campaigns. All of it runs even when a part
# fails, and the end says which did.
set -u
failed=""
figures=${FIGURES:-.reconciler/campaigns.json}
threats=${THREAT_FIGURES:-.reconciler/threats.json}
case "${1:-}" in
quick) markers="not long" ;;
long) markers="not (campaign and long)" ;;
*)
  echo "usage: test.sh quick|long" >&2
  exit 64
  ;;
esac

sh scripts/check.sh || failed="$failed checks"

# A journey starts the command dozens of times: it must not be compiled each time, whatever this shell has set.
unset PYTHONDONTWRITEBYTECODE
# Left over from an interrupted run, they would be counted in.
rm -f .coverage .coverage.*
# Measuring doubles the time of a test, so the quick tests run without it, and those of the two rooms that must be
# covered wholly run once more with it.
# worksteal: a worker begins with tests that stand side by side, which share what is dear to set up, a server or a site.
if [ "$1" = quick ]; then
  python -m pytest -n auto --dist worksteal -m "$markers" --threat-figures="$threats" || failed="$failed tests"
  python -m pytest -n auto -m "$markers" -q --cov=reconciler/planning --cov=reconciler/applying --cov-report= \
    tests/planning tests/applying || failed="$failed measured-tests"
else
  python -m pytest -n auto --dist worksteal -m "$markers" --threat-figures="$threats" --cov --cov-report= || failed="$failed tests"
fi

if [ -f .coverage ]; then
  if [ "$1" = long ]; then
    echo "== coverage of the whole package"
    python -m coverage report --format=total
  fi
  echo "== coverage of planning and applying: must be 100 %, branches included"
  python -m coverage report --include='reconciler/planning/*,reconciler/applying/*' --fail-under=100 ||
    failed="$failed coverage"
else
  failed="$failed coverage"
fi

if [ "${CI:-}" = true ]; then
  echo "== small benchmarks: slower is told, and fails nothing; only one that breaks does"
  python -m benchmarks check || failed="$failed benchmarks"
fi

if [ "$1" = long ]; then
  echo "== the long campaigns, without measuring coverage, which would slow them down"
  rm -f "$figures"
  # Two at once keep two cores busy, since each has a client, a server, and now and then a wait. Some take minutes, hence
  # worksteal.
  python -m pytest -n 2 --dist worksteal -m "campaign and long" --campaign-figures="$figures" ||
    failed="$failed campaigns"
fi

if [ -n "$failed" ]; then
  printf 'FAILED:%s\n' "$failed" >&2
  exit 1
fi
echo "Checks, tests and coverage are fine."
