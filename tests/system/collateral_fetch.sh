#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci collateral fetch against a simulated PCS: what it writes, and that it
# writes nothing and says why when anything is wrong.
. "$(dirname "$0")/../ops.sh"
. "$TOP/tests/pcs.sh"
for v in http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY; do unset "$v"; done

FMSPC=53494D000001
"$BIN/dci-sim" quote sim >quote.bin
verdict() {
	"$BIN/dci" verify-quote --root sim/root.crt --collateral "$1" \
	    "${2:-quote.bin}" | head -n 1
}
collateral() { run "$BIN/dci" collateral fetch --root sim/root.crt "$@"; }
# complains PATTERN: on standard error; nothing is on standard output.
complains() { grep -qE "$1" err && [ ! -s out ]; }

pcs plain --fmspc 00906ED50000

# What it writes.
collateral --fmspc $FMSPC --url "$URL" -o bundle.json
ok "a bundle" ended 0
equal "which verifies a quote" UpToDate "$(verdict bundle.json)"
ok "each document is told of" eval '[ $(grep -c "^fetched: the " err) = 4 ]'
ok "the source as well" complains "^source: $URL/sgx/certification/v4\$"
ok "and until when it is valid" \
    complains '^written: bundle.json, valid until 2[0-9-]*T[0-9:]*Z$'
collateral --quote quote.bin --url "$URL/sgx/certification/v3/" -o folder/
ok "a folder, for the platform of a quote" ended 0
equal "which verifies it" UpToDate "$(verdict folder)"
equal "seven files" 7 "$(ls folder | wc -l)"
mkdir there
collateral --fmspc ${FMSPC,,} --url "$URL" -o there
equal "a folder that is there" UpToDate "$(verdict there)"
collateral --fmspc $FMSPC --tee tdx --url "$URL" -o - && cp out tdx.json
ok "TDX, to standard output" eval \
    'ended 0 && jq -r .tcb_info tdx.json | grep -q "\"id\":\"TDX\""'
ok "with the identity of the TD QE" eval \
    'jq -r .qe_identity tdx.json | grep -q "\"id\":\"TD_QE\""'
collateral --fmspc $FMSPC --ca processor --url "$URL" -o processor.json
ok "the list of the other CA" eval 'ended 0 &&
	jq -r .pck_crl processor.json | xxd -r -p |
	openssl crl -inform der -noout -issuer | grep -q "Processor CA"'
collateral --fmspc $FMSPC --fmspc 00906ed50000 --fmspc $FMSPC --url "$URL" \
    -o several
ok "several platforms" ended 0
equal "a bundle for each" \
    "sgx-00906ed50000-platform.json sgx-53494d000001-platform.json " \
    "$(ls several | tr '\n' ' ')"
equal "which verifies the quote" UpToDate \
    "$(verdict several/sgx-53494d000001-platform.json)"
ok "what they share is fetched once" \
    eval '[ $(grep -c "^fetched: the " err) = 5 ]'

# What it refuses.
rm -f none
for wrong in "" "--fmspc $FMSPC" "--fmspc 12 -o none" "-o none" \
    "--fmspc $FMSPC --quote quote.bin -o none" \
    "--fmspc $FMSPC --tee sev -o none" "--fmspc $FMSPC --ca root -o none" \
    "--fmspc $FMSPC --update soon -o none" "--fmspc $FMSPC -o none more" \
    "--quote quote.bin --tee sgx -o none" "--fmspc $FMSPC -o none -o none" \
    "--fmspc $FMSPC --url http://a --qcnl b -o none" \
    "--fmspc $FMSPC --url ftp://a -o none" \
    "--fmspc $FMSPC --url http://127.0.0.1/other -o none" \
    "--fmspc $FMSPC --fmspc 00906ED50000 -o -" \
    "--fmspc $FMSPC --fmspc 00906ED50000 -o bundle.json" \
    "--fmspc $FMSPC --qcnl missing -o none" \
    "--quote missing -o none" "--fmspc $FMSPC --ca-file missing -o none"; do
	collateral $wrong
	ok "exit 2: $wrong" eval 'ended 2 && [ ! -s out ] && [ ! -e none ]'
done
head -c 2000 quote.bin >short.bin
collateral --quote short.bin --url "$URL" -o none
ok "a quote that is none: exit 1" eval 'ended 1 && [ ! -e none ]'
run "$BIN/dci" collateral fetch --quote quote.bin --url "$URL" -o none
ok "a quote of another root: exit 1" eval 'ended 1 && [ ! -e none ]'
run "$BIN/dci" collateral fetch --fmspc $FMSPC --url "$URL" -o none
ok "collateral of another root: exit 1" eval 'ended 1 &&
	complains "not to be trusted" && [ ! -e none ]'
