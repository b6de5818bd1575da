#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A worker that somebody has taken over: the others go on, and it is replaced.
. "$(dirname "$0")/../lib.sh"

intruder=$BUILD/interop/intruder
if [ "$(id -u)" != 0 ]; then
	skip "what a taken-over worker can do" "taking one over needs root"
	finish
fi
issuer main || exit 1
check "an enrolment works" client before

replaced() { # OLD-PID: it is gone and a new worker.0 is there
	local now

	now=$(child_of "$PID" worker.0)
	dead "$1" && [ -n "$now" ] && [ "$now" != "$1" ]
}
descriptors() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }
enrols() { client again; }

attack() { # TEXT WHERE WHAT [COUNT]
	local text=$1 worker ledger signer

	shift
	worker=$(child_of "$PID" worker.0)
	ledger=$(child_of "$PID" ledger) signer=$(child_of "$PID" signer)
	check "$text: sent" "$intruder" "$worker" "$@"
	check "... the worker is replaced" wait_for 5 replaced "$worker"
	check "... the parent goes on" alive "$PID"
	equal "... the ledger goes on" "$ledger" "$(child_of "$PID" ledger)"
	equal "... the signer goes on" "$signer" "$(child_of "$PID" signer)"
	check "... an enrolment works" wait_for 5 enrols
	check "... and the log names it" logged "bad internal framing"
}

attack "garbage to the parent" parent garbage
attack "garbage to the other processes" peers garbage
attack "a refusal with a code that does not exist" peers refusal
attack "descriptors that nobody asked for" peers descriptor 200
ledger=$(child_of "$PID" ledger)
check "... which the ledger does not keep" test "$(descriptors "$ledger")" -lt 60

finish
