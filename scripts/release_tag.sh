#!/bin/sh
# release_tag.sh TAG: fail unless TAG names the version of this checkout, the changelog has a section for it, and the
# commit is on main, where everything was reviewed.
set -eu
cd "$(dirname "$0")/.."
tag=$1
version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' reconciler/__init__.py)

[ "$tag" = "v$version" ] || {
  echo "The tag is $tag, and the version in reconciler/__init__.py is $version." >&2
  exit 1
}
[ -n "$(sh scripts/release_notes.sh "$version")" ] || {
  echo "CHANGELOG.md has nothing under \"## [$version]\"." >&2
  exit 1
}
git merge-base --is-ancestor HEAD refs/remotes/origin/main || {
  echo "$tag is not on main: merge what it names first." >&2
  exit 1
}
