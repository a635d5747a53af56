#!/usr/bin/env bash
# Sees to a browser for the tests of the HTML page. A developer's machine is left alone: it is told what is missing.
set -uo pipefail
for name in chromium chromium-browser google-chrome chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ ! -t 0 ]; then
  echo "installing chromium for the tests of the HTML page"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
    >/dev/null 2>&1 && exit 0
fi
echo "there is no chromium: the tests that open the HTML page are skipped (apt-get install chromium)"
