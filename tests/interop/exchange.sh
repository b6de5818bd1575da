#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The exchange of unmodified Gramine clients, by a client without our code, and
# the eight rules of such clients (PROTOCOL.md).
. "$(dirname "$0")/../lib.sh"

value() { sed -n "s/^$1=//p" "$WORK/out" | tail -n 1; }

issuer plain || exit 1

for tls in 2 3; do
	evidence "gramine$tls"
	check "TLS 1.$tls, P-384: the original exchange" \
	    old "gramine$tls" "-$tls" -- tls request "secret:secret$tls" csr \
	    "leaf:leaf$tls.der" report close
	equal "TLS 1.$tls is what was negotiated" "TLSv1.$tls" "$(value version)"
	equal "rule 1, TLS 1.$tls: no session ticket" 0 "$(value tickets)"
	equal "rule 2, TLS 1.$tls: handshake messages in one record each" \
	    0 "$(value fragmented)"
	equal "rule 7, TLS 1.$tls: response and secret, then all certificates, in one record each" \
	    2 "$(value records | tr , '\n' | wc -l)"
	equal "TLS 1.$tls: the secret is the original's, with its NUL" \
	    "RA Delegation Process@" "$(tr '\0' @ <"secret$tls")"
	check "TLS 1.$tls: the leaf is a certificate" \
	    openssl x509 -inform der -in "leaf$tls.der" -noout
done

evidence a
check "without a choice of version it is TLS 1.3" old a -- \
    tls request secret csr leaf close
equal "... it is" TLSv1.3 "$(value version)"

evidence a
check "leaf, issuing CA and root, then close_notify" old a -- \
    tls request secret csr leaf rest:cas
equal "rule 7: the end is close_notify" close_notify "$(value end)"
openssl x509 -in "$STATE/ca/issuing.crt" -outform der -out issuing.der
openssl x509 -in "$STATE/ca/root.crt" -outform der -out root.der
frame() {
	local n
	n=$(stat -c %s "$1")
	printf "\\x$(printf %02x $((n % 256)))\\x$(printf %02x $((n / 256)))\\0\\0"
	cat "$1"
}
check "the frames after the leaf are those two certificates" \
    cmp cas <(frame issuing.der; frame root.der)

evidence a --p384
check "TLS 1.3 with P-384 alone" \
    old a -3 -g P-384 -- tls request secret csr leaf close
evidence a --p384
check "TLS 1.3 with a HelloRetryRequest (X448 first)" \
    old a -3 -g X448:P-256 -- tls request secret csr leaf close
evidence a --p256
check "a client with a P-256 key" old a -- tls request secret csr leaf close

# The client's signature, with each hash that TLS 1.2 may pair with a curve.
for kind in p256 p384; do
	for hash in 256 384 512; do
		evidence a --$kind
		check "TLS 1.2, a $kind key that signs by SHA-$hash" old a -2 \
		    -s "ECDSA+SHA$hash" -- tls request secret csr leaf close
	done
done

# Rule 4.
evidence a
check "rule 4: silent for 5 seconds before its ClientHello, then served" \
    old a -- connect sleep:5 tls request secret csr leaf close

# Rule 6, and what nobody may do to us.
evidence a
check "rule 6: nothing but our answers comes after the handshake" \
    old a -3 -- tls sleep:0.3 request secret sleep:0.3 csr leaf report close
equal "... no message of the handshake" 0 "$(value tickets)"
evidence a
old a -2 -- tls renegotiate >out 2>&1
equal "renegotiation is refused" no "$(value renegotiated)"
evidence a
check "a KeyUpdate of the client does no harm" \
    old a -3 -- tls key-update request secret csr key-update leaf close

