#!/bin/sh
# try_wheel.sh FOLDER: install the wheel of FOLDER with what the lock beside it names into a fresh environment, and use it: its
# version, a new configuration repository, and a plan of that against the embedded API.
set -eu
cd "$(dirname "$0")/.."
folder=$(cd "$1" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place" # so that nothing of the checkout can be imported in its place

python3 -m venv environment
environment/bin/python -m pip install --quiet --no-deps --require-hashes -r "$folder/runtime.txt"
environment/bin/python -m pip install --quiet --no-deps --no-index "$folder"/*.whl
environment/bin/python -m pip check
PATH=$place/environment/bin:$PATH
version=$(reconciler --version)
[ -f "$folder/$(echo "$version" | tr ' ' -)-py3-none-any.whl" ] || {
  echo "The wheel says that it is $version." >&2
  exit 1
}
reconciler init config
cd config
reconciler validate
code=0
reconciler plan --sandbox --detailed-exitcode || code=$?
[ "$code" -eq 2 ] # changes, and nothing wrong
echo "The wheel works as installed: $version."
