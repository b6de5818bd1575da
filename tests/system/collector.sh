#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Collateral that the issuer fetches: who waits for it and who does not, what is
# there without the source, and what signals do.
. "$(dirname "$0")/../lib.sh"
. "$LIB_ROOT/tests/pcs.sh"

# Forecasts have a test of their own.
echo 'collateral { early = false }' >>policy.conf

OTHER_FMSPC=53494D000002
mv sim/collateral sim-collateral # all of it comes from the source

# asked PATTERN: how many requests the source got for it.
asked() { grep -c -E "event=request .*$1" pcs.log; }
waited() { since | grep -c event=waits-for-collateral; }

pcs pcs --fmspc $OTHER_FMSPC || exit 1
issuer main --collateral-url "$URL" || exit 1

# --- one waits, the next does not -----------------------------------------------

mark
works "an empty state folder: the first client waits for what is fetched"
check "... as the log says" logged \
    "event=waits-for-collateral request=[0-9a-f]{32} .*fmspc=53494D000001"
request=$(since | sed -n 's/.*event=waits-for-collateral request=\([^ ]*\).*/\1/p')
check "... with the end of the wait" logged \
    "event=waited-for-collateral request=$request .*outcome=\"it is there\""
check "... and the certificate" wait_for 2 logged \
    "event=certificate-issued request=$request"
equal "... TCB info, QE identity and two lists were asked for" "4 1 1 1 1" \
    "$(asked .) $(asked /tcb) $(asked /qe/identity) $(asked /pckcrl) $(
	asked 'IntelSGXRootCA|/rootcacrl')"
mark
works "the second client does not wait"
equal "... nor is anything asked for" "0 4" "$(waited) $(asked .)"
check "what rows name is in the ledger" "$BIN/dci" ledger check -s "$STATE" \
    --quotes --root sim/root.crt
check "what was fetched is kept" wait_for 5 test -s \
    "$STATE/collateral/standard/sgx-53494d000001-platform.json"

# --- a slow source ----------------------------------------------------------------

faults slow=6:tcb
mark
waiting=()
for i in 1 2 3; do
	client "slow$i" --fmspc $OTHER_FMSPC >"slow$i.out" 2>&1 &
	waiting+=($!)
done
three_wait() { [ "$(waited)" = 3 ]; }
check "three clients of another platform wait" wait_for 5 three_wait
works "others are served meanwhile"
equal "... while those wait" 0 "$(since | grep -c event=waited-for)"
bad=
for pid in "${waiting[@]}"; do wait "$pid" || bad+=" $pid"; done
equal "all three are served then" "" "$bad$(cat slow?.out | grep -v ^enrolled)"
equal "... by one fetch" 1 "$(asked "/tcb.*$OTHER_FMSPC")"
faults ""

# --- SIGUSR1, SIGHUP -----------------------------------------------------------------

before=$(asked .)
mark
kill -USR1 "$PID"
refreshed() { [ "$(asked .)" = $((before + 5)) ]; }
check "USR1: everything is fetched again" wait_for 10 refreshed
check "... and is in use" wait_for 10 logged "event=collateral-in-use"
mark
collector=$(child_of "$PID" collector)
kill -HUP "$PID"
check "HUP: reloads" wait_for 5 logged event=reloaded
equal "... with the same collector, since its settings are the same" \
    "$collector" "$(child_of "$PID" collector)"
works "... and enrolments work"

# --- without the source --------------------------------------------------------------

pcs_stop TERM
mark
works "the source is gone: what is there stays in use"
equal "... and nobody waits" 0 "$(waited)"
exits 1 "... the client of a platform that is not there is refused" \
    client made --fmspc 53494D000003
said "... and told why" "collateral-unavailable .*$URL.*expected the TCB info"
check "... as is the log" wait_for 2 logged \
    "event=refused .*code=collateral-unavailable .*$URL"
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"

# A start without the network has what was stored.
issuer main --collateral-url "$URL" || exit 1
mark
works "a start without the source: what was stored is in use at once"
check "... of every platform" client made --fmspc $OTHER_FMSPC
equal "... and nobody waits" 0 "$(waited)"
issuer_stop
mv sim-collateral sim/collateral
issuer main --collateral sim/faults/wrong-tcb-signature || exit 1
works "the same without any source; beside files that are of no use"
mark
exits 1 "... where a lack is told at once" client made --fmspc 53494D000003
said "... without waiting" "collateral-unavailable .*FMSPC 53494D000003"
equal "... by anybody" 0 "$(waited)"

issuer_stop

# --- what was imported -----------------------------------------------------------------

issuer main || exit 1
cp "$STATE/collateral/standard/sgx-53494d000002-platform.json" kept.json
rm "$STATE/collateral/standard/sgx-53494d000002-platform.json"
kill -HUP "$PID"
taken_away() { client made --fmspc $OTHER_FMSPC 2>&1 | grep collateral-unavailable; }
check "HUP: what was taken away from the folder is forgotten" \
    wait_for 5 taken_away
cp kept.json "$STATE/collateral/standard/sgx-53494d000002-platform.json"
kill -HUP "$PID"
brought_back() { client made --fmspc $OTHER_FMSPC; }
check "HUP: what was imported is in use" wait_for 5 brought_back
issuer_stop

finish
