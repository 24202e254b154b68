#!/usr/bin/env bash
# Fetches the real components that some specs run against and npm does not have, and compiles what they compile. A
# machine where that is not possible goes without: the specs then say "skipped: <why>".
set -u
cd "$(dirname "$0")/.."

redis() {
  if command -v redis-server > /dev/null; then
    echo 'redis-server is here.'
  elif [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo 'skipped: redis-server needs apt-get and root'
  elif apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server > /dev/null; then
    echo 'redis-server is installed.'
  else
    echo 'skipped: apt-get could not install redis-server'
  fi
}

chromium() {
  if [ -x /usr/bin/chromium ]; then
    echo 'chromium is here.'
  elif [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo 'skipped: chromium needs apt-get and root'
  elif apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null; then
    echo 'chromium is installed.'
  else
    echo 'skipped: apt-get could not install chromium'
  fi
}

# SimpleSAMLphp wants no web server here: PHP has one.
identity_providers() {
  local packages=(xmlsec1 simplesamlphp php-cli php-xml php-mbstring)
  if dpkg-query --show "${packages[@]}" > /dev/null 2>&1; then
    echo 'xmlsec1 and simplesamlphp are here.'
  elif [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo 'skipped: xmlsec1 and simplesamlphp need apt-get and root'
  elif apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null; then
    echo 'xmlsec1 and simplesamlphp are installed.'
  else
    echo 'skipped: apt-get could not install xmlsec1 and simplesamlphp'
  fi
}

# Maven keeps what it has fetched; Keycloak's own build is kept beside it.
keycloak() {
  local missing=()
  command -v mvn > /dev/null || missing+=(maven)
  command -v java > /dev/null || missing+=(default-jre-headless)
  if [ "${#missing[@]}" != 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
      echo "skipped: keycloak needs ${missing[*]}, and they need apt-get and root"
      return
    fi
    if ! (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null); then
      echo "skipped: apt-get could not install ${missing[*]} for keycloak"
      return
    fi
  fi
  local log
  log=$(mktemp)
  if test/identity-provider/keycloak/install.sh > "$log" 2>&1; then
    echo 'keycloak is here.'
  else
    echo "skipped: keycloak is not to be had: $(grep -v '^\s*$' "$log" | tail -n 1)"
  fi
  rm -f "$log"
}

# go keeps what it has compiled: the specs, which have limits of time, only link.
go_programs() {
  if ! command -v go > /dev/null; then
    echo 'skipped: no go toolchain'
    return
  fi
  local discard
  discard=$(mktemp -d)
  while read -r folder packages; do
    # Several packages in one line, apart by blanks.
    # shellcheck disable=SC2086
    if (cd "test/protocol/$folder" && go build -o "$discard/" $packages) 2> "$discard/errors"; then
      echo "test/protocol/$folder is compiled."
    else
      echo "skipped: test/protocol/$folder does not compile: $(tail -n 1 "$discard/errors")"
    fi
  done << 'END'
conformance/suite connectrpc.com/conformance/cmd/connectconformance
go-client .
grpc-go-client google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc google.golang.org/grpc google.golang.org/grpc/health/grpc_health_v1 google.golang.org/genproto/googleapis/rpc/errdetails
grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl
END
  rm -rf "$discard"
}

redis
chromium
identity_providers
keycloak
go_programs
