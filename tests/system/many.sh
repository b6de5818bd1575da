#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it looks at the clock.
# Many clients, slow clients: nothing that one does delays another.
. "$(dirname "$0")/../lib.sh"

{
	cat policy.conf
	echo "connections_per_address = 300"
	echo "workers = 1"
} >wide.conf
issuer main -c wide.conf || exit 1

# hangs TEXT STEP...: while a client hangs after these steps, others are served.
hangs() {
	local text=$1 begin took

	shift
	evidence slow
	background slow hung "$@" touch:ready sleep:60
	arrived
	begin=$(milliseconds)
	works "$text: another client is served"
	took=$(($(milliseconds) - begin))
	[ "$took" -lt 1000 ] && pass "... at once" ||
	    fail "... at once" "$took ms"
}
hangs "connected and silent" connect
hangs "in the middle of the ClientHello" "raw:$(printf '\x16\x03\x01\x02\x01')"
hangs "after the handshake" tls
hangs "in the middle of the request" tls text:SECRET
hangs "after the request" tls request
hangs "after the secret" tls request secret
hangs "after the CSR's length" tls request secret length:300
hangs "in the middle of the CSR" tls request secret csr-part:100
hangs "after the certificate, without reading it" tls request secret csr

# All the slow ones still hang.
CLIENTS=${CLIENTS:-200}
pids=()
for i in $(seq "$CLIENTS"); do
	client "many/$i" >"many.$i" 2>&1 &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do wait "$pid" || bad=$((bad + 1)); done
if [ $bad = 0 ]; then
	pass "$CLIENTS clients at once: all of them are served"
else
	fail "$CLIENTS clients at once: all of them are served" "$bad were not:
$(cat many.* | grep -v ^enrolled | head -n 5)"
fi
cat many/*/delegation.crt >all.crt
equal "... each with a certificate of its own" "$CLIENTS" \
    "$(openssl storeutl -noout -text -certs all.crt |
	grep -A 1 'Serial Number' | grep : | grep -v Serial | sort -u | wc -l)"
sed -n 's/.*serial \([0-9a-f]*\),.*/\1/p' many.[0-9]* | sort >serials
equal "... all of them in the ledger" "$CLIENTS" \
    "$("$BIN/dci" ledger list -s "$STATE" |
	sed -n 's/.*serial=\([0-9a-f]*\) .*/\1/p' | sort | comm -12 - serials |
	wc -l)"
issuer_stop

# --- the bound per address ---------------------------------------------------------

{
	cat policy.conf
	echo "connections_per_address = 3"
	echo "workers = 1"
} >narrow.conf
issuer narrow -c narrow.conf
hanging=()
for i in 1 2 3; do
	evidence slow
	background slow hung tls touch:ready sleep:60
	arrived
	hanging+=("$HUNG")
done
evidence a
refused "one more than the bound per address: too-many-connections" \
    too-many-connections old a -- tls request secret
check "... readable by dci ledger refusals" wait_for 2 sh -c \
    "'$BIN/dci' ledger refusals -s '$STATE' | grep -q code=too-many-connections"
kill "${hanging[0]}" 2>/dev/null
wait "${hanging[0]}" 2>/dev/null
check "when one has gone, the next is served" wait_for 8 client again
issuer_stop

finish
