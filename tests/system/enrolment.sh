#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci-client: what it writes, how it refuses, what it leaves alone.
. "$(dirname "$0")/../lib.sh"

issuer main || exit 1

check "an enrolment: exit 0" client out1
equal "the files are key, certificate, chain, and nothing else" \
    "chain.crt delegation.crt delegation.key" "$(ls out1 | xargs)"
equal "the key has mode 0600" 600 "$(stat -c %a out1/delegation.key)"
public() { openssl pkey -in "$1/delegation.key" -pubout; }
equal "the certificate is for the key" "$(public out1)" \
    "$(openssl x509 -in out1/delegation.crt -noout -pubkey)"
cat "$STATE/ca/issuing.crt" "$STATE/ca/root.crt" >expected
ders() { openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs; }
equal "the chain is issuing CA and root" "$(ders expected)" \
    "$(ders out1/chain.crt)"
equal "P-256 if nothing else is asked for" "ASN1 OID: prime256v1" \
    "$(openssl pkey -in out1/delegation.key -noout -text | grep ASN1)"
check "P-384" client p384 --key-type p384
equal "... it is" "ASN1 OID: secp384r1" \
    "$(openssl pkey -in p384/delegation.key -noout -text | grep ASN1)"
check "a folder that is not there is made" client deep/er/out
before=$(cat out1/delegation.key)
check "a second enrolment replaces the first" client out1
check "... with another key" test "$before" != "$(cat out1/delegation.key)"
check "by address" timeout 20 "$BIN/dci-client" --issuer "127.0.0.1:$PORT" \
    --sim sim -o byaddress
issuer_stop

sums() { sha256sum out1/*; }
before=$(sums)
exits 2 "nobody listens: exit 2" client out1
write_policy other.conf
sed -i "s/$MRENCLAVE/$OTHER/" other.conf
ADDRESS=0.0.0.0 issuer refuses -c other.conf
exits 1 "refused: exit 1" client out1
said "... with the issuer's code" mrenclave-not-allowed
said "... and its sentence: what was expected" "$OTHER"
said "... and what was found" "$MRENCLAVE"
equal "... and the old files are as they were" "$before" "$(sums)"
equal "... nothing is left lying about" \
    "chain.crt delegation.crt delegation.key" "$(ls -A out1 | xargs)"
exits 1 "refused without earlier files: exit 1" client fresh
equal "... writes nothing" "" "$(ls -A fresh)"
ssl_make ssl2 ec -pkeyopt ec_paramgen_curve:P-256
exits 2 "another CA: exit 2" client out1 --ca ssl2/ca.crt
exits 2 "no CA file: exit 2" client out1 --ca nothing
exits 2 "a name that the certificate has not: exit 2" timeout 20 \
    "$BIN/dci-client" --issuer "127.0.0.2:$PORT" --sim sim -o out1
said "... and says so" "IP address mismatch"
exits 2 "no source of quotes: exit 2" timeout 20 "$BIN/dci-client" \
    --issuer "localhost:$PORT" -o out1
"$BIN/dci-sim" init sim2 >/dev/null
exits 1 "another platform than the one that is trusted: exit 1" timeout 20 \
    "$BIN/dci-client" --issuer "localhost:$PORT" --sim sim2 -o out1
said "... with pck-root-untrusted" pck-root-untrusted
equal "after all this the old files are as they were" "$before" "$(sums)"
issuer_stop

finish
