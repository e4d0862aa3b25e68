#!/bin/sh
# release_draft.sh TAG FOLDER: draft a release on GitHub of what FOLDER holds, after its checksums were looked at. It is
# never published by this: somebody does that who has read it.
set -eu
tag=$1 folder=$2
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
sh "$(dirname "$0")/release_notes.sh" "${tag#v}" >"$notes"

cd "$folder"
sha256sum --check --strict SHA256SUMS
# Nothing that has no checksum goes along.
files=$(sed 's/^[0-9a-f]\{64\} [ *]//' SHA256SUMS)
# shellcheck disable=SC2086 # names without blanks: dist.sh made them
gh release create "$tag" --repo "$GITHUB_REPOSITORY" --draft --verify-tag --title "$tag" --notes-file "$notes" \
  $files SHA256SUMS
