#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The issuer without root: it starts, issues, restarts, and is locked in.
. "$(dirname "$0")/../lib.sh"

if [ "$(id -u)" = 0 ]; then
	AS=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chown -R 65534:65534 "$WORK"
	if ! "${AS[@]}" test -x "$BIN/dci-issuer" 2>/dev/null; then
		skip "an issuer without root" "no setpriv, or no way to $BIN"
		finish
	fi
fi

head -c 16 /dev/urandom >wrap_key
chmod 600 wrap_key
[ "$(id -u)" != 0 ] || chown 65534 wrap_key
issuer main wrap_key || {
	fail "it starts"
	finish
}
pass "it starts"
works "an enrolment works"
for pid in $(children_of "$PID"); do
	name=$(cat "/proc/$pid/comm")
	equal "$name: seccomp and no new privileges" "2 1" "$(
		sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status") $(
		sed -n 's/^NoNewPrivs:[[:space:]]*//p' "/proc/$pid/status")"
	exits 1 "$name: its own user cannot open its memory" \
	    "${AS[@]}" head -c 0 "/proc/$pid/mem"
done
for name in worker.0 appraiser.0 signer ledger; do
	kill -9 "$(child_of "$PID" $name)"
	check "kill -9 of $name: an enrolment works within seconds" \
	    wait_for 5 client again
done
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"
issuer main wrap_key
works "a second start on the same state works"
children=$(children_of "$PID")
issuer_kill
# shellcheck disable=SC2086
check "kill -9 of the parent: all children are gone within a second" \
    wait_for 1 all_dead $children
finish
