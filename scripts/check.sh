#!/bin/sh
# Run every static check, all of them even when one fails, and end with the names of those that did.
set -u
failed=""

check() {
  name=$1
  shift
  printf '== %s\n' "$name"
  "$@" || failed="$failed
  $name: $*"
}

check "lint" ruff check
check "format" ruff format --check
check "types" mypy
check "import contracts" lint-imports --no-logo
check "derived schemas are fresh" reconciler schemas --check
check "workflows" zizmor --offline --no-progress --quiet .github action.yml
check "workflows' expressions" jactionlint
check "mistakes that invite attacks" bandit --quiet --configfile pyproject.toml --recursive reconciler scripts benchmarks
check "secrets in the repository" sh scripts/no_secrets.sh
if command -v shellcheck >/dev/null; then
  check "shell scripts" shellcheck .ci/run scripts/*.sh .github/scripts/*.sh benchmarks/others/*.sh
elif [ "${CI:-}" = true ]; then
  check "shell scripts" sh -c 'echo "shellcheck is needed in CI" >&2; exit 1'
else
  echo "== shell scripts: left out, shellcheck is not installed"
fi

if [ -n "$failed" ]; then
  printf 'Checks that failed:%s\n' "$failed" >&2
  exit 1
fi
echo "All checks passed."
