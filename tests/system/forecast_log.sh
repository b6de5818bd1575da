#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The issuer looks ahead by itself: what the next TCB recovery does to its
# delegations is in its log before it happens, and then happens.
. "$(dirname "$0")/../ops.sh"
. "$TOP/tests/pcs.sh"

in_seconds() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }
forecaster_gone() { [ -z "$(child_of "$PID" forecaster)" ]; }

mv sim/collateral sim-collateral # all of it comes from the source
pcs quiet
url=$URL
cat policy.conf - >early.conf <<END
collateral { source = pcs url = "$url" early = true }
END
issuer fore -c early.conf
check "a delegation" client proxy
check "nothing is said of it: there is nothing to say" wait_for 15 \
    logged "event=forecast-made delegations=1 changing=0"

# A recovery that will be in force in 42 days.
pcs_stop TERM
day=$(in_seconds $((42 * 86400)))
log=$LOG
port=${url##*:}
"$BIN/dci-sim" pcs sim --listen "127.0.0.1:$port" --recovery "$day" 2>pcs2.log &
PCS=$!
others+=("$PCS")
wait_for 10 grep -q event=listening pcs2.log
LOG=$WORK/fore.log
mark
kill -USR1 "$PID"
check "the early documents arrive" wait_for 20 \
    logged "event=collateral-early-differs"
check "what they do to the delegation is logged" wait_for 20 \
    logged "level=warn .*event=forecast .*verdict=OutOfDate from=$day \
code=tcb-status-not-allowed message=.*from $day on, enclave $MRENCLAVE will be"
check "... and counted" wait_for 5 logged \
    "event=forecast-made delegations=1 changing=1 early_platforms=1"
check "... by a process that ends" wait_for 5 forecaster_gone
dci collateral forecast -s fore.state --root sim/root.crt
ok "dci collateral forecast says the same" eval 'ended 3 &&
    says "from $day on, enclave $MRENCLAVE will be OutOfDate"'
check "until then certificates are issued" client more

# The day comes.
kill -TERM "$PCS"
wait "$PCS"
"$BIN/dci-sim" pcs sim --listen "127.0.0.1:$port" --recovery "$(in_seconds -5)" \
    2>pcs3.log &
PCS=$!
others+=("$PCS")
wait_for 10 grep -q event=listening pcs3.log
mark
kill -USR1 "$PID"
check "the recovery is in force" wait_for 20 logged event=collateral-in-use
refused "... the client is refused" tcb-status-not-allowed client none
LOG=$WORK/fore.log
check "... what happened to the delegations is logged" wait_for 20 logged \
    "event=forecast .*verdict=OutOfDate code=tcb-status-not-allowed"

# Whatever becomes of the process that looks ahead, nobody else notices.
stop_forecaster() { # SIGNAL: sent to the next one
	local forecaster= end=$((SECONDS + 10))

	kill -HUP "$PID"
	while [ -z "$forecaster" ] && [ $SECONDS -lt $end ]; do
		forecaster=$(pgrep -P "$PID" -f 'dci-issuer -x forecaster')
	done
	kill "-$1" "$forecaster"
}
killed() {
	stop_forecaster KILL && wait_for 2 logged \
	    "event=process-ended role=forecaster .*signal=9"
}
peers() { # an earlier one may still be at work
	pgrep -a -P "$PID" -f 'dci-issuer -x' | grep -v forecaster | cut -d ' ' -f 1 |
	    sort | xargs
}
mark
peers_before=$(peers)
check "kill -9 of the process that looks ahead: the log says so" \
    wait_for 30 killed
LOG=$WORK/fore.log
equal "... the others are the same ones" "$peers_before" "$(peers)"
refused "... and answer" tcb-status-not-allowed client none
LOG=$WORK/fore.log
mark
kill -HUP "$PID"
check "... the next one makes its forecast" wait_for 10 logged \
    "event=forecast-made"
check "the issuer ends as it should" issuer_ends
finish
