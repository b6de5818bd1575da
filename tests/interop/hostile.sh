#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Clients that misbehave are refused, each with its code, and leave the issuer
# as it was.
. "$(dirname "$0")/../lib.sh"

issuer plain || exit 1
evidence a # never gets a certificate here, so it can be used again

refused "no client certificate" no-client-certificate \
    timeout 20 "$BUILD/interop/old_client" -a ssl/ca.crt localhost "$PORT" \
    tls request secret
refused "no client certificate, TLS 1.2" no-client-certificate \
    timeout 20 "$BUILD/interop/old_client" -2 -a ssl/ca.crt localhost "$PORT" \
    tls request secret
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes \
    -keyout plain.key -out plain.crt -subj /CN=nobody 2>/dev/null
refused "a certificate without a quote" no-evidence old plain -- \
    tls request secret
refused "a request string with another last letter" request-malformed old a -- tls \
    text:SECRET_PROVISION_RA_TLS_REQUEST_V2 zeros:1 secret
refused "the request string without its NUL, then more" request-malformed old a -- tls \
    text:SECRET_PROVISION_RA_TLS_REQUEST_V1MORE secret
refused "HTTP instead of the request string" request-malformed old a -- tls \
    "text:GET / HTTP/1.1 and so on, for more than 35 bytes" secret
refused "part of the request string, then close" client-gone old a -- tls \
    text:SECRET_PROV close leaf
gone() { old "$@"; false; } # its exit code says nothing
refused "a handshake, no request, then close" client-gone gone a -- tls close

for n in 0 -1 2147483647 -2147483648 16385; do
	refused "CSR length $n" frame-length old a -- tls request secret \
	    "length:$n" leaf
done
refused "CSR of 16384 zeros" csr-malformed old a -- tls request secret \
    length:16384 zeros:16384 leaf
refused "CSR of one byte" csr-malformed old a -- tls request secret \
    length:1 zeros:1 leaf
refused "CSR shorter than announced, then close" client-gone gone a -- \
    tls request secret length:300 zeros:200 close
refused "CSR shorter than announced, then reset" client-gone gone a -- \
    tls request secret length:300 zeros:200 reset
refused "half of the CSR's length, then close" client-gone gone a -- \
    tls request secret text:xx close
refused "CSR with a wrong signature" csr-signature-invalid old a -- tls request secret \
    csr-flip:-1 leaf
refused "CSR with a wrong first byte" csr-malformed old a -- tls request secret \
    csr-flip:0 leaf
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.key
refused "CSR for a P-521 key" csr-key-unsupported old a -- tls request secret \
    csr:p521.key leaf
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key \
    2>/dev/null
refused "CSR for an RSA key" csr-key-unsupported old a -- tls request secret \
    csr:rsa.key leaf
refused "no TLS at all" tls-handshake-failed old a -- \
    "raw:GET / HTTP/1.0 and so on" gone nothing
refused "TLS cut off in the middle" tls-handshake-failed old a -- \
    "raw:$(printf '\x16\x03\x01\x02')" sleep:0.2 reset nothing
refused "a client that wants TLS 1.1" tls-handshake-failed \
    timeout 10 openssl s_client -connect "localhost:$PORT" -tls1_1 \
    -cipher ALL:@SECLEVEL=0

# A connection and no byte: port scans, health checks.
worker_ticks() {
	local pid total=0

	for pid in $(child_of "$PID" 'worker.*'); do
		set -- $(cut -d ')' -f 2 <"/proc/$pid/stat")
		total=$((total + ${12} + ${13}))
	done
	echo $total
}
descriptors() {
	local pid

	for pid in $(child_of "$PID" 'worker.*'); do ls "/proc/$pid/fd"; done |
	    wc -l
}
sleep 0.3
before=$(descriptors)
mark
for i in 1 2 3 4 5 6 7 8; do old a -- connect reset; done
for i in 1 2 3 4 5 6 7 8; do old a -- connect close; done
ticks=$(worker_ticks)
sleep 1
check "connections without a byte are no refusals" \
    test -z "$(since | grep event=refused)"
equal "... and leave no descriptor behind" "$before" "$(descriptors)"
used=$(($(worker_ticks) - ticks))
if [ "$used" -lt 20 ]; then
	pass "... nor a busy worker"
else
	fail "... nor a busy worker" "$used ticks of a second"
fi

works "after all this an enrolment works"
check "and no process has ended" test -z "$(grep process-ended "$LOG")"
finish
