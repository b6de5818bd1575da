#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A delegation's life: renewed at half of it without a request failing, kept
# while no issuer answers, gone at its end, and back by itself.  Issuers and
# verifier are the real ones, and their clock is moved by hours.
. "$(dirname "$0")/../lib.sh"

mkdir moved
cp "$BUILD"/moved/* moved/
SIM=$BIN/dci-sim
BIN=$WORK/moved
now=0

# ahead SECONDS: by so much more than before.
ahead() {
	local i bytes=

	now=$((now + $1))
	for ((i = 0; i < 64; i += 8)); do
		bytes+=$(printf '\\x%02x' $((now >> i & 255)))
	done
	printf '%b' "$bytes" | dd of=moved/clock conv=notrunc status=none
}
head -c 8 /dev/zero >moved/clock

verifier() { # FLAG...: sets VERIFIER, URL
	[ -z "${VERIFIER:-}" ] || mv verifier.log "verifier.$VERIFIER.log"
	: >verifier.log
	"$BIN/dci-verifier" -l 127.0.0.1:0 --ca ssl/ca.crt --sim sim "$@" \
	    2>verifier.log &
	VERIFIER=$!
	others+=("$VERIFIER")
	wait_for 20 grep -q event=listening verifier.log
	URL=http://127.0.0.1:$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' \
	    verifier.log)
}

events() { grep -c "event=$1" verifier.log; }
had() { [ "$(events "$1")" -ge "$2" ]; }
# The last event of that kind, its field.
field() { sed -n "s/.*event=$1 .*\<$2=\([^ ]*\).*/\1/p" verifier.log | tail -n 1; }
health() { curl -s -m 20 -o health -w '%{http_code}' "$URL/health"; }
path=/attestation/sgx/dcap/v1/report

# answered CODE: what a report is answered; in headers, body.
answered() {
	local code

	code=$(curl -s -m 20 -D headers -o body -w '%{http_code}' \
	    --data-binary @request "$URL$path")
	[ "$code" = "$1" ] || { echo "answered $code" && cat body && false; }
}
header() { tr -d '\r' <headers | sed -n "s/^$1: //Ip"; }
serial() { # of the certificate that signed the last answer
	header X-Delegating-Certificate | base64 -d |
	    openssl x509 -noout -serial | cut -d= -f2 | tr A-F a-f
}
# trusted ISSUER: a report that a relying party of that issuer believes.
trusted() {
	answered 200 && "$BIN/dci" verify-report --root "$1.state/ca/root.crt" \
	    --allow-simulated --quote quote.bin --headers headers body
}
# Two turns of the verifier's clock, which looks each second.
two_ticks() { sleep 2.2; }

"$SIM" quote sim >quote.bin
printf '{"isvQuote":"%s"}' "$(base64 -w0 quote.bin)" >request
write_policy policy.conf 'ttl = "24h"'
HOUR=3600

issuer first || exit 1
first=$PID first_port=$PORT
issuer second || exit 1
second=$PID second_port=$PORT
stop_issuer() { PID=$1; issuer_stop; } # PID
verifier --issuer "localhost:$first_port" --issuer "localhost:$second_port"
check "the verifier enrols" wait_for 20 had enrolled 1
equal "... at the first issuer" "$first_port" "$(field enrolled port)"
check "... and a relying party believes it" trusted first
one=$(serial)
equal "... its certificate is the one of the log" "$one" "$(field enrolled serial)"

# --- renewal ------------------------------------------------------------------
ahead $((10 * HOUR))
two_ticks
equal "after 10 of 24 hours there is no renewal" 1 "$(events enrolled)"
equal "genCSR: a good certificate stays" 200 \
    "$(curl -s -o /dev/null -w '%{http_code}' "$URL$path/genCSR")"
two_ticks
equal "... and nothing was asked for" 1 "$(events enrolled)"
check "... the same certificate signs" trusted first
equal "... the same" "$one" "$(serial)"

