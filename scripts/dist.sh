#!/bin/sh
# dist.sh [FOLDER]: build what a release is made of from the commit that is checked out, into FOLDER (dist/ unless
# given): sdist, wheel, lock, bill of materials, checksums. Only what is committed gets in, and the same commit gives the same
# bytes, in whichever folder and at whatever time: for this, every file bears the time of the commit.
set -eu
umask 022
cd "$(dirname "$0")/.."
folder=${1:-dist}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
export PYTHONHASHSEED=0 LC_ALL=C TZ=UTC
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT

git archive --format=tar HEAD | tar -xf - -C "$source"
rm -f "$folder"/*.whl "$folder"/*.tar.gz "$folder/runtime.txt" "$folder/sbom.cdx.json" "$folder/SHA256SUMS"
# Without isolation: what builds it is what the lock names, not what a registry has today. The wheel is made of the
# sdist, so that the one holds all that the other needs.
python -m build --no-isolation --outdir "$folder" "$source" >/dev/null
(cd "$source" && PYTHONPATH="$source" python -m scripts.sbom "$folder/sbom.cdx.json")
cp "$source/requirements/runtime.txt" "$folder" # whoever installs the wheel gets by it what was tested, and no more
cd "$folder"
sha256sum -- *.whl *.tar.gz runtime.txt sbom.cdx.json >SHA256SUMS
cat SHA256SUMS
