#!/bin/sh
# lock.sh [UV FLAGS]: resolve requirements/*.txt for every platform and every Python from 3.11 on.
# The locks name versions and hashes only, no addresses: where to download from is the installing machine's affair.
set -eu

compile() {
  uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --excludes requirements/excludes.in --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command "make lock" "$@"
}

# Nothing this machine sets for uv may change the outcome.
for name in $(env | sed -n 's/^\(UV_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done

compile "$@" pyproject.toml requirements/build.in --all-extras --group dev -o requirements/dev.txt
# Constrained by the above, so that dev.txt is a true superset.
compile "$@" pyproject.toml requirements/build.in --extra sandbox -c requirements/dev.txt -o requirements/runtime.txt
# The peers of the benchmarks, alone: where they share a package with us, both take the same version.
compile "$@" --group bench -c requirements/dev.txt -o requirements/bench.txt

if grep -nE '://|--(find-links|index-url|extra-index-url)' requirements/*.txt; then
  echo "A lock file names an address." >&2
  exit 1
fi
