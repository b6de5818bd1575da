#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Collateral that is carried from one state folder to another, and what is said
# about it.
. "$(dirname "$0")/../lib.sh"
. "$LIB_ROOT/tests/pcs.sh"

import() { # STATEDIR PATH...
	local state=$1

	shift
	"$BIN/dci" collateral import -s "$state" --root sim/root.crt "$@"
}
show() { "$BIN/dci" collateral show --root sim/root.crt "$@"; }
STORED=collateral/standard/sgx-53494d000001-platform.json

# --- carried over ------------------------------------------------------------

check "a folder is imported into an empty state folder" \
    import first sim/collateral
said "and each document is told" "TCB info of SGX platform 53494D000001: taken"
equal "four of them" 4 "$(grep -c ': taken, valid until 20' out)"
said "and that a reload is needed" "platforms changed: 1; .* SIGHUP"
check "what is stored is a bundle" \
    "$BIN/dci" collateral bundle "first/$STORED" -o carried.json
check "which is imported into another state folder" \
    import second carried.json
check "with the same result" cmp "first/$STORED" "second/$STORED"
"$BIN/dci-sim" quote sim >quote.bin
check "that verifies quotes" "$BIN/dci" verify-quote --root sim/root.crt \
    --collateral "second/$STORED" quote.bin
before=$(stat -c %i.%Y "second/$STORED")
check "a second time nothing changes" import second carried.json sim/collateral
said "and this is said" "platforms changed: 0$"
equal "the file is not even written" "$before" \
    "$(stat -c %i.%Y "second/$STORED")"

# --- what is not taken -------------------------------------------------------

for fault in expired-tcb-info expired-qe-identity expired-crl \
    expired-root-crl; do
	check "$fault: older, which is no failure" import second "sim/faults/$fault"
	said "$fault: told" "not taken, collateral-rollback: It is of .* one of 20"
done
for fault in wrong-tcb-signature wrong-qe-identity-signature \
    wrong-crl-signature revoked-tcb-signer not-yet-valid; do
	exits 1 "$fault is refused" import second "sim/faults/$fault"
	said "$fault: with a code" "not taken, [a-z-]*(invalid|revoked|valid): "
done
equal "nothing of it is in the file" "$before" \
    "$(stat -c %i.%Y "second/$STORED")"
exits 1 "another root's collateral is refused" \
    "$BIN/dci" collateral import -s third sim/collateral
check "and is not stored" test ! -e "third/$STORED"
cp -r sim/collateral partial
rm partial/qe_identity.json
exits 1 "a set with a document missing makes no platform" import third partial
said "and this is said" "no complete set"
check "and is not stored either" test ! -e "third/$STORED"
check "beside what is there already it does" import second partial
exits 2 "a folder of something else is no collateral" import third ssl
exits 2 "nor is a file" import third policy.conf
exits 2 "something has to be named" import third

# --- what belongs to other platforms as well ---------------------------------

check "another platform" import second sim/faults/wrong-fmspc
said "is stored beside the first" "platforms changed: 1;"
check "both are shown" show -s second
equal "with four documents each" 8 "$(grep -c 'valid, [0-9]* days' out)"

# --- whose it is --------------------------------------------------------------

if [ "$(id -u)" = 0 ]; then
	mkdir -p owned/collateral
	chown 64999:64999 owned/collateral
	check "as root, for the owner of the folder" import owned sim/collateral
	equal "it is the owner's" 64999 "$(stat -c %u owned/collateral/standard)"
	rm -r owned/collateral/standard
	ln -s "$WORK" owned/collateral/standard
	exits 2 "who cannot lead root elsewhere" import owned sim/collateral
	check "by a link" test ! -e sgx-53494d000001-platform.json
else
	skip "as root, for the owner of the folder" "needs root"
fi
issuer running
check "while an issuer runs" import "$STATE" sim/collateral
exits 2 "its state folder takes no other root's collateral" \
    "$BIN/dci" collateral import -s "$STATE" sim/collateral
