#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it looks at the clock.
# An admitted client that sends TLS messages without end does not keep its
# worker from the others.
. "$(dirname "$0")/../lib.sh"

{
	cat policy.conf
	echo "workers = 1"
} >one.conf
issuer one -c one.conf || exit 1
works "an enrolment works" # the first one takes longer

# floods TEXT KIND COUNT CODE
floods() {
	local text=$1 kind=$2 count=$3 code=$4 begin took

	evidence a --p256
	rm -f ready
	mark
	(exec "$BUILD/interop/flood" "$kind" "$count" ssl/ca.crt a.crt a.key \
	    localhost "$PORT") >flood.out 2>&1 &
	others+=("$!")
	if ! wait_for 20 test -e ready; then
		fail "$text" "$(cat flood.out)"
		return
	fi
	begin=$(milliseconds)
	works "$text: another client is served"
	took=$(($(milliseconds) - begin))
	[ "$took" -lt 1000 ] && pass "... at once" ||
	    fail "... at once" "$took ms"
	if wait_for 5 logged "event=refused .*code=$code "; then
		pass "... and that one is refused: $code"
	else
		fail "... and that one is refused: $code" "$(since)"
	fi
}
floods "KeyUpdates without end" key-update 200000 tls-flood
floods "renegotiation without end" hello 500000 tls-flood
floods "warnings without end" alert 500000 "(tls-flood|client-gone)"
floods "empty records without end" empty 500000 client-gone
floods "data that is no request" data 500000 request-malformed

evidence a
check "a few KeyUpdates do no harm" old a -3 -- tls key-update key-update \
    key-update request secret csr key-update leaf close
mark
exec 3<>"/dev/tcp/127.0.0.1/$PORT"
# Each record has one byte of a ClientHello that says it has 0x010101.
printf '\x16\x03\x01\x00\x01\x01%.0s' $(seq 1100) >&3
check "a handshake in crumbs is refused: tls-flood" wait_for 3 logged \
    "event=refused .*code=tls-flood "
exec 3>&-
check "and no process has ended" test -z "$(grep process-ended "$LOG")"
issuer_stop
finish
