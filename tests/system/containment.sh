#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A worker or a collector that somebody has taken over: the others go on, and it
# is replaced.
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

# --- the collector --------------------------------------------------------------

others() { # all children but the collector
	children_of "$PID" | grep -v -x "$(child_of "$PID" collector)" | xargs
}
collector_replaced() { # OLD-PID
	local now

	now=$(child_of "$PID" collector)
	dead "$1" && [ -n "$now" ] && [ "$now" != "$1" ]
}

attack_from_collector() { # TEXT WHERE WHAT [COUNT]
	local text=$1 collector before

	shift
	mark
	collector=$(child_of "$PID" collector) before=$(others)
	check "$text: sent" "$intruder" "$collector" "$@"
	check "... the collector is replaced" wait_for 10 collector_replaced \
	    "$collector"
	equal "... nobody else" "$before" "$(others)"
	check "... an enrolment works" enrols
	check "... and the log names it" logged "bad internal framing"
}

attack_from_collector "garbage of the collector to the parent" parent garbage
attack_from_collector "garbage of the collector to appraisers" peers garbage
attack_from_collector "an answer without a question" peers missing
attack_from_collector "a publication that is no sealed file" parent unsealed
attack_from_collector "a publication that does not parse" parent malformed
attack_from_collector "a publication that is too large" parent large

# Well-formed, and of no use: appraisers find that out.
mark
collector=$(child_of "$PID" collector) before=$(others)
check "forged documents: sent" "$intruder" "$collector" parent forged
check "... appraisers say that they are of no use" wait_for 5 logged \
    "event=collateral-unusable"
check "... and use the others" enrols
check "a flood of them: sent" "$intruder" "$collector" parent forged 300
check "... while an enrolment works" enrols
equal "... and nobody ends" "$before $collector" \
    "$(others) $(child_of "$PID" collector)"

finish
