#!/usr/bin/env bash
# The live half of the demo: deploys the example workload into an embedded account, reviews it, breaks it, reviews it
# again. Runs inside `mainstay sandbox run`: tools/demo_account.sh path/to/mainstay path/to/python
set -euo pipefail
mainstay=$1 python=$2
width=${COLUMNS:-80}
ledger=$(mktemp -d)/ledger.sqlite
trap 'rm -rf "$(dirname "$ledger")"' EXIT

say() { printf '\n%s\n' "$@" | fold -s -w "$width"; }

# The embedded account lacks a few services, so that a review of it is not complete: it ends with 3, or with 1.
review() {
    printf '\n$ mainstay review --live --severity medium | sed -n "/^Pillar/,\$p"\n\n'
    local status=0
    "$mainstay" review --live --severity medium --ledger "$ledger" -o "$ledger.txt" || status=$?
    [[ $status -eq 1 || $status -eq 3 ]] || exit "$status"
    sed -n '/^Pillar/,$p' "$ledger.txt"
}

say "The same shop runs in an account now: the template of the well-built twin is deployed into an embedded one, through its \
own APIs, and read back by a review that knows nothing of the template."
printf '\n$ mainstay sandbox deploy examples/shop/cloudformation/well-built.yaml | head -2\n\n'
"$mainstay" sandbox deploy examples/shop/cloudformation/well-built.yaml >"$ledger.deployed" || [[ $? -eq 3 ]]
head -2 "$ledger.deployed"
review

say "Somebody works by hand: a security group is opened to the world, the public access block of a bucket is removed, the flow \
logs are deleted."
printf '\n$ python examples/shop/break.py\n\n'
"$python" examples/shop/break.py
review

say "The ledger knows what changed between the two."
printf '\n$ mainstay show changes\n\n'
"$mainstay" show changes --ledger "$ledger"