said "and says why" "belongs to another root"
exits 2 "nor is what it has shown up to that" \
    "$BIN/dci" collateral show -s "$STATE"
said "and says why" "belongs to another root"
issuer_stop
equal "the issuer ends well" 0 "$STATUS"

# --- what is shown ----------------------------------------------------------------

at() { date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ; }
year=$((365 * 86400))
check "valid" show sim/collateral
said "in words" "^  SGX 53494D000001  QE identity  issued 20.*Z  next 20.*Z  evaluation 17  valid, 36[45] days"
said "with numbers" "PCK CRL      issued .* number 0x01  valid"
exits 3 "a week before its end" \
    show --time "$(at $((year - 5 * 86400)))" sim/collateral
said "in words" "expires in 4 days 23 hours|expires in 5 days"
exits 3 "after its end" show --time "$(at $((year + 7200)))" sim/collateral
said "in words" "expired 2 hours|expired 1 hour 59 minutes"
exits 3 "before it begins" show --time "$(at -3600)" sim/collateral
said "in words" "not yet valid, from 20"
exits 1 "signature invalid" show sim/faults/wrong-tcb-signature
said "in words" "unknown platform  TCB info     invalid, tcb-info-signature-invalid: "
equal "the others are judged apart" 3 "$(grep -c 'valid, 36[45] days' out)"
exits 1 "something is missing" show partial
said "in words" "QE identity  invalid, qe-identity-missing"
mv "first/$STORED" "first/${STORED/0001/0002}"
exits 1 "a file under another platform's name" show -s first
said "in words" "TCB info .* invalid, collateral-of-other-platform"
echo nonsense >second/collateral/standard/sgx-00906ed50000-platform.json
exits 1 "a file that is no bundle" show -s second
said "is passed over" "collateral-passed-over .*sgx-00906ed50000-platform"
rm second/collateral/standard/sgx-00906ed50000-platform.json
mkdir -p empty/collateral
exits 1 "nothing at all" show -s empty
said "is said, and where else to look" "none in empty/collateral.*--sim"
exits 2 "no state folder" show -s nowhere
exits 2 "--early is about a state folder" show --early sim/collateral
check "early documents" import second --early sim/collateral
check "are shown apart" show -s second --early
equal "in their own folder" 4 "$(grep -c 'valid, ' out)"

show --json sim/collateral sim/faults/wrong-tcb-signature >json
check "JSON: one object a line" python3 - <<-'END'
	import json
	lines = [json.loads(line) for line in open("json")]
	assert len(lines) == 8
	tcb = lines[0]
	assert tcb["document"] == "tcb_info" and tcb["state"] == "valid"
	assert tcb["tee"] == "SGX" and tcb["fmspc"] == "53494D000001"
	assert tcb["tcb_evaluation"] == 17 and tcb["file"] == "sim/collateral"
	assert tcb["issued"] < tcb["next_update"] == tcb["valid_until"]
	assert lines[2]["crl_number"] == "01" and lines[2]["ca"] == "platform"
	bad = lines[4]
	assert bad["state"] == "invalid" and "issued" not in bad
	assert bad["code"] == "tcb-info-signature-invalid"
END

# --- an issuer that has nothing else ------------------------------------------

# Its early documents come with revocation lists that are newer than the others.
pcs pcs || exit 1
check "early documents are fetched" "$BIN/dci" collateral fetch --update early \
    --fmspc 53494D000001 --url "$URL" --root sim/root.crt -o early
issuer carried || exit 1
issuer_stop
check "collateral is carried to its state folder" import carried.state \
    sim/collateral
check "... with early documents" import carried.state --early early
issuer carried || exit 1
works "it serves"
mark
kill -HUP "$PID"
check "... and reads them again" wait_for 5 logged event=reloaded
equal "... without a wish to write" "" \
    "$(grep -E 'collateral-not-stored|level=error' "$LOG")"
issuer_stop
finish
