#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A source of collateral that answers wrongly: the log says how, and what the
# issuer has stays in use.
. "$(dirname "$0")/../lib.sh"
. "$LIB_ROOT/tests/pcs.sh"

mv sim/collateral sim-collateral
pcs pcs || exit 1
sound=$URL
issuer main --collateral-url "$URL" || exit 1
works "an enrolment works"
check "what was fetched is kept" wait_for 5 test -s \
    "$STATE/collateral/standard/sgx-53494d000001-platform.json"
kept=$(sha256sum <"$STATE/collateral/standard/sgx-53494d000001-platform.json")

# fault SWITCH EVENT CODE: for a refresh with that fault.
fault() {
	faults "$1"
	mark
	kill -USR1 "$PID"
	if wait_for 20 logged "event=$2 .*code=$3"; then
		pass "$1: $2, $3"
	else
		fail "$1: $2, $3" "$(since)"
	fi
}
failed=collateral-fetch-failed
fault 404:tcb $failed source-not-found
fault 410:qe $failed source-withdrawn
fault redirect:tcb $failed source-redirected
fault endless:tcb $failed source-too-large
fault oversized-header:qe $failed source-too-large
fault header-missing:pckcrl $failed source-chain-missing
fault garbage:qe $failed source-malformed
fault wrong-signature:tcb collateral-refused tcb-info-signature-invalid
fault wrong-signature:pckcrl collateral-refused pck-crl-signature-invalid
fault expired:qe collateral-rollback collateral-rollback
fault not-yet-valid:tcb collateral-refused collateral-not-yet-valid
fault older:tcb collateral-rollback collateral-rollback
sleep 1
faults hex-crl:pckcrl
mark
kill -USR1 "$PID"
check "hex-crl:pckcrl: fetched all the same" wait_for 20 logged \
    'event=collateral-fetched document="PCK CRL'
faults ""
sleep 1 # documents of the same second are not newer
mark
kill -USR1 "$PID"
if wait_for 10 logged "event=collateral-fetched document=\"TCB info"; then
	pass "without faults everything is fetched again"
else
	fail "without faults everything is fetched again" "$(since)"
fi
works "an enrolment works"

# Those that are worth another try take their time: all of them at once.
faults 500:tcb close:qe 429=1:rootcrl
mark
kill -USR1 "$PID"
works "while requests are repeated, an enrolment works"
check "500: $failed, source-broken" wait_for 40 logged \
    "event=$failed .*code=source-broken"
check "a connection that is cut: $failed, source-cut-off" wait_for 20 logged \
    "event=$failed .*code=source-cut-off"
check "429: $failed, source-too-many-requests" wait_for 20 logged \
    "event=$failed .*code=source-too-many-requests"
faults 503=1:qe truncated:tcb
mark
kill -USR1 "$PID"
check "503: $failed, source-broken" wait_for 40 logged \
    "event=$failed .*code=source-broken"
check "half of a body: $failed, source-cut-off" wait_for 20 logged \
    "event=$failed .*code=source-cut-off"
mark
works "after all that an enrolment works"
equal "... without waiting" 0 "$(since | grep -c event=waits)"
check "... by what was fetched since" test "$kept" != \
    "$(sha256sum <"$STATE/collateral/standard/sgx-53494d000001-platform.json")"

# --- what a first client is told -------------------------------------------------

faults wrong-signature:tcb
issuer first --collateral-url "$sound" || exit 1
exits 1 "a forged document: the first client is refused" client made
said "... and told of it" "collateral-unavailable .*[Ss]ignature"
issuer_stop
faults ""

"$BIN/dci-sim" init other >/dev/null
"$BIN/dci-sim" pcs other --listen 127.0.0.1:0 2>other.log &
others+=($!)
wait_for 10 grep -q event=listening other.log
port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' other.log)
issuer foreign --collateral-url "http://127.0.0.1:$port" || exit 1
mark
exits 1 "documents under another root: the first client is refused" client made
check "... and the log says why" logged \
    "event=collateral-refused .*code=[a-z-]*(root|signature|chain|untrusted)"
check "... nothing of them is kept" test ! -e \
    "$STATE/collateral/standard/sgx-53494d000001-platform.json"
issuer_stop

# --- TLS ----------------------------------------------------------------------------

pcs tls --tls ssl/server.crt ssl/server.key || exit 1
tls=${URL/127.0.0.1/localhost}
conf() { # NAME: a configuration with that in its section collateral
	{
		cat policy.conf
		echo "collateral { url = \"$tls\" early = false ${2:-} }"
	} >"$1.conf"
}
conf trusted 'ca = "ssl/ca.crt"'
issuer trusted -c trusted.conf || exit 1
works "https with the CA of the source"
issuer_stop
conf untrusted
issuer untrusted -c untrusted.conf || exit 1
exits 1 "https with the system's CAs alone: refused" client made
said "... and told why" "collateral-unavailable .*certificate"

# Other settings: another collector.
conf untrusted 'verify_tls = false'
collector=$(child_of "$PID" collector)
mark
kill -HUP "$PID"
check "HUP: other settings of the source" wait_for 5 logged event=reloaded
check "... make the collector begin anew" wait_for 5 dead "$collector"
works "... with them"
check "... and a warning" logged "event=configuration .*not authenticated"
conf untrusted 'source = none'
mv sim-collateral sim/collateral
mark
kill -HUP "$PID"
check "HUP: no source any more" wait_for 5 logged event=reloaded
works "... enrolments work"
refused "... and nobody waits" collateral-unavailable client made \
    --fmspc 53494D000003
equal "... at all" 0 "$(since | grep -c event=waits)"

finish
