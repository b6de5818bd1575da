#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it looks at the clock.
# Processes that die: the service comes back by itself, and loses nothing.
. "$(dirname "$0")/../lib.sh"

head -c 16 /dev/urandom >wrap_key
chmod 600 wrap_key
issuer main wrap_key || exit 1
works "an enrolment works"

# Back: all processes are there, and none of them the one that died.
complete() { # OLD-PID
	dead "$1" && [ "$(children_of "$PID" | wc -l)" = "$wanted" ]
}
enrols() { client again; }
wanted=$((3 + 2 * $(processors)))

for name in worker.0 appraiser.0 signer ledger collector "worker.*" \
    "appraiser.*"; do
	victims=$(child_of "$PID" "$name")
	mark
	# shellcheck disable=SC2086
	kill -9 $victims
	if wait_for 5 complete "${victims%%$'\n'*}" && wait_for 5 enrols; then
		pass "kill -9 of $name: an enrolment works within seconds"
	else
		fail "kill -9 of $name: an enrolment works within seconds" \
		    "$(since)"
	fi
	check "... and the log says so" wait_for 2 logged \
	    "event=process-ended .*signal=9"
done

# A death while clients are connected: they end, the others do not notice.
evidence a
evidence b
mark
background a out1 tls request secret touch:ready sleep:2 csr leaf
arrived
kill -9 "$(child_of "$PID" signer)"
check "kill -9 of the signer in the middle of an exchange" wait_for 5 enrols
wait "$HUNG"
check "... ends that exchange" test -z "$(grep ^leaf= out1)"
check "... whose evidence is not burnt" old a -- tls request secret csr leaf

for i in 1 2 3 4 5 6 7 8; do
	kill -9 "$(child_of "$PID" signer)" 2>/dev/null
	sleep 0.2
done
check "eight deaths in a row are survived" wait_for 10 enrols
check "... by the parent" alive "$PID"

# The secret stays what it was, or there is no service: never another secret.
mv wrap_key away
ledger=$(child_of "$PID" ledger)
kill -9 "$ledger"
wait_for 5 dead "$ledger"
sleep 1
old b -t 2 -- tls request secret:got >out 2>&1
check "wrap_key gone and the ledger dead: no other secret is handed out" \
    test ! -s got
mv away wrap_key
check "... and with the file back, the service is" wait_for 10 enrols
evidence b
check "... with the secret" old b -- tls request secret:got
check "... which is that of the file" cmp got wrap_key

count() { "$BIN/dci" ledger list -s "$STATE" | grep -c kind=certificate; }
before=$(count)
children=$(children_of "$PID")
issuer_kill
# shellcheck disable=SC2086
check "kill -9 of the parent: all children are gone within a second" \
    wait_for 1 all_dead $children
LISTEN=$PORT issuer main wrap_key
works "... and a plain restart works"
equal "... the ledger has lost nothing" "$((before + 1))" "$(count)"

# A stopped child does not outlive its parent either.
children=$(children_of "$PID")
stopped=$(child_of "$PID" signer)
kill -STOP "$stopped"
issuer_kill
others+=("$stopped")
check "kill -9 of the parent while a child is stopped: that is gone, too" \
    wait_for 1 all_dead "$stopped"
kill -CONT "$stopped" 2>/dev/null

issuer main wrap_key
kill -STOP "$(child_of "$PID" ledger)"
children=$(children_of "$PID")
kill -TERM "$PID"
STATUS=0
wait_for 15 dead "$PID"
wait "$PID" || STATUS=$?
forget "$PID"
# shellcheck disable=SC2086
check "TERM with a child that hangs: it is killed" wait_for 1 all_dead $children
said "... and the log says so" "had to be killed" "$LOG"

finish