curl -s -m 60 --rate 20/s --data-binary @request -o many.body \
    -w '%{http_code} %header{x-delegating-certificate}\n' \
    "$URL$path?n=[1-2000]" >many &
client=$!
others+=("$client")
wait_for 20 test -s many
ahead $((3 * HOUR + 1800))
check "after 13.5 hours the certificate is renewed" wait_for 20 had enrolled 2
two=$(field enrolled serial)
check "... the new one signs" trusted first
equal "... it is the log's" "$two" "$(serial)"
check "... and another one" test "$one" != "$two"
equal "... it is valid for a day from now on" $((24 * HOUR)) \
    $(($(date -ud "$(field enrolled until)" +%s) -
	$(date -ud "$(sed -n 's/^time=\([^ ]*\).*event=enrolled.*/\1/p' \
	    verifier.log | tail -n 1)" +%s)))
{ kill "$client" && wait "$client"; } 2>/dev/null
check "... no request failed meanwhile" \
    test -z "$(sed '$d' many | grep -v '^200 [A-Za-z0-9+/]*=*$')"
equal "... and they saw both certificates" 2 \
    "$(sed '$d' many | sort -u | wc -l)"

# --- the next in order -----------------------------------------------------------
stop_issuer "$first"
ahead $((13 * HOUR + 1800))
check "the first issuer is away at the next renewal: the second is asked" \
    wait_for 20 had enrolled 3
equal "... it" "$second_port" "$(field enrolled port)"
check "... its relying parties believe the results" trusted second
check "... those of the first do not" sh -c "! '$BIN/dci' verify-report \
    --root first.state/ca/root.crt --allow-simulated --quote quote.bin \
    --headers headers body >/dev/null"
three=$(serial)

# --- nobody there ------------------------------------------------------------------
stop_issuer "$second"
ahead $((13 * HOUR + 1800))
check "no issuer answers: an attempt fails" wait_for 20 had enrolment-failed 1
check "... both are named" grep -q "localhost:$first_port.*localhost:$second_port" \
    verifier.log
check "... the old certificate serves on" trusted second
equal "... that one" "$three" "$(serial)"
equal "/health: 200" 200 "$(health)"
equal "... and why there is no new one" issuer-unreachable \
    "$(jq -r .delegation.lastError health)"
ahead $((10 * HOUR + 900))
two_ticks
check "a quarter of an hour before its end it still serves" trusted second
equal "... that one" "$three" "$(serial)"
ahead 1200
check "after its end: 503" answered 503
equal "... not-delegated" not-delegated "$(jq -r .code body)"
check "... with Retry-After, at most 300 s" \
    sh -c "[ '$(header Retry-After)' -ge 1 ] && [ '$(header Retry-After)' -le 300 ]"
equal "/health: 503" 503 "$(health)"
equal "... FAILED" FAILED "$(jq -r .delegation.status health)"
check "... the log says so" wait_for 10 had delegation-expired 1
LISTEN=$first_port issuer first || exit 1
first=$PID
ahead 400
check "the issuer is back: the verifier enrols by itself" \
    wait_for 20 had enrolled 4
equal "... at the first one again" "$first_port" "$(field enrolled port)"
check "... and serves" trusted first
equal "/health: 200" 200 "$(health)"
equal "... and no failure any more" null "$(jq -r .delegation.lastError health)"

# --- an issuer that refuses ---------------------------------------------------------
four=$(serial)
failures=$(events enrolment-failed)
cp policy.conf good.conf
sed -i "s/mrenclave = .*/mrenclave = \"$OTHER\"/" policy.conf
kill -HUP "$first"
wait_for 20 grep -q event=reloaded first.log
ahead $((13 * HOUR + 1800))
check "the policy has changed: the renewal is refused" \
    wait_for 20 had enrolment-failed $((failures + 1))
equal "... /health says it" issuer-refused "$(health >/dev/null
    jq -r .delegation.lastError health)"
check "... the log has the issuer's reason" \
    grep -q "issuer-refused.*The issuer's reason:.*MRENCLAVE" verifier.log