# Rule 7.
evidence bad --mrenclave "$OTHER"
for tls in 2 3; do
	mark
	old bad "-$tls" -- tls rest >out 2>&1
	equal "rule 7, TLS 1.$tls: a refusal reaches the client as close_notify" \
	    "0 close_notify" "$(value rest) $(value end)"
	old bad "-$tls" -- tls request sleep:0.3 zeros:60000 sleep:0.3 rest \
	    >out 2>&1
	equal "rule 7, TLS 1.$tls: nor does a reset overtake it when the client goes on talking" \
	    close_notify "$(value end)"
done

# A stall by Nagle and delayed acknowledgements is 40 ms in each exchange, in its
# handshake or behind it.  Where the machine is busy more of them are needed to see
# one that was not kept waiting otherwise.
stalls() { # PART: of the exchanges in took; "handshake" or "rest"
	! awk -F = -v part="$1" '/^handshake=/ { h = $2; if (part == "handshake") print h }
	    /^took=/ && part == "rest" { print $2 - h }' took |
	    sort -n | head -n 1 | grep -q -x -E '[0-9]|[12][0-9]|3[0-4]'
}
for tls in 2 3; do
	: >took
	for i in $(seq 40); do
		evidence a --p256
		old a "-$tls" -- >>took 2>&1
		[ "$i" -lt 8 ] || stalls handshake || stalls rest || break
	done
	if ! stalls handshake && ! stalls rest; then
		pass "rule 7, TLS 1.$tls: not every exchange has a stall"
	else
		fail "rule 7, TLS 1.$tls: not every exchange has a stall" \
		    "$(grep -E '^(handshake|took)=' took | xargs)"
	fi
done

# Rule 8.
for tls in 2 3; do
	evidence a
	check "rule 8, TLS 1.$tls: a second connection that offers the session" \
	    old a "-$tls" -- tls request secret again tls request secret close
	equal "rule 8, TLS 1.$tls: gets a full handshake" \
	    "0 0" "$(sed -n 's/^reused=//p' out | xargs)"
	equal "rule 8, TLS 1.$tls: the session cannot be resumed" \
	    0 "$(value resumable)"
done
mark
old bad -2 -- tls again tls request secret >out 2>&1
wait_for 2 logged code=mrenclave
equal "rule 8: and a fresh appraisal" 2 \
    "$(since | grep -c 'code=mrenclave-not-allowed')"
row "resumption of a TLS session offered" accepted \
    "A full handshake and an appraisal, as for any connection; no session can be resumed."

# ALPN.
evidence a
check "ALPN h2,http/1.1 is ignored" \
    old a -A h2,http/1.1 -- tls request secret csr leaf close
equal "... none is selected" "" "$(value alpn)"
evidence a
check "ALPN dci/1 is selected among others" \
    old a -A h2,dci/1 -- tls request secret csr leaf close
equal "... it is" dci/1 "$(value alpn)"
old bad -A dci/1 -- tls refusal rest >out 2>&1
equal "with dci/1 a refusal says its code" mrenclave-not-allowed "$(value code)"
said "... and a sentence with what was found" "^sentence=.*$OTHER"
equal "... and then comes close_notify" "0 close_notify" \
    "$(value rest) $(value end)"

# A third implementation of TLS.
if command -v gnutls-cli >/dev/null; then
	for tls in 2 3; do
		evidence a
		{
			printf 'SECRET_PROVISION_RA_TLS_REQUEST_V1\0'
			sleep 0.3
		} | timeout 10 gnutls-cli --x509certfile a.crt \
		    --x509keyfile a.key --x509cafile ssl/ca.crt \
		    --priority "NORMAL:-VERS-ALL:+VERS-TLS1.$tls" \
		    -p "$PORT" localhost >gnutls.out 2>&1
		tr '\0' @ <gnutls.out >text
		said "TLS 1.$tls: a client of GnuTLS gets the secret" \
		    "RESPONSE_V1:@@@@.RA Delegation Process@" text
	done
else
	skip "a client of GnuTLS" "no gnutls-cli"
fi

