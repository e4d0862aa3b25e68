#!/bin/sh
# release_notes.sh VERSION: print what CHANGELOG.md has in the section of that version.
set -eu
awk -v version="$1" '/^## /{ on = ($2 == "[" version "]"); next } on' "$(dirname "$0")/../CHANGELOG.md" | sed '/./,$!d'
