#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A clock that is behind the ledger: nothing is issued until it is not, or until
# the operator says that it is right.
. "$(dirname "$0")/../lib.sh"

ahead() { "$BUILD/interop/ledger_future" "$STATE/ledger/ledger.db" "$1"; }

issuer main || exit 1
works "an enrolment works"
evidence used
check "... and another one" old used -- tls request secret csr leaf close
issuer_stop

check "the ledger's last row is four minutes ahead of the clock" ahead 240
issuer main
works "... an enrolment works"
issuer_stop

check "the ledger's last row is an hour ahead of the clock" ahead 3600
issuer main
refused "the ledger's last row an hour ahead of the clock" clock-behind client none
said "... with both times, and what to do" \
    "clock-behind .*20[0-9-]*T[0-9:]*Z.*20[0-9-]*T[0-9:]*Z.*clock"
check "... and has nothing" test ! -e none/delegation.crt
evidence a
refused "... a client of Gramine as well" clock-behind old a -- \
    tls request secret:got
check "... it gets no secret either" test ! -s got
check "... no process has ended" test -z "$(grep process-ended "$LOG")"

# --- the clock was ahead once, and is right now ------------------------------------

accept() { "$BIN/dci" ledger accept-clock -s "$STATE" "$@"; }
now() { date -u -d "${1:-now}" +%Y-%m-%dT%H:%M:%SZ; }

exits 2 "accept-clock while the issuer runs" accept "$(now)"
said "... names the lock" "state-locked: $STATE/lock is held by a running issuer"
issuer_stop
check "the ledger is whole" "$BIN/dci" ledger check -s "$STATE"
exits 2 "accept-clock with another time than the clock's" accept "$(now "1 hour")"
said "... says what the clock says" "usage: .*clock says 20.*Set the clock first"
exits 2 "accept-clock with half a time" accept "$(date +%H:%M)"
exits 2 "accept-clock without a time" accept
issuer main
LIST=no refused "all that changed nothing" clock-behind client none
issuer_stop

check "accept-clock with the right time" accept "$(now)"
said "... says what it has set aside" \
    "^correction +1, after row [0-9]+: the clock was right at 20.* is set aside"
head=$(sed -n 's/^head  *//p' out)
exits 2 "... a second time" accept "$(now)"
said "... there is nothing to correct" "clock-not-behind: .*nothing to correct"
check "... the ledger is whole" "$BIN/dci" ledger check -s "$STATE"
said "... and shows it" "^correction +1, after row"
equal "... and ends with it" "$head" "$(sed -n 's/^head  *//p' out)"
issuer main
works "... an enrolment works"
refused "... with evidence that got a certificate before: evidence-reused" \
    evidence-reused old used -- tls request secret
issuer_stop
check "... the chain of hashes goes on" "$BIN/dci" ledger check -s "$STATE"
check "... also in a backup" "$BIN/dci" ledger backup -s "$STATE" copy.db
check "... which can be checked" "$BIN/dci" ledger check copy.db
said "... and has the correction" "^correction +1, after row"
finish