check "... what there is serves on" trusted first
equal "... that one" "$four" "$(serial)"
cp good.conf policy.conf
kill -HUP "$first"
wait_for 20 sh -c '[ "$(grep -c event=reloaded first.log)" = 2 ]'
ahead 400
check "the policy is back: it is renewed" wait_for 20 had enrolled 5
check "... and serves" trusted first
check "... with another certificate" test "$four" != "$(serial)"

stop_verifier() {
	kill "$VERIFIER"
	wait "$VERIFIER"
}
check "SIGTERM: exit 0" stop_verifier

# --- a delegation that is kept -----------------------------------------------------
echo 'keep = "kept"' >keep.conf
keeper() { verifier -c keep.conf --issuer "localhost:${1:-$first_port}"; }
kept() { sha256sum <kept/delegation; }
keeper
check "keep: the verifier enrols" wait_for 20 had enrolled 1
check "... and warns that no enclave encrypts" had keep 1
equal "... what it keeps is its own" "700 600" \
    "$(stat -c %a kept kept/delegation | xargs)"
trusted first >/dev/null
five=$(serial) file=$(kept)
{ kill -9 "$VERIFIER" && wait "$VERIFIER"; } 2>/dev/null
stop_issuer "$first"
ahead $((6 * HOUR))
keeper
check "killed, and no issuer there: what was kept is taken up" \
    wait_for 20 had resumed 1
check "... and serves at once" trusted first
equal "... that one" "$five" "$(serial)"
check "... it is renewed at half of its life, as before" \
    test $(($(date -ud "$(field resumed until)" +%s) -
	$(date -ud "$(field resumed renewal)" +%s))) -le $((13 * HOUR + 1800))
two_ticks
equal "... and not before" 0 "$(events enrolment-failed)"
ahead $((7 * HOUR + 1800))
check "... it tries" wait_for 20 had enrolment-failed 1
equal "... what was kept is still there" "$file" "$(kept)"
LISTEN=$first_port issuer first || exit 1
first=$PID
ahead 400
check "the issuer is back: it is renewed" wait_for 20 had enrolled 1
check "... and the new one is kept" test "$file" != "$(kept)"
equal "... with nothing beside it" delegation "$(ls -A kept)"
stop_verifier
keeper "$second_port"
check "another issuer is configured: it is not taken up" \
    wait_for 20 had not-resumed 1
check "... the log has the code" grep -q code=kept-unusable verifier.log
equal "... nothing is served" 503 "$(health)"
stop_verifier
ahead $((24 * HOUR))
keeper
check "after its end it is not taken up" wait_for 20 had not-resumed 1
check "... but another one is asked for" wait_for 20 had enrolled 1
check "... which is kept" trusted first
stop_verifier
keeper
check "... and taken up" wait_for 20 had resumed 1
stop_verifier
printf 'keep = "kept"\n' >plain.conf
exits 2 "keep without an enclave: refused at the start" \
    "$BIN/dci-verifier" -c plain.conf -l 127.0.0.1:0
said "... because of that" /dev/attestation
printf 'keep = "kept"\nkeep_key = "default"\n' >plain.conf
exits 2 "keep_key without an enclave: refused" \
    "$BIN/dci-verifier" -c plain.conf --sim sim -l 127.0.0.1:0
printf 'keep_key = "default"\n' >plain.conf
exits 2 "keep_key without keep: refused" "$BIN/dci-verifier" -c plain.conf -t
printf 'keep_key = "../quote"\n' >plain.conf
exits 2 "keep_key with a path: refused" "$BIN/dci-verifier" -c plain.conf -t
said "... with its line" plain.conf:1
printf 'keep_key = "_sgx_mrenclave"\n' >plain.conf
exits 2 "keep_key with a key of Gramine's: refused" \
    "$BIN/dci-verifier" -c plain.conf -t

stop_issuer "$first"
check "the ledger is whole" "$BIN/dci" ledger check -s first.state
equal "... with a certificate for each enrolment" 7 \
    "$(grep -c event=certificate-issued first.log)"
finish
