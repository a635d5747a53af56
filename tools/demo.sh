#!/usr/bin/env bash
# Reviews the example workload in examples/shop: tools/demo.sh path/to/mainstay
set -euo pipefail
mainstay=$(realpath "${1:?usage: tools/demo.sh path/to/mainstay}")
cd "$(dirname "$0")/.."
width=${COLUMNS:-80}

say() { printf '\n%s\n' "$@" | fold -s -w "$width"; }

# A review ends with 1 where it has findings, which is what the weak twins are for; any other status is a fault.
run() {
    printf '\n$ mainstay %s\n\n' "$*"
    local status=0
    "$mainstay" "$@" || status=$?
    [[ $status -le 1 ]] || exit "$status"
}

say "The orders shop is a web shop in three tiers, with the weaknesses that a first version tends to have. Here it \
is in Terraform, judged by the controls of the highest severity; nothing is executed and no account is needed."
run review examples/shop/terraform/weak --severity critical

say "The same shop in CloudFormation, judged by every control. The findings are those of Terraform, resource by \
resource, so only the summary is shown; a test in tests/test_example_workload.py compares them."
printf '\n$ mainstay review examples/shop/cloudformation/weak.yaml | sed -n "/^Pillar/,\$p"\n\n'
{ "$mainstay" review examples/shop/cloudformation/weak.yaml || [[ $? -eq 1 ]]; } | sed -n '/^Pillar/,$p'

say "Its well-built twin passes every control, in both."
run review examples/shop/terraform/well-built
run review examples/shop/cloudformation/well-built.yaml

"$mainstay" sandbox run --region eu-central-1 -- tools/demo_account.sh "$mainstay" "$(dirname "$mainstay")/python"

say "Next: mainstay explain rds-is-not-public, or mainstay review on code of your own."
