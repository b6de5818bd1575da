#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Clients that wait for collateral: how many, how long, and what becomes of them
# when they leave, or when the collector dies.
. "$(dirname "$0")/../lib.sh"
. "$LIB_ROOT/tests/pcs.sh"

mv sim/collateral sim-collateral
OTHER_FMSPC=53494D000002
pcs pcs --fmspc $OTHER_FMSPC --fmspc 53494D000004 || exit 1
{
	cat policy.conf
	echo "workers = 1"
	echo "connections_per_address = 1000"
	echo "collateral { url = \"$URL\" early = false }"
} >one.conf
issuer main -c one.conf || exit 1
works "an enrolment works"

waiting() { since | grep -c event=waits-for-collateral; }
ended() { since | grep -c "event=waited-for-collateral .*outcome=\"$1"; }
are() { [ "$("${@:2}")" -ge "$1" ]; } # N COMMAND...

# --- those who leave ----------------------------------------------------------------

faults slow=60:tcb
mark
client gone --fmspc $OTHER_FMSPC >gone.out 2>&1 &
HUNG=$!
others+=("$HUNG")
check "a client waits" wait_for 5 are 1 waiting
pkill -P "$HUNG" 2>/dev/null || kill "$HUNG"
check "it leaves: it is forgotten" wait_for 5 are 1 ended "the client is gone"

# --- the collector dies ----------------------------------------------------------------

mark
collector=$(child_of "$PID" collector)
client died --fmspc $OTHER_FMSPC >died.out 2>&1 &
HUNG=$!
check "another one waits" wait_for 5 are 1 waiting
faults ""
kill -9 "$collector"
wait "$HUNG"
equal "kill -9 of the collector: the next one is asked, and the client served" 0 $?
check "... the log says so" logged "event=process-ended role=collector .*signal=9"

bad=
for i in 1 2 3 4 5 6 7 8; do
	client "loop$i" >"loop$i.out" 2>&1 &
	HUNG=$!
	sleep "0.$(printf %03d $((RANDOM % 150)))"
	kill -9 "$(child_of "$PID" collector)" 2>/dev/null
	wait "$HUNG" || bad+="$(cat "loop$i.out") "
done
equal "kill -9 of the collector at any moment: nobody else notices" "" "$bad"
check "... and it is back" wait_for 5 child_of "$PID" collector

# --- more than may wait ----------------------------------------------------------------

# crowd N ADDRESSES: so many clients of the platform that is not there, in one
# process, from so many addresses that no other client has.
crowd() {
	rm -f ready
	"$BUILD/interop/crowd" -a "localhost:$PORT" -A ssl/ca.crt -c a.crt \
	    -k a.key -f ready -n "$2" "$1" >crowd.out 2>&1 &
	HUNG=$!
	others+=("$HUNG")
}
# An issuer that knows one platform alone, whose source is slow from now on.
slow_source() {
	issuer crowd -c one.conf || exit 1
	check "an enrolment of one platform works" \
	    client made --fmspc $OTHER_FMSPC
	faults slow=60:tcb
	mark
}
issuer_stop
evidence a
slow_source
crowd 20 1
check "20 clients of another one come from one address" wait_for 12 test -e ready
check "... 4 are refused" wait_for 5 are 4 eval \
    'since | grep -c "code=collateral-unavailable .*of one address as may wait do so"'
equal "... and 16 wait" 16 "$(waiting)"
client own >own.out 2>&1 &
OWN=$!
others+=("$OWN")
check "... and a client of another address" wait_for 5 are 17 waiting
faults ""
kill -9 "$(child_of "$PID" collector)"
wait "$OWN"
equal "... who is served when it comes" 0 $?
wait "$HUNG"
said "... and the 16" "^served=16 refused=4" crowd.out
issuer_stop
rm -r "$STATE/collateral"
slow_source
crowd 64 4
check "64 clients of another one come from four addresses" wait_for 12 test -e ready
check "... and wait" wait_for 3 are 59 waiting
exits 1 "the 65th, of a fifth one, is refused at once" client more
said "... and told why" "collateral-unavailable .*connections as may wait do so already"
check "others are served" client made --fmspc $OTHER_FMSPC
faults ""
kill -9 "$(child_of "$PID" collector)"
wait "$HUNG"
said "the 64 are served when it comes" "^served=64 refused=0" crowd.out
check "... whose lines in the log are bounded" test "$(waiting)" -le 60
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"

# --- those for whom it does not come ------------------------------------------------------

faults slow=60:tcb drip=9000:qe
issuer late -c one.conf || exit 1
mark
before=$(milliseconds)
exits 1 "a source that does not answer: refused" client late
took=$(($(milliseconds) - before))
said "... and told why" "collateral-unavailable .*no whole answer within [0-9]+ s"
check "... within 20 seconds" test $took -lt 21000
check "... and the operator of both documents, the late one and the one that drips" \
    wait_for 5 logged "event=collateral-fetch-failed .*documents=2 .*source-timeout"
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"

finish
