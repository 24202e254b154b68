#!/usr/bin/env bash
# Fetches the real components that some specs run against and npm does not have, and compiles what they compile. A
# machine where that is not possible goes without: the specs then say "skipped: <why>".
set -u
cd "$(dirname "$0")/.."

# The Debian packages that are not there, a line each.
missing_packages() {
  command -v redis-server > /dev/null || echo redis-server
  [ -x /usr/bin/chromium ] || echo chromium
  # SimpleSAMLphp wants no web server here: PHP has one.
  dpkg-query --show xmlsec1 simplesamlphp php-cli php-xml php-mbstring > /dev/null 2>&1 ||
    printf '%s\n' xmlsec1 simplesamlphp php-cli php-xml php-mbstring
  # For Keycloak.
  command -v java > /dev/null || echo default-jre-headless
  command -v mvn > /dev/null || echo maven
  # Reads units without being the machine's init.
  command -v systemd-analyze > /dev/null || echo systemd
  # Has the clock of a PostgreSQL jump.
  dpkg-query --show libfaketime > /dev/null 2>&1 || echo libfaketime
}

install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

debian_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" = 0 ]; then
    echo 'All Debian packages are here.'
  elif [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "skipped: ${missing[*]} need apt-get and root"
  elif apt-get update -qq && install "${missing[@]}"; then
    echo "Installed: ${missing[*]}."
  else
    # One that is not to be had keeps nobody from the others.
    for package in "${missing[@]}"; do
      install "$package" || echo "skipped: apt-get could not install $package"
    done
  fi
}

# Maven keeps what it has fetched; Keycloak's own build is kept beside it.
keycloak() {
  if ! command -v mvn > /dev/null || ! command -v java > /dev/null; then
    echo 'skipped: keycloak needs java and maven'
    return
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

previous_release() {
  local log
  if log=$(scripts/previous-release.sh 2>&1); then
    tail -n 1 <<< "$log"
  else
    echo "skipped: the previous release: $(tail -n 1 <<< "$log")"
  fi
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
    if scripts/go-build.sh "test/$folder" "$discard/" $packages 2> "$discard/errors"; then
      echo "test/$folder is compiled."
    else
      echo "skipped: test/$folder does not compile: $(tail -n 1 "$discard/errors")"
    fi
  done << 'END'
protocol/conformance/suite connectrpc.com/conformance/cmd/connectconformance
protocol/go-client . google.golang.org/protobuf/cmd/protoc-gen-go connectrpc.com/connect/cmd/protoc-gen-connect-go
protocol/grpc-go-client google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc google.golang.org/grpc google.golang.org/grpc/health/grpc_health_v1 google.golang.org/genproto/googleapis/rpc/errdetails
protocol/grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl
deploy/tools helm.sh/helm/v3/cmd/helm ./compose
END
  rm -rf "$discard"
}

python_environments() {
  local folder reason
  for folder in test/protocol/python-client test/scim/tester test/identity-provider/pysaml2 test/deploy/kubernetes test/differential-privacy; do
    if reason=$(scripts/python-environment.sh "$folder/requirements.txt" 2>&1 > /dev/null); then
      echo "$folder has its packages."
    else
      echo "skipped: $folder: $(tail -n 1 <<< "$reason")"
    fi
  done
}

# Most of the time goes into waiting for somebody else's disk or network.
{
  debian_packages
  keycloak
} &
previous_release &
go_programs &
python_environments &
wait
