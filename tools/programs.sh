#!/usr/bin/env bash
# Sees to the programs that tests need besides Python's: a browser for the HTML page, ssh-keygen for signed statements,
# Java for Spark.
# A developer's machine is left alone: it is told what is missing.
set -uo pipefail

# see_to NAME PACKAGE COMMAND...: one of the commands is there, or the package is installed where that is nobody's loss
see_to() {
  local what=$1 package=$2
  shift 2
  for name in "$@"; do
    command -v "$name" >/dev/null && return 0
  done
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ ! -t 0 ]; then
    echo "installing $package for the tests of $what"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package"; } \
      >/dev/null 2>&1 && return 0
  fi
  echo "there is no $package: the tests of $what are skipped (apt-get install $package)"
}

see_to "the HTML page" chromium chromium chromium-browser google-chrome chrome
see_to "signed statements" openssh-client ssh-keygen
see_to "Spark" openjdk-17-jre-headless java
