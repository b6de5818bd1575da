#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Makes a TLS identity for trying things out: DIR/ca.crt, DIR/server.crt and
# DIR/server.key, for localhost and 127.0.0.1. The CA's key is thrown away.
# Files that exist are left alone.
set -eu

dir=$1
[ ! -e "$dir/server.crt" ] || exit 0
umask 077
mkdir -p "$dir"
work=$(mktemp -d "$dir/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT

ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $ec -sha256 -days 3650 -keyout "$work/ca.key" \
    -out "$work/ca.crt" -subj "/CN=Delegation Cert Issuer TLS CA" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
    -addext "keyUsage=critical,keyCertSign" 2>/dev/null
openssl req $ec -keyout "$work/server.key" -out "$work/server.csr" \
    -subj "/CN=localhost" 2>/dev/null
cat >"$work/extensions" <<EOF
subjectAltName=DNS:localhost,IP:127.0.0.1
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
EOF
openssl x509 -req -sha256 -days 3649 -in "$work/server.csr" \
    -CA "$work/ca.crt" -CAkey "$work/ca.key" \
    -set_serial "0x$(openssl rand -hex 15)" -extfile "$work/extensions" \
    -out "$work/server.crt" 2>/dev/null
chmod 644 "$work/ca.crt" "$work/server.crt"
mv "$work/ca.crt" "$work/server.key" "$dir/"
mv "$work/server.crt" "$dir/"
