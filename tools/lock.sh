#!/usr/bin/env bash
# Writes the lock files anew, with hashes and without the address of any index: lock.sh BIN
set -euo pipefail
bin=$1
mkdir -p requirements
compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"; }
command -v uv >/dev/null || { echo "writing the lock needs uv" >&2; exit 1; }
printf 'hatchling>=1.27,<2\neditables>=0.5\n' >requirements/build.in
compile pyproject.toml requirements/build.in --extra sandbox --group test -o requirements/test.txt
compile pyproject.toml requirements/build.in --extra sandbox -c requirements/test.txt -o requirements/runtime.txt
compile pyproject.toml requirements/build.in --group docs -c requirements/test.txt -o requirements/docs.txt
