#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it looks at the clock.
# Under load: reloads, deaths, a stop; too few descriptors; a full disk.
. "$(dirname "$0")/../lib.sh"

{
	cat policy.conf
	echo "connections_per_address = 5000"
} >wide.conf
issuer main -c wide.conf || exit 1
CLIENTS=${CLIENTS:-150} # of a part; some parts have more

# parallel N: ten clients at a time, N times, in the background; results in
# load.*
parallel() {
	local n
	rm -rf load.* load
	pids=()
	for n in 0 1 2 3 4 5 6 7 8 9; do
		(for i in $(seq "$1"); do
			client "load/$n-$i" >"load.$n-$i" 2>&1 ||
			    echo "exit $?" >>"load.$n-$i"
		done) &
		pids+=($!)
	done
}
count() { # PATTERN: in the results
	cat load.* | grep -c -E "$1"
}

parallel $((CLIENTS / 10))
for i in $(seq 20); do
	kill -HUP "$PID"
	sleep 0.05
done
wait "${pids[@]}"
equal "20 reloads of the same policy under load: all $CLIENTS are served" \
    "$CLIENTS" "$(count ^enrolled)"

mark
parallel $((CLIENTS / 5))
for i in $(seq 10); do
	for name in worker.0 appraiser.0; do
		victim=$(child_of "$PID" $name)
		[ -z "$victim" ] || kill -9 "$victim"
		sleep 0.1
	done
done
wait "${pids[@]}"
served=$(count ^enrolled)
[ "$served" -gt 0 ] && pass "deaths of worker and appraiser under load" ||
    fail "deaths of worker and appraiser under load" "$(since | tail -n 30)"
equal "... none of our processes found a message strange" "" \
    "$(since | grep event=ipc)"
equal "... each client was served or told why not" $((CLIENTS * 2)) \
    "$((served + $(count '^exit [12]')))"
equal "... no client was given what belongs to another" "" \
    "$(cat load.* | grep -E 'issued-|malformed' | head -n 3)"
check "... then all is well" wait_for 5 client again

mark
parallel $((CLIENTS / 8))
for i in 1 2 3; do
	sleep 0.15
	kill -9 "$(child_of "$PID" signer)" 2>/dev/null
	sleep 0.15
	kill -9 "$(child_of "$PID" ledger)" 2>/dev/null
done
wait "${pids[@]}"
equal "deaths of signer and ledger under load: nobody finds a message strange" \
    "" "$(since | grep event=ipc)"
check "... then all is well" wait_for 10 client again
cat load.* | sed -n 's/.*serial \([0-9a-f]*\),.*/\1/p' | sort >given
"$BIN/dci" ledger list -s "$STATE" |
    sed -n 's/.*serial=\([0-9a-f]*\) .*/\1/p' | sort >stored
equal "... each certificate that a client got is in the ledger" "" \
    "$(comm -23 given stored)"

parallel $((CLIENTS / 8))
sleep 0.4
issuer_stop
equal "TERM under load: exit 0" 0 "$STATUS"
wait "${pids[@]}"
cat load.* | sed -n 's/.*serial \([0-9a-f]*\),.*/\1/p' | sort >given
"$BIN/dci" ledger list -s "$STATE" |
    sed -n 's/.*serial=\([0-9a-f]*\) .*/\1/p' | sort >stored
equal "... each certificate that a client got is in the ledger" "" \
    "$(comm -23 given stored)"

# --- too few descriptors -----------------------------------------------------------

echo "workers = 1" >>wide.conf
ulimit_before=$(ulimit -n)
ulimit -S -n 60
if (ulimit -H -n 60) 2>/dev/null; then
	(
		ulimit -n 60
		exec "$BIN/dci-issuer" -c wide.conf --sim sim -s few.state \
		    -l "127.0.0.1:$PORT" 2>few.log
	) &
	PID=$!
	LOG=$WORK/few.log
	ulimit -S -n "$ulimit_before"
	issuers+=("$PID")
	wait_for 10 grep -q event=listening "$LOG"
	evidence a
	idle=()
	for i in $(seq 100); do
		background a /dev/null connect sleep:60
		idle+=("$HUNG")
	done
	sleep 1
	said "100 idle clients and 60 descriptors: accepting pauses" \
	    event=out-of-descriptors "$LOG"
	worker=$(child_of "$PID" 'worker.0')
	ticks() { cut -d ')' -f 2 <"/proc/$worker/stat" | awk '{ print $12 + $13 }'; }
	before=$(ticks)
	lines=$(wc -l <"$LOG")
	sleep 1
	used=$(($(ticks) - before))
	[ $used -lt 20 ] && pass "... without a busy loop" ||
	    fail "... without a busy loop" "$used ticks of a second"
	[ $(($(wc -l <"$LOG") - lines)) -lt 15 ] &&
	    pass "... nor a flood of lines in the log" ||
	    fail "... nor a flood of lines in the log" "$(tail -n 3 "$LOG")"
	kill "${idle[@]}"
	wait "${idle[@]}" 2>/dev/null
	check "... and goes on when they have gone" wait_for 10 client again
	issuer_stop
else
	ulimit -S -n "$ulimit_before"
	skip "too few descriptors" "no limits here"
fi

# --- a full disk -------------------------------------------------------------------

mkdir disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=900k none disk 2>/dev/null; then
	"$BIN/dci-issuer" -c policy.conf --sim sim -s disk/state \
	    -l "127.0.0.1:$PORT" 2>full.log &
	PID=$!
	LOG=$WORK/full.log
	issuers+=("$PID")
	wait_for 10 grep -q event=listening "$LOG"
	works "a small disk: an enrolment works"
	dd if=/dev/zero of=disk/ballast bs=1k count=900 2>/dev/null
	for i in $(seq 30); do client again >out 2>&1 || break; done
	exits 1 "a full disk: nothing is issued" client again
	said "... with ledger-full or disk-low" "ledger-full|disk-low"
	check "... the issuer lives" alive "$PID"
	equal "... and none of its processes has ended" "" \
	    "$(grep process-ended "$LOG")"
	rm disk/ballast
	check "with room again an enrolment works" wait_for 5 client again
	issuer_stop
	umount disk
else
	skip "a full disk" "cannot mount here"
fi

finish
