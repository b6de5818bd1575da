#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every switch of dci-sim pcs, as curl sees it, and how tests change them while
# it runs.
. "$(dirname "$0")/../ops.sh"
. "$TOP/tests/pcs.sh"

"$BIN/dci-sim" quote sim >quote.bin
code() { # of the verdict with what was fetched
	"$BIN/dci" verify-quote --root sim/root.crt --collateral fetched \
	    quote.bin | sed -n '2s/[ :].*//p'
}
crl() { get SGX-PCK-CRL-Issuer-Chain "$api/pckcrl?ca=platform$1"; }
took() { awk -v a="$begin" -v b="$EPOCHREALTIME" -v low="$1" -v high="$2" \
    'BEGIN { exit !(b - a >= low && b - a < high) }'; }

# By the command line, for one document and a number of requests.
pcs faulty --fault 500:qe:2 --fault 404:tdx-qe
api=$URL/sgx/certification/v4
codes=
for i in 1 2 3; do
	get "" "$api/qe/identity"
	codes="$codes $status"
done
equal "the first two requests fail" " 500 500 200" "$codes"
get "" "$api/pckcrl?ca=platform"
equal "other documents do not" 200 "$status"
get "" "$URL/tdx/certification/v4/qe/identity"
equal "another document, without end" 404 "$status"
said "the log names the fault" \
    'uri=/sgx.*qe/identity status=500 document=qe .*faults=500' "$LOG"

# While it runs.
equal "what is in force" "404:tdx-qe" "$(curl -s "$URL/sim/faults")"
ok "other switches" faults "slow=3:tcb 429:all:1"
equal "instead of the old ones" "slow=3:tcb 429=2:all:1 " \
    "$(curl -s "$URL/sim/faults" | tr '\n' ' ')"
for wrong in nonsense 404:nonsense 404:tcb:x 404=1 slow=0; do
	get "" -d "500 $wrong" "$URL/sim/faults"
	ok "refused, nothing changes: $wrong" eval '[ "$status" = 400 ] &&
	    [ -s body ] && [ "$(curl -s "$URL/sim/faults" | wc -l)" = 2 ]'
done
get "" -X DELETE "$URL/sim/faults"
equal "no other method" 405 "$status"
get "" -d soon "$URL/sim/time"
equal "no time" 400 "$status"
ok "none at all" faults ""
equal "is nothing" "" "$(curl -s "$URL/sim/faults")"

