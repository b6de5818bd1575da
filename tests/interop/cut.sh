#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A client that is gone at every byte of the exchange, by FIN and by reset: it
# gets nothing, and burns nothing, before the last byte of its CSR.  STEP: at
# every so many bytes (1).
. "$(dirname "$0")/../lib.sh"

{
	cat policy.conf
	echo "connections_per_address = 1000"
} >wide.conf
issuer main -c wide.conf || exit 1
certificates() { "$BIN/dci" ledger list -s "$STATE" | grep -c kind=certificate; }
has() { [ "$(certificates)" = "$1" ]; }
descriptors() {
	local pid

	for pid in $(child_of "$PID" 'worker.*'); do ls "/proc/$pid/fd"; done |
	    wc -l
}
before=$(descriptors)
served=0
for version in 3 2; do
	for n in 0 1 2 3 4 5 6 7 8 9; do evidence a.$n --p256 --dice; done
	mark
	check "TLS 1.$version: gone after each byte" timeout 200 \
	    "$BUILD/interop/cut_client" $version ssl/ca.crt a \
	    localhost "$PORT" "${STEP:-1}"
	cp out ran
	echo "# $(cat ran)"
	served=$((served + 1))
	check "... only the last one, that sent all, had a certificate made" \
	    wait_for 5 has $served
	sleep 1
	equal "... no more than that" $served "$(certificates)"
	equal "... the others are refused as client-gone, tls-handshake-failed, or not at all" \
	    "client-gone tls-handshake-failed" \
	    "$("$BIN/dci" ledger refusals -s "$STATE" |
		sed -n 's/.* code=\([a-z-]*\) .*/\1/p' |
		grep -v evidence-reused | sort -u | xargs)"
	refused "... and the evidence is used up by the last" evidence-reused \
	    old "a.$(sed 's/.*evidence=//' ran)" -- tls request secret
done
row "gone after each byte of the exchange, by FIN and by reset" \
    "client-gone, tls-handshake-failed, or none before the first byte" \
    "What was awaited and how much of it had come, as above; nothing is burnt before the last byte of the CSR."
check "no descriptor is left behind" wait_for 10 test "$before" = "$(descriptors)"
works "after all this an enrolment works"
check "and no process has ended" test -z "$(grep process-ended "$LOG")"
check "the ledger is whole" "$BIN/dci" ledger check -s "$STATE"
finish