# Other orders of the same.
for tls in 2 3; do
	evidence a
	check "TLS 1.$tls: a client that sends its CSR before it has the secret" \
	    old a "-$tls" -- tls request csr secret leaf close
	evidence a
	check "TLS 1.$tls: a client that sends close_notify after its CSR" \
	    old a "-$tls" -- tls request secret csr shut leaf rest
done

# Constructor mode: the secret, and nothing more.
evidence a
mark
check "constructor mode: a client that takes the secret and closes" \
    old a -- tls request secret close
sleep 0.3
check "... is no refusal" test -z "$(since | grep event=refused)"
evidence a
check "constructor mode, without close_notify" old a -- tls request secret abort
sleep 0.3
check "... is no refusal either" test -z "$(since | grep event=refused)"

issuer_stop

# Rule 5: kinds of server certificates.
kinds=(rsa:2048 rsa:4096 "ec -pkeyopt ec_paramgen_curve:P-256"
    "ec -pkeyopt ec_paramgen_curve:P-384")
i=0
for kind in "${kinds[@]}"; do
	i=$((i + 1))
	rm -rf ssl
	# shellcheck disable=SC2086
	ssl_make ssl $kind
	issuer "rule5-$i"
	for tls in 2 3; do
		evidence a
		check "rule 5: server key $kind, TLS 1.$tls" \
		    old a "-$tls" -- tls request secret csr leaf close
	done
	issuer_stop
done
rm -rf ssl
ssl_make ssl rsa:2048
issuer rsa
# The server key is RSA here: an EC one would add its own curve to the list.
evidence a --p384
check "rule 3: TLS 1.2 with a client that has P-384 alone" \
    old a -2 -g P-384 -s ECDSA+SHA384:ECDSA+SHA256:RSA+SHA256 -- \
    tls request secret csr leaf close
evidence a --p384
check "rule 3: TLS 1.2, key exchange by X25519, certificate on P-384" \
    old a -2 -g X25519:P-384 -- tls request secret csr leaf close
evidence a
check "Gramine 1.7 knows no RSA-PSS: TLS 1.2 with RSA PKCS#1" old a -2 \
    -s ECDSA+SHA512:RSA+SHA512:ECDSA+SHA384:RSA+SHA384:ECDSA+SHA256:RSA+SHA256 \
    -- tls request secret csr leaf close
issuer_stop

rm -rf ssl
ssl_make ssl rsa:2048
openssl req -newkey rsa:2048 -nodes -keyout ssl/middle.key -out ssl/middle.csr \
    -subj "/CN=Test TLS intermediate" 2>/dev/null
openssl x509 -req -in ssl/middle.csr -CA ssl/ca.crt -CAkey ssl/ca.key -days 30 \
    -CAcreateserial -out ssl/middle.crt -extfile \
    <(echo "basicConstraints=critical,CA:TRUE") 2>/dev/null
ssl_server ssl middle rsa:2048
cat ssl/middle.crt >>ssl/server.crt
issuer middle
for tls in 2 3; do
	evidence a
	check "rule 5: with an intermediate CA, TLS 1.$tls" \
	    old a "-$tls" -- tls request secret csr leaf close
	equal "rule 2: still one record for each message, TLS 1.$tls" \
	    0 "$(value fragmented)"
done
works "rule 5: dci-client with an intermediate CA"
issuer_stop

ssl_make ed ed25519
cat >ed.conf <<END
tls {
    certificate = "ed/server.crt"
    key = "ed/server.key"
}
END
refuses_to_start "rule 5: Ed25519 is refused at start" "ED25519" -c ed.conf \
    --sim sim
cp ssl/server.crt long.crt
for i in $(seq 30); do cat ssl/middle.crt >>long.crt; done
sed -e "s,ed/server.crt,long.crt," -e "s,ed/server.key,ssl/server.key," \
    ed.conf >long.conf
refuses_to_start "rule 2: a chain that does not fit into one record is refused" \
    "do not fit into one TLS record" -c long.conf --sim sim

finish