# Statuses.
for s in 404 410 429=7 500 503=8; do
	faults "$s"
	get "" "$api/qe/identity"
	ok "$s" eval '[ "$status" = ${s%=*} ] && [ ! -s body ] &&
	    { [[ $s != *=* ]] || [ "$(header Retry-After)" = ${s#*=} ]; }'
done
faults redirect:qe:1
get "" "$api/qe/identity"
equal "redirect" "302 /sgx/certification/v4/qe/identity" \
    "$status $(header Location)"

# Transmission.
faults slow=1
begin=$EPOCHREALTIME
crl ""
ok "slow: a second late, and complete" eval 'took 1 5 && crl_verifies pem platform'
faults drip=1
begin=$EPOCHREALTIME
crl "&encoding=der"
ok "drip: byte for byte" eval 'took 0.4 9 && crl_verifies der platform'
faults drip=1000
SECONDS_MAX=1 crl ""
ok "drip: slower than curl waits" test "$CURL" = 28 -a "$(wc -c <body)" -lt 3
faults close
crl ""
equal "close: no answer" 52 "$CURL"
faults truncated
crl ""
ok "truncated: less than announced" eval '[ "$CURL" = 18 ] && [ -s body ] &&
    [ "$(wc -c <body)" -lt "$(header Content-Length)" ]'
faults endless
get "" --max-filesize 2000000 "$api/qe/identity"
ok "endless: more than 2 MB" test "$CURL" = 63 -o "$(wc -c <body)" -gt 2000000
faults oversized-header
crl ""
ok "oversized-header" test "$(wc -c <headers)" -gt 100000
faults slow=1 500
begin=$EPOCHREALTIME
crl ""
ok "two at once" eval '[ "$status" = 500 ] && took 1 5'

# Documents.
faults header-missing
crl ""
ok "header-missing" eval '[ "$status" = 200 ] && [ ! -s chain.pem ] && [ -s body ]'
faults garbage
get "" "$api/qe/identity"
ok "garbage" eval '[ "$status" = 200 ] && [ -s body ] && ! jq . body'
faults hex-crl
for encoding in pem der; do
	crl "&encoding=$encoding"
	ok "hex-crl, $encoding" eval 'grep -qE "^[0-9a-f]+\$" body &&
	    xxd -r -p body >der && mv der body && crl_verifies der platform'
done
faults ""
fetch fetched 53494D000001 platform
dci verify-quote --root sim/root.crt --collateral fetched quote.bin
ok "collateral without faults" eval 'ended 0 && says "^UpToDate"'
declare -A wrong=(
	[wrong-signature:tcb]=tcb-info-signature-invalid
	[wrong-signature:qe]=qe-identity-signature-invalid
	[wrong-signature:pckcrl]=pck-crl-signature-invalid
	[wrong-signature:rootcrl]=root-crl-signature-invalid
	[expired:tcb]=tcb-info-expired
	[expired:qe]=qe-identity-expired
	[expired:pckcrl]=pck-crl-expired
	[expired:rootcrl]=root-crl-expired
	[not-yet-valid:tcb]=tcb-info-not-yet-valid
	[not-yet-valid:qe]=qe-identity-not-yet-valid
	[not-yet-valid:pckcrl]=pck-crl-not-yet-valid
	[not-yet-valid:rootcrl]=root-crl-not-yet-valid
)
declare -A file=([tcb]=tcb_info.json [qe]=qe_identity.json
	[pckcrl]=pck_crl.der [rootcrl]=root_ca_crl.der)
declare -A from=([tcb]="$api/tcb?fmspc=53494D000001" [qe]=$api/qe/identity
	[pckcrl]="$api/pckcrl?ca=platform&encoding=der"
	[rootcrl]=$URL/IntelSGXRootCA.der)
for s in "${!wrong[@]}"; do
	document=fetched/${file[${s#*:}]}
	cp "$document" sound
	faults "$s"
	get "" "${from[${s#*:}]}"
	mv body "$document"
	equal "$s" "${wrong[$s]}" "$(code)"
	mv sound "$document"
done
faults older:tcb
get "" "$api/tcb?fmspc=53494D000001"
ok "older: an older number, half of the window gone" eval '
    [ "$(field .tcbInfo.tcbEvaluationDataNumber)" = 16 ] &&
    left=$(($(date -d "$(field .tcbInfo.nextUpdate)" +%s) - $(date +%s))) &&
    [ $left -gt $((15 * 86400 - 60)) ] && [ $left -le $((15 * 86400)) ]'

# Everything that --help lists is one, and the manual page has it.
"$BIN/dci-sim" pcs --help | sed -n '/^NAME:/,$s/^  \([a-z0-9-]*\).*/\1/p' >names
ok "--help lists the faults" test "$(wc -l <names)" -ge 19
ok "each is in force when told to" eval 'faults $(cat names) &&
    diff names <(curl -s "$URL/sim/faults" | sed "s/[:=].*//")'
ok "the manual page has the same" diff <(sort names) \
    <(sed -n '/^\.Ss Faults/,$s/^\.It Cm \([a-z0-9-]*\).*/\1/p' \
	"$TOP/man/dci-sim.1" | sort)

# Answers that are under way do not keep it.
faults slow=100:qe endless:pckcrl drip=1000:rootcrl
for path in sgx/certification/v4/qe/identity IntelSGXRootCA.der \
    "sgx/certification/v4/pckcrl?ca=platform"; do
	curl -s -o /dev/null "$URL/$path" &
	others+=($!)
done
under_way() { [ "$(tail -n 3 "$LOG" | grep -c 'method=GET.*faults=')" = 3 ]; }
ok "three answers are under way" wait_for 5 under_way
begin=$EPOCHREALTIME
pcs_stop INT
ok "it ends at once, with 0" eval '[ "$STATUS" = 0 ] && took 0 3'
finish
