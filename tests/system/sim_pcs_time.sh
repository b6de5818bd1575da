#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci-sim pcs: windows and its clock, a TCB recovery early and standard, several
# kinds of platforms under one root, both PCK CAs, TLS.
. "$(dirname "$0")/../ops.sh"
. "$TOP/tests/pcs.sh"

verdict() { # FOLDER QUOTE [OPTION...]
	"$BIN/dci" verify-quote --root sim/root.crt --collateral "$1" \
	    "${@:3}" "$2" | head -n 2 | tr '\n' ' '
}
seconds() { date -u -d "$1" +%s; } # RFC3339
rfc3339() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
tcb=sgx/certification/v4/tcb?fmspc

# Windows and time.
"$BIN/dci-sim" quote sim >quote.bin
now=$(date +%s)
later=$((now + 20 * 86400))
pcs moving --window 12h --time "$(rfc3339 $later)" \
    --recovery "$(rfc3339 $((later + 86400)))" --fmspc 00906ED50000
get "" "$URL/$tcb=53494D000001"
issued=$(seconds "$(field .tcbInfo.issueDate)")
ok "issueDate is the simulated time" test $((issued - later)) -lt 60 -a \
    "$issued" -ge "$later"
equal "nextUpdate is a window later" $((issued + 12 * 3600)) \
    "$(seconds "$(field .tcbInfo.nextUpdate)")"
fetch first 53494D000001 platform
date=$(openssl crl -inform der -in first/pck_crl.der -noout -nextupdate)
ok "that of a CRL, too" test \
    "$(($(seconds "${date#*=}") - issued - 12 * 3600))" -lt 60
equal "valid at its time" "UpToDate 
" "$(verdict first quote.bin --time "$(rfc3339 $((later + 60)))" |
    sed 's/UpToDate .*/UpToDate /')
"
ok "but not now" eval \
    '[[ $(verdict first quote.bin) == "Invalid "*-not-yet-valid* ]]'
pcs_time +1h
get "" "$URL/$tcb=53494D000001"
ok "an hour passes at once" test \
    $(($(seconds "$(field .tcbInfo.issueDate)") - issued)) -ge 3600

# Recovery: a day after the time at the start.
number() { # PARAMETERS
	get "" "$URL/$tcb=53494D000001$1"
	[ "$status" = 200 ] && field .tcbInfo.tcbEvaluationDataNumber
}
at=$(rfc3339 $((later + 3700)))
equal "standard before the recovery" "17 17" \
    "$(number "") $(number "&update=standard")"
equal "early has it" 18 "$(number "&update=early")"
equal "it is dated six weeks before it becomes standard" \
    $((later + 86400 - 42 * 86400)) \
    "$(seconds "$(field .tcbInfo.tcbLevels[0].tcbDate)")"
equal "its newest level asks for more in component 3" "5 3" "$(field \
    '[.tcbInfo.tcbLevels[0:2][].tcb.sgxtcbcomponents[2].svn]|join(" ")')"
equal "both by number" "17 18" "$(number "&tcbEvaluationDataNumber=17"
    ) $(number "&tcbEvaluationDataNumber=18")"
equal "and no other" "410 404" "$(number "&tcbEvaluationDataNumber=16"
    echo -n "$status ")$(number "&tcbEvaluationDataNumber=19"
    echo -n "$status")"
fetch early 53494D000001 platform update=early
ok "the platform is OutOfDate in the early data" eval \
    '[[ $(verdict early quote.bin --time "$at") == OutOfDate* ]]'
dci verify-quote --root sim/root.crt --collateral early --time "$at" --json \
    quote.bin
ok "with an advisory" grep -q INTEL-SA-99999 out
fetch standard 53494D000001 platform update=standard
ok "and UpToDate in the standard ones" eval \
    '[[ $(verdict standard quote.bin --time "$at") == UpToDate* ]]'
pcs_time +23h
fetch standard 53494D000001 platform update=standard
ok "until the time has come" eval '[[ $(verdict standard quote.bin \
    --time "$(rfc3339 $((later + 86500)))") == OutOfDate* ]]'
equal "which standard says" 18 \
    "$(jq .tcbInfo.tcbEvaluationDataNumber standard/tcb_info.json)"
equal "of the QE identity as well" 18 "$(jq \
    .enclaveIdentity.tcbEvaluationDataNumber standard/qe_identity.json)"
get "" "$URL/sgx/certification/v4/tcbevaluationdatanumbers"
equal "evaluation numbers, newest first" "18 17" \
    "$(field '[.[].tcbEvalNumbers?[]?.tcbEvaluationDataNumber]|join(" ")')"
pcs_stop TERM

# The quoting enclave's recovery.
pcs qe --recovery 2020-01-01T00:00:00Z --recovery-qe
get "" "$URL/sgx/certification/v4/qe/identity"
equal "recovery of the quoting enclave" "9 UpToDate 8 OutOfDate" "$(field \
    '[.enclaveIdentity.tcbLevels[0:2][]|.tcb.isvsvn,.tcbStatus]|join(" ")')"
pcs_stop TERM

# Kinds of platforms, and the two CAs.
pcs kinds --fmspc 00906ED50000 --fmspc 00606a000000
fetch platform 53494D000001 platform
fetch processor 53494D000001 processor
for fmspc in 00906ed50000 00606A000000; do
	"$BIN/dci-sim" quote --fmspc $fmspc sim >$fmspc.bin
	fetch $fmspc $fmspc platform
	ok "a quote of FMSPC $fmspc" eval \
	    '[[ $(verdict $fmspc $fmspc.bin) == UpToDate* ]]'
done
ok "with another's TCB info" eval \
    '[[ $(verdict platform 00906ed50000.bin) == "Invalid tcb-info-mismatch"* ]]'
ok "collateral of the platform itself" eval \
    '[[ $(verdict platform quote.bin) == UpToDate* ]]'
"$BIN/dci-sim" quote --ca processor --fmspc 53494D000001 sim >processor.bin
ok "a quote under the Processor CA" eval \
    '[[ $(verdict processor processor.bin) == UpToDate* ]]'
ok "with the Platform CA's list" eval \
    '[[ $(verdict platform processor.bin) == Invalid* ]]'
pcs_stop TERM
for wrong in "--fmspc 00906ED5000" "--ca root"; do
	run "$BIN/dci-sim" quote $wrong sim
	ok "refused: dci-sim quote $wrong" eval 'ended 2 && complains "^dci-sim: "'
done

# A client on another kind of platform.
issuer other --collateral 00906ed50000
check "dci-client --fmspc enrols" client enrolled --fmspc 00906ED50000
refused "without it the platform is another one" tcb-info-mismatch \
    client enrolled
run client enrolled --fmspc 00
ok "refused: dci-client --fmspc 00" eval 'ended 2 && complains "12 hex digits"'
issuer_stop

# TLS.
pcs tls --tls ssl/server.crt ssl/server.key
export CURL_CA_BUNDLE=ssl/ca.crt
get "" "$URL/IntelSGXRootCA.der"
cp sim/root.crt chain.pem
ok "over TLS" eval '[ "$status" = 200 ] && [[ $URL == https:* ]] &&
    crl_verifies der Root'
ssl_make foreign ec -pkeyopt ec_paramgen_curve:P-256
CURL_CA_BUNDLE=foreign/ca.crt get "" "$URL/IntelSGXRootCA.der"
equal "clients that know another CA refuse" 60 "$CURL"
get "" "${URL/https/http}/IntelSGXRootCA.der"
ok "nothing without TLS" test "$CURL" != 0
pcs_stop INT
ok "ends with 0" test "$STATUS" = 0
finish