cat >qcnl.conf <<-EOF
	{ // once, and no second time
	  "pccs_url": "http://127.0.0.1:1/sgx/certification/v4/",
	  "collateral_service": "$URL/sgx/certification/v4/",
	  "retry_times": 0, }
EOF
collateral --fmspc $FMSPC --qcnl qcnl.conf -o qcnl.json
equal "the source as QCNL's file has it" UpToDate "$(verdict qcnl.json)"
ok "which is said" complains "^source: $URL/.*, as in qcnl.conf\$"

# Each way to fail has its code, and the old file stays.
fails() { # SWITCH CODE
	code=$2
	faults "$1"
	echo old >old.json
	collateral --fmspc $FMSPC --qcnl qcnl.conf -o old.json
	ok "$1: $2, and nothing is written" eval 'ended 2 &&
		complains "^not fetched: the .* \($code\)\$" &&
		complains "^dci collateral: $URL/" &&
		[ "$(cat old.json)" = old ]'
}
fails 404:tcb source-not-found
fails 410:tcb source-withdrawn
fails 429=1:qe source-too-many-requests
fails 500 source-broken
fails 503=1:rootcrl source-broken
fails redirect:tcb source-redirected
fails close source-cut-off
fails truncated:tcb source-cut-off
fails endless:pckcrl source-too-large
fails oversized-header:tcb source-too-large
fails header-missing:tcb source-chain-missing
fails garbage:rootcrl source-malformed
for document in tcb qe pckcrl rootcrl; do
	faults wrong-signature:$document
	collateral --fmspc $FMSPC --qcnl qcnl.conf -o none
	ok "wrong-signature:$document: exit 1, and nothing is written" eval '
		ended 1 && complains "not to be trusted" && [ ! -e none ]'
done
faults expired:tcb
collateral --fmspc $FMSPC --qcnl qcnl.conf -o expired.json
ok "expired: written with a warning" eval 'ended 0 &&
	complains "^warning: the TCB info .* expired at 2"'
faults not-yet-valid:qe
collateral --fmspc $FMSPC --qcnl qcnl.conf -o future.json
ok "not yet valid: written with a warning" eval 'ended 0 &&
	complains "^warning: the QE identity is valid only from 2"'
faults hex-crl
collateral --fmspc $FMSPC --qcnl qcnl.conf -o hex.json
equal "lists in hex" UpToDate "$(verdict hex.json)"
faults 500:tcb:1 429=1:qe:1 close:rootcrl:1
collateral --fmspc $FMSPC --url "$URL" -o again.json
equal "what passes is waited for" UpToDate "$(verdict again.json)"
pcs_stop TERM

# HTTPS.
pcs secure --tls ssl/server.crt ssl/server.key --pccs
collateral --fmspc $FMSPC --url "$URL" --ca-file ssl/ca.crt -o pccs.json
equal "a PCCS by its CA" UpToDate "$(verdict pccs.json)"
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
	collateral --fmspc $FMSPC --url "$URL" -o none
	ok "not without" eval 'ended 2 && complains "source-untrusted" &&
		[ ! -e none ]'
fi
echo "{\"pccs_url\":\"$URL\",\"use_secure_cert\":false}" >insecure.conf
collateral --fmspc $FMSPC --qcnl insecure.conf -o any.json
equal "unless QCNL's file says so" UpToDate "$(verdict any.json)"
ok "which is said" complains "use_secure_cert is false"
pcs_stop TERM

# What comes with the next TCB recovery.
later=$(date -u -d "+40 days" +%Y-%m-%dT00:00:00Z)
pcs recovery --recovery "$later"
collateral --fmspc $FMSPC --update early --url "$URL" -o early.json
equal "early" OutOfDate "$(verdict early.json)"
collateral --fmspc $FMSPC --update standard --url "$URL" -o standard.json
equal "standard" UpToDate "$(verdict standard.json)"
pcs_stop TERM

# Without libcurl.
mkdir no-curl && : >no-curl/libcurl.so.4
LD_LIBRARY_PATH=$PWD/no-curl collateral --fmspc $FMSPC --url http://a -o none
ok "without libcurl it says what to install" eval 'ended 2 &&
	complains "apt install libcurl4"'
for p in "$BIN"/dci*; do
	ok "${p##*/} does not link it" eval '! ldd "$p" | grep -q libcurl'
done

finish
