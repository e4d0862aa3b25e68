#!/usr/bin/env bash
# Install the tool of this checkout into a fresh environment of the job's own, and put it on the job's PATH.
# A step of action.yml. Nothing of the job's working directory is looked at: it may hold a stranger's pull request.
set -euo pipefail
cd "$(dirname "$0")/.."
environment=$RUNNER_TEMP/reconciler

python3 -m venv --clear "$environment"
pip() { "$environment/bin/python" -I -m pip --disable-pip-version-check "$@"; }
# The lock is whole, so pip must not resolve; it also brings what builds the tool.
pip install --quiet --no-deps --require-hashes -r requirements/runtime.txt
pip install --quiet --no-deps --no-build-isolation .
pip check

# Only the two programs: the environment's own python must not shadow the one that later steps of the job expect.
mkdir -p "$environment/path"
ln -sf "$environment/bin/reconciler" "$environment/bin/reconciler-github" "$environment/path/"
printf '%s\n' "$environment/path" >>"$GITHUB_PATH"
version=$("$environment/bin/reconciler" --version)
printf 'version=%s\n' "${version##* }" >>"$GITHUB_OUTPUT"
printf 'Installed %s.\n' "$version"
