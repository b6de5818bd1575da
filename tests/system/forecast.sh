#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci collateral forecast: a TCB recovery that Intel hands out early is foretold
# for each valid delegation, and comes true on its day.
. "$(dirname "$0")/../ops.sh"
. "$TOP/tests/pcs.sh"

FMSPC=53494D000001
in_seconds() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }
forecast() { dci collateral forecast -s fore.state --root sim/root.crt "$@"; }

cat >two.conf <<END
enclave "strict" { mrenclave = "$MRENCLAVE" }
enclave "lax" { mrenclave = "$OTHER" tcb = {UpToDate, OutOfDate} }
END
issuer fore -c two.conf
check "a delegation by a strict entry" client strict
check "one by an entry that admits OutOfDate" client lax --mrenclave "$OTHER"
old_pid=$PID old_port=$PORT
serial=$(openssl x509 -in strict/delegation.crt -noout -serial |
    sed 's/.*=//' | tr A-F a-f)

# Nothing is known of a recovery.
forecast
ok "without early documents: exit 0" ended 0
ok "... says that there are none" grep -q "no early documents" err
equal "... a line for each delegation" 2 "$(wc -l <out)"
ok "... both are UpToDate" eval '[ "$(grep -c "is UpToDate$" out)" = 2 ]'

# A recovery of today: in force in 42 days.
day=$(in_seconds $((42 * 86400)))
pcs coming --recovery "$day"
fetch early $FMSPC platform update=early
fetch standard $FMSPC platform
forecast --early early
ok "with early documents: exit 3" ended 3
ok "... who falls out, when, and why" says "^$serial \"strict\" until .*: \
from $day on, enclave $MRENCLAVE will be OutOfDate and gets no certificate: \
SGX TCB component 3 has [0-9]*, needs [0-9]*\$"
ok "... who stays" says "\"lax\" .* will be OutOfDate: SGX TCB component 3"
ok "... counts" grep -q "2 valid delegations, 1 fall out; early documents of 1" err
forecast --early early --json
ok "as JSON" eval 'ended 3 && jq -e -s "length == 2 and
    (map(select(.entry == \"strict\")) | .[0] | .falls_out and
	.serial == \"$serial\" and .now.status == \"UpToDate\" and
	.then.code == \"tcb-status-not-allowed\" and .from == \"$day\") and
    (map(select(.entry == \"lax\")) | .[0].falls_out == false)" out'
forecast --collateral standard --early standard
ok "early documents that say the same: exit 0" ended 0
ok "... nothing changes" eval '[ "$(grep -c "is UpToDate$" out)" = 2 ]'
forecast --time "$(in_seconds $((2 * 86400)))"
ok "delegations that have ended by then are left out" \
    eval 'ended 0 && [ ! -s out ]'

# It comes true: a recovery of six weeks ago, in force in a moment.
pcs_stop TERM
soon=$(in_seconds 8)
pcs true --recovery "$soon"
fetch before $FMSPC platform
fetch early $FMSPC platform update=early
forecast --early early
ok "in force in a moment: exit 3" ended 3
ok "... by the second" says "from $soon on, enclave $MRENCLAVE will be"
wait_for 15 eval '[[ $(date -u +%Y-%m-%dT%H:%M:%SZ) > $soon ]]'
fetch after $FMSPC platform
forecast --collateral before
ok "... by the documents of before: exit 0" ended 0
forecast --collateral after
ok "... by those of after: exit 3" ended 3
ok "... is so" says "\"strict\" .* enclave $MRENCLAVE is OutOfDate and gets no"
issuer late -c two.conf --collateral after
refused "... and a client is refused" tcb-status-not-allowed client none
check "... and the other is not" client lax --mrenclave "$OTHER"

# What cannot be done.
dci collateral forecast -s nowhere --root sim/root.crt
ok "no ledger: exit 2" eval 'ended 2 && complains nowhere'
forecast --early nowhere
ok "no such folder: exit 2" eval 'ended 2 && complains nowhere'
dci collateral forecast -s fore.state --early early
ok "the wrong root: exit 2" eval 'ended 2 && complains "root"'
forecast --time yesterday
ok "no time: exit 2" eval 'ended 2 && complains help'
forecast surplus
ok "an argument too many: exit 2" eval 'ended 2 && complains "too many"'
finish
