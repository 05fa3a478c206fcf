#!/usr/bin/env bash
# Installs the programs that tests talk to, from the distribution's packages (Debian, Ubuntu). Asks apt only for what is missing.
#
# They are listed in packages/foxtls/test/peers.ts too, which skips (or fails, with FOXTLS_PEERS=required) when one is not here.
set -euo pipefail

# wolfSSL's example programs, which tests build (interop/harness/wolfssl.ts).
wolfssl_examples=/usr/share/doc/libwolfssl-dev/examples

# command=package, or a file that the package brings
peers=(openssl=openssl gnutls-cli=gnutls-bin gnutls-serv=gnutls-bin certtool=gnutls-bin curl=curl chromium=chromium certutil=libnss3-tools
  pk12util=libnss3-tools selfserv=libnss3-tools tstclnt=libnss3-tools
  softhsm2-util=softhsm2
  sslscan=sslscan nmap=nmap testssl=testssl.sh tshark=tshark tmux=tmux redis-server=redis-server zsh=zsh fish=fish
  coap-client-openssl=libcoap3-bin coap-client-gnutls=libcoap3-bin javac=openjdk-17-jdk-headless keytool=openjdk-17-jdk-headless
  gcc=gcc /usr/include/stdio.h=libc6-dev /usr/include/wolfssl/ssl.h=libwolfssl-dev /usr/include/openssl/ssl.h=libssl-dev valgrind=valgrind)

is_here() {
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=()
for peer in "${peers[@]}"; do
  is_here "${peer%%=*}" || missing+=("${peer#*=}")
done

need_root() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "install-peers: run as root, or install: $*" >&2
    exit 1
  fi
}

if [ "${#missing[@]}" -gt 0 ]; then
  need_root "${missing[@]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q </dev/null
  apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
fi

# Small images tell dpkg to leave out what is in /usr/share/doc: the examples are then taken out of the package by hand.
if [ ! -e "$wolfssl_examples/client.c" ]; then
  need_root "the documentation of libwolfssl-dev"
  folder=$(mktemp -d)
  chmod 755 "$folder"
  apt-get update -q </dev/null
  (cd "$folder" && apt-get download -q libwolfssl-dev </dev/null && dpkg-deb --fsys-tarfile ./*.deb | tar -x -C / ".$wolfssl_examples")
  rm -rf "$folder"
fi

for peer in "${peers[@]}" "$wolfssl_examples/client.c"; do
  is_here "${peer%%=*}" || { echo "install-peers: ${peer%%=*} is still missing" >&2; exit 1; }
done
echo "install-peers: all ${#peers[@]} programs are here"
