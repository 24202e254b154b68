#!/usr/bin/env bash
# Compiles packages of the Go module in a folder. Nothing is optimized: here the compiling takes long, not the running.
set -eu

folder=$1
output=$2
shift 2
cd "$folder"
exec go build -gcflags='all=-N -l' -ldflags='-s -w' -o "$output" "$@"
