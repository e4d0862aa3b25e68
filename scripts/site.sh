#!/bin/sh
# site.sh [FOLDER]: build the documentation's site into FOLDER, build/site unless given. A warning is an error: a link that
# leads nowhere, or a page that no index lists. Needs no network, and the site needs none either.
set -eu
cd "$(dirname "$0")/.."
site=${1:-build/site}
rm -rf "$site"
# The parsed pages are thrown away: a page that has moved must not live on in them.
parsed=$(mktemp -d)
trap 'rm -rf "$parsed"' EXIT
python -m sphinx -W --keep-going -q -b html -c docs -d "$parsed" . "$site"
echo "The site is in $site: open $site/index.html"
