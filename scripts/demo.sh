#!/bin/sh
# A tour in four commands: the sample fleet in tenants/ against the embedded API. Needs no network and no credentials.
set -u

step() { printf '\n== %s\n   $ %s\n\n' "$1" "$2"; }

# run "ACCEPTED CODES" COMMAND...: anything else ends the demo, as it would be a bug.
run() {
  accepted=$1
  shift
  code=0
  "$@" || code=$?
  case " $accepted " in
    *" $code "*) printf '\n   (exit code %s)\n' "$code" ;;
    *)
      printf '\nThe demo failed: "%s" ended with exit code %s; expected one of: %s\n' "$*" "$code" "$accepted" >&2
      exit 1
      ;;
  esac
}

step "Start the embedded API afresh, with a fleet in every state there is." "reconciler sandbox reset"
run "0" reconciler sandbox reset

step "Plan: read the live values and show what differs. Nothing is written." "reconciler plan --sandbox"
echo "   One write-once key differs and three keys can't be read, on purpose: exit codes 1 and 3 are fine here."
echo
run "0 1 2 3" reconciler plan --sandbox

step "Apply: write exactly the keys that differ, and read each one back." \
  "reconciler apply --sandbox --allow-irreversible"
run "0 1 3" reconciler apply --sandbox --allow-irreversible

step "Plan again: nothing is pending that may be written, so a second apply would change nothing." \
  "reconciler plan --sandbox"
run "0 1 3" reconciler plan --sandbox

cat <<'END'

== What to try next

   . .venv/bin/activate
   reconciler explain sales_order_generator_sequence   what a key means, its fields, and an example
   $EDITOR tenants/acme.yaml && reconciler validate    change a value, check it offline ...
   reconciler plan --sandbox --report plan.md          ... and read what a reviewer would read
   reconciler apply --sandbox                          ... then write it
   reconciler sandbox serve                            an API to point your own tests at
END
