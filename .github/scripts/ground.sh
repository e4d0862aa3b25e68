#!/usr/bin/env bash
# A step: find the settings that hold for ./data, and where its tenants are. SETTINGS=base takes the settings of the
# revision BASE (a name that ./data knows), which is then put into ./base. Sets the outputs `settings` and `tenants`.
set -euo pipefail

settings_of=data
if [[ ${SETTINGS:-ref} == base ]]; then
  # No hook of anyone's is run, whatever the machine's git is set up to do.
  git -C data -c core.hooksPath=/dev/null worktree add --quiet --detach --force ../base "$BASE"
  settings_of=base
fi
exec reconciler-github ground --base "$settings_of" --data data
