#!/usr/bin/env bash
# Fetches what Debian's stable release is too old for, into a folder: NSS and wolfSSL with DTLS 1.3, mbedTLS with connection IDs, OpenSSL
# with ML-KEM. Nothing is
# installed but the tools that wolfSSL is configured with. Takes three minutes; prints the variables that tests find the programs by.
#
#   sudo interop/fetch-newer-peers.sh /opt/newer-peers > newer-peers.env
#   set -a && . ./newer-peers.env && npx vitest run --project interop interop/dtls.test.ts
set -euo pipefail

folder=$(realpath -m "${1:?a folder to put them in}")
mkdir -p "$folder"/apt/{lists/partial,cache/archives/partial} "$folder"/{packages,sources,nss,wolfssl,mbedtls}
exec 3>&1 >&2

# Its own lists: the machine's own packages are not to become unstable ones.
signed=signed-by=/usr/share/keyrings/debian-archive-keyring.gpg
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' | sort -u | head -n 1)
cat > "$folder/apt/sources.list" <<END
deb [$signed] $archive sid main
deb-src [$signed] $archive sid main
deb-src [$signed] $archive trixie main
END
options=(-q -o "Dir::Etc::sourcelist=$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$folder/apt/lists"
  -o "Dir::Cache=$folder/apt/cache" -o Dir::State::status=/dev/null -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
apt-get "${options[@]}" update

# NSS and OpenSSL: with the C library that they want, and started by that one's loader.
(cd "$folder/packages" && apt-get "${options[@]}" download libnss3-tools libnss3 libnspr4 libc6 libsqlite3-0 zlib1g libgcc-s1 libstdc++6 \
  openssl libssl3t64 libzstd1)
for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/nss"; done
libraries=$folder/nss/usr/lib/x86_64-linux-gnu
cat > "$folder/tstclnt" <<END
#!/bin/sh
exec $libraries/ld-linux-x86-64.so.2 --library-path $libraries:$libraries/nss $folder/nss/usr/bin/tstclnt "\$@"
END
cat > "$folder/openssl" <<END
#!/bin/sh
exec $libraries/ld-linux-x86-64.so.2 --library-path $libraries $folder/nss/usr/bin/openssl "\$@"
END
chmod +x "$folder/tstclnt" "$folder/openssl"

# The archive may be ahead of its list by a file of Debian's own: only the sources of the authors are needed.
cd "$folder/sources"
apt-get "${options[@]}" source --download-only wolfssl || true
apt-get "${options[@]}" source --download-only mbedtls/trixie || true
for archive in wolfssl_*.orig.tar.* mbedtls_*.orig.tar.*; do [[ $archive == *.asc ]] || tar -xf "$archive"; done

if ! command -v autoreconf libtoolize >/dev/null; then
  apt-get install -q -y --no-install-recommends autoconf automake libtool </dev/null
fi
cd "$folder"/sources/wolfssl-*/
./autogen.sh >/dev/null
./configure --quiet --enable-static --disable-shared --disable-crypttests --enable-dtls --enable-dtls13 --enable-dtlscid --enable-dtls-mtu \
  --enable-dtls-frag-ch --enable-hrrcookie --enable-psk --enable-srtp --enable-session-ticket --enable-aesccm --enable-curve25519 \
  --enable-ed25519 --enable-alpn --enable-keying-material --enable-rpk --enable-mlkem CFLAGS='-O1 -DWOLFSSL_STATIC_PSK'
make -s -j"$(nproc)" examples/client/client examples/server/server
cp examples/client/client examples/server/server "$folder/wolfssl/"

cd "$folder"/sources/mbedtls-*/
make -s -j"$(nproc)" -C library GEN_FILES=
make -s -C programs GEN_FILES= ssl/ssl_client2 ssl/ssl_server2
cp programs/ssl/ssl_client2 programs/ssl/ssl_server2 "$folder/mbedtls/"

cat >&3 <<END
FOXTLS_NSS_DTLS13=$folder/tstclnt
FOXTLS_WOLFSSL_DTLS13=$folder/wolfssl
FOXTLS_MBEDTLS=$folder/mbedtls
FOXTLS_OPENSSL35=$folder/openssl
END
