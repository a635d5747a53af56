#!/usr/bin/env bash
# Makes a virtual environment with locked packages and mainstay itself: environment.sh VENV PYTHON LOCK...
# uv does it in seconds; where it cannot be had, venv and pip do the same. Neither needs root.
set -euo pipefail
venv=$1 python=$2
shift 2

command -v "$python" >/dev/null || { echo "there is no $python; set PYTHON=/path/to/python3.11 or newer" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "$python is $("$python" -V 2>&1); mainstay needs Python 3.11 or newer: set PYTHON=..." >&2
  exit 1
}

locks=()
for lock in "$@"; do locks+=(-r "$lock"); done

if uv=$(command -v uv); then
  [ -x "$venv/bin/python" ] || "$uv" venv --quiet --python "$python" "$venv"
  "$uv" pip install --quiet --python "$venv/bin/python" --require-hashes "${locks[@]}"
  "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
else
  if [ ! -x "$venv/bin/python" ]; then
    # Debian ships venv without ensurepip in the package python3-venv; virtualenv's way around is pip itself
    "$python" -m venv "$venv" 2>/dev/null || {
      rm -rf "$venv"
      "$python" -m venv --without-pip "$venv"
    }
  fi
  # a venv without pip borrows the one beside it
  if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    pip=("$venv/bin/python" -m pip)
  else
    pip=("$python" -m pip --python "$venv/bin/python")
  fi
  "${pip[@]}" install --quiet --disable-pip-version-check --require-hashes "${locks[@]}"
  "${pip[@]}" install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
