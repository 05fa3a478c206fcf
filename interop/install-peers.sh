#!/usr/bin/env bash
# Installs the programs that tests talk to, from the distribution's packages (Debian, Ubuntu). Asks apt only for what is missing.
#
# They are listed in packages/foxtls/test/peers.ts too, which skips (or fails, with FOXTLS_PEERS=required) when one is not here.
set -euo pipefail

# command=package
peers=(openssl=openssl gnutls-cli=gnutls-bin gnutls-serv=gnutls-bin certtool=gnutls-bin curl=curl chromium=chromium certutil=libnss3-tools
  pk12util=libnss3-tools selfserv=libnss3-tools tstclnt=libnss3-tools
  softhsm2-util=softhsm2)

missing=()
for peer in "${peers[@]}"; do
  command -v "${peer%%=*}" >/dev/null || missing+=("${peer#*=}")
done

if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "install-peers: run as root, or install: ${missing[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q </dev/null
  apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
fi

for peer in "${peers[@]}"; do
  command -v "${peer%%=*}" >/dev/null || { echo "install-peers: ${peer%%=*} is still missing" >&2; exit 1; }
done
echo "install-peers: all ${#peers[@]} programs are here"
