#!/usr/bin/env bash
# Fetches Keycloak from Maven Central, and prepares what takes it long: its own build with the features that the spec
# wants, and a database that has its tables and an admin. The password in $home/admin-password tells that all is done.
set -eu
cd "$(dirname "$0")"

version=$(cat version)
home="${XDG_CACHE_HOME:-$HOME/.cache}/dovecote/keycloak-$version"
[ ! -f "$home/admin-password" ] || exit 0

rm -rf "$home"
mkdir -p "$home"
fetched=$(mktemp -d)
trap 'rm -rf "$fetched"' EXIT
mvn -B -q dependency:copy "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:tar.gz" "-DoutputDirectory=$fetched"
tar -xzf "$fetched/keycloak-quarkus-dist-$version.tar.gz" -C "$home" --strip-components 1

export JAVA_OPTS='-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1' KC_CACHE=local
unused=account,admin,admin-fine-grained-authz,authorization,ciba,device-flow,impersonation,kerberos,organization,par,passkeys,web-authn
"$home/bin/kc.sh" build --db=dev-file "--features-disabled=$unused"
KEYCLOAK_PASSWORD=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export KEYCLOAK_PASSWORD
"$home/bin/kc.sh" bootstrap-admin user --optimized --username admin --password:env KEYCLOAK_PASSWORD
printf '%s' "$KEYCLOAK_PASSWORD" > "$home/admin-password"
