#!/usr/bin/env bash
# Installs the real components that some specs run against and npm does not have. A machine where that is not possible
# goes without: the specs then say "skipped: <why>".
set -u

if command -v redis-server > /dev/null; then
  echo 'redis-server is here.'
elif [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo 'skipped: redis-server needs apt-get and root'
elif apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server > /dev/null; then
  echo 'redis-server is installed.'
else
  echo 'skipped: apt-get could not install redis-server'
fi
