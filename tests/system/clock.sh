#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A clock that is behind the ledger: nothing is issued until it is not.
. "$(dirname "$0")/../lib.sh"

ahead() { "$BUILD/interop/ledger_future" "$STATE/ledger/ledger.db" "$1"; }

issuer main || exit 1
works "an enrolment works"
issuer_stop

check "the ledger's last row is four minutes ahead of the clock" ahead 240
issuer main
works "... an enrolment works"
issuer_stop

check "the ledger's last row is an hour ahead of the clock" ahead 3600
issuer main
refused "... a client is refused: clock-behind" clock-behind client none
said "... with both times, and what to do" \
    "clock-behind .*20[0-9-]*T[0-9:]*Z.*20[0-9-]*T[0-9:]*Z.*clock"
check "... and has nothing" test ! -e none/delegation.crt
evidence a
refused "... a client of Gramine as well" clock-behind old a -- \
    tls request secret:got
check "... it gets no secret either" test ! -s got
check "... no process has ended" test -z "$(grep process-ended "$LOG")"
issuer_stop
check "the ledger is whole" "$BIN/dci" ledger check -s "$STATE"
finish
