#!/bin/sh
# compare.sh ORIGIN DESIRED TENANT...: read each key of each tenant, compare it with DESIRED/TENANT/KEY.json, and write it
# if it differs. The script that one starts with; the token is in the environment.
set -eu
origin=$1
desired=$2
shift 2

for tenant in "$@"; do
  for file in "$desired/$tenant"/*.json; do
    key=${file##*/}
    url=$origin/$tenant/v0/config/sales_order/${key%.json}
    live=$(curl -fsS -H "Authorization: Bearer $TOKEN" "$url")
    if ! printf '%s' "$live" | jq -e --slurpfile want "$file" '.value == $want[0]' >/dev/null; then
      echo "$tenant ${key%.json} differs"
      jq '{value: .}' "$file" | curl -fsS -H "Authorization: Bearer $TOKEN" --data-binary @- "$url" >/dev/null
    fi
  done
done
