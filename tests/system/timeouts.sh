#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# How long a client may take: 30 s to its ClientHello, 10 s for the handshake,
# 30 s for the exchange, and 5 s to go away after that.
. "$(dirname "$0")/../lib.sh"

issuer main || exit 1
for name in hello handshake request csr; do
	evidence $name --p256 --dice
done
begin=$(milliseconds)
last() { # NAME STEP...: when the issuer ends it, the time is in NAME.end
	local name=$1

	shift
	(
		"$BUILD/interop/old_client" -t 60 -a ssl/ca.crt -c "$name.crt" \
		    -k "$name.key" localhost "$PORT" "$@" >"$name.out" 2>&1
		milliseconds >"$name.end"
	) &
	others+=($!)
}
last hello connect gone
last handshake "raw:$(printf '\x16\x03\x01\x02\x01')" gone
last request tls rest
last csr tls request secret csr-part:50 rest
last drain raw:not-TLS-at-all sleep:20

# ended TEXT NAME SECONDS
ended() {
	local took

	if ! wait_for "$(($3 + 3))" test -s "$2.end"; then
		fail "$1" "still there"
		return
	fi
	took=$(($(cat "$2.end") - begin))
	if [ "$took" -ge $(($3 * 1000 - 500)) ] &&
	    [ "$took" -lt $(($3 * 1000 + 2500)) ]; then
		pass "$1"
	else
		fail "$1" "after $took ms"
	fi
}
ended "10 seconds for the handshake" handshake 10
ended "30 seconds to the ClientHello" hello 30
ended "30 seconds for the exchange: the request" request 30
ended "30 seconds for the exchange: the CSR" csr 30
sleep 0.5
equal "each is refused with client-timeout" 4 \
    "$("$BIN/dci" ledger refusals -s "$STATE" | grep -c code=client-timeout)"
# listed INPUT WORDS: what was awaited of it, as the log says.
listed() {
	local said

	said=$(grep "code=client-timeout .*$2" "$LOG" |
	    sed -n 's/.* reason="\(.*\)"$/\1/p')
	check "... which says of $1 what was awaited" test -n "$said"
	row "$1" client-timeout "$said"
}
listed "a connection and no byte for 30 seconds" "the first byte"
listed "a handshake that does not go on" "the rest of its TLS handshake"
listed "a request that stays away" "secret-provisioning request"
listed "a CSR that does not come whole" "the certificate request"
said "TLS clients see close_notify" end=close_notify request.out
works "an enrolment works"
finish
