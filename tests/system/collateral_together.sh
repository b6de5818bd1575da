#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Several who change the same collateral at once: imports, and the issuer that
# fetches, also while its collector is killed.  Nothing is lost, and nothing
# older replaces what is newer.
. "$(dirname "$0")/../lib.sh"
. "$LIB_ROOT/tests/pcs.sh"

echo 'collateral { early = false }' >>policy.conf
OTHER_FMSPC=53494D000002
mv sim/collateral sim-collateral
day() { date -u -d "@$(($(date +%s) - (12 - $1) * 86400))" +%Y-%m-%dT%H:%M:%SZ; }
import() {
	"$BIN/dci" collateral import -s "$STATE" --root sim/root.crt "$@"
}
# issued FMSPC: the dates of issue of the documents that its file has.
issued() {
	"$BIN/dci" collateral show --json --root sim/root.crt \
	    "$STATE/collateral/standard/sgx-${1,,}-platform.json" |
	    jq -r '"\(.document) \(.issued)"' | sort
}
# older A B: whether a document in file A is older than in file B.
older() {
	join "$1" "$2" | awk '$2 < $3 { print; bad = 1 } END { exit !bad }'
}

# Documents of four days, each a folder.
pcs pcs --time "$(day 0)" --fmspc $OTHER_FMSPC || exit 1
for i in 1 2 3 4; do
	pcs_time "$(day $i)"
	fetch "one$i" 53494D000001 platform
	fetch "other$i" $OTHER_FMSPC platform
done

# --- imports beside a collector that fetches ---------------------------------------

pcs_time "$(day 0)"
issuer main --collateral-url "$URL" || exit 1
works "an enrolment works"
check "what was fetched is kept" wait_for 5 test -s \
    "$STATE/collateral/standard/sgx-53494d000001-platform.json"
bad=
for i in 1 2 3; do
	pcs_time "$(day $i)"
	kill -USR1 "$PID"
	import "one$((i + 1))" >"a$i" 2>&1 &
	one=$!
	import "other$i" "one$i" >"b$i" 2>&1 &
	other=$!
	[ $((i % 2)) = 0 ] || kill -HUP "$PID"
	wait $one || bad+="$(cat "a$i") "
	wait $other || bad+="$(cat "b$i") "
	issued 53494D000001 >now
	issued $OTHER_FMSPC >now.other
	"$BIN/dci" collateral show --json --root sim/root.crt "one$((i + 1))" |
	    jq -r '"\(.document) \(.issued)"' | sort >expected
	"$BIN/dci" collateral show --json --root sim/root.crt "other$i" |
	    jq -r '"\(.document) \(.issued)"' | sort >expected.other
	bad+="$(older now expected)$(older now.other expected.other)"
done
equal "two imports at once, while the issuer fetches: nothing is lost" "" "$bad"
equal "... and all of it is complete" "4 4" \
    "$(wc -l <now) $(wc -l <now.other)"
works "... enrolments work"
check "... also of the other platform, which was imported" \
    client other --fmspc $OTHER_FMSPC

# --- the collector is killed while it writes ------------------------------------------

bad=
for i in $(seq "${COLLECTOR_KILLS:-6}"); do
	cp now before
	pcs_time +1h
	kill -USR1 "$PID"
	sleep "0.$(printf %03d $((RANDOM % 120)))"
	collector=$(child_of "$PID" collector)
	[ -z "$collector" ] || kill -9 "$collector"
	issued 53494D000001 >now || bad+="it cannot be read; "
	[ "$(wc -l <now)" = 4 ] || bad+="documents are missing; "
	bad+="$(older now before)"
	wait_for 5 child_of "$PID" collector
done
equal "kill -9 of the collector at any moment: what is kept is whole, and never older" \
    "" "$bad"
works "... enrolments work"
check "... no unfinished file is taken for collateral" eval \
    '! grep -q -E "event=collateral-(refused|passed-over|not-stored)" "$LOG"'
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"
finish
