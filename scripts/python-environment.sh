#!/usr/bin/env bash
# Prints which Python has the packages of a requirements.txt. The first time it makes an environment for them, which is
# kept between runs; where that is not possible, the last line on standard error says why.
set -eu

requirements=$1
home="${XDG_CACHE_HOME:-$HOME/.cache}/dovecote/python-$(cksum < "$requirements" | tr ' ' '-')"
if [ ! -f "$home/complete" ]; then
  rm -rf "$home"
  python3 -m venv "$home" >&2
  "$home/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >&2
  touch "$home/complete"
fi
echo "$home/bin/python"
