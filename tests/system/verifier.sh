#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The contract of dci-verifier: issuer and verifier on a simulated platform,
# seen with curl, jq and openssl.
# usage: verifier.sh [folder with the programs]
bin=$(cd "${1:-${BUILD:-build}/bin}" && pwd) || exit 2
top=$(pwd)
work=$(mktemp -d) || exit 2
issuer= verifier=
finish() {
	[ -z "$verifier" ] || kill "$verifier" 2>/dev/null
	[ -z "$issuer" ] || kill "$issuer" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap finish EXIT
cd "$work" || exit 2
for name in $(env | sed -n 's/^\(RA_TLS_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
# With ptrace denied by seccomp, LeakSanitizer cannot run at the end.
export ASAN_OPTIONS=detect_leaks=0
count=0 failed=0

ok() { # text, condition's status
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=$((failed + 1))
		{ head -c 600 headers; head -c 600 body; tail -n 4 verifier.log; } \
		    2>/dev/null | sed 's/^/# /'
	fi
}

port_of() { # log
	local port
	for _ in $(seq 200); do
		port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1")
		[ -z "$port" ] || break
		sleep 0.05
	done
	echo "$port"
}

start_issuer() { # address
	"$bin/dci-issuer" -c issuer.conf -l "127.0.0.1:$1" --sim sim 2>issuer.log &
	issuer=$!
	iport=$(port_of issuer.log)
	[ -n "$iport" ]
}

start() { # arguments; says how it is listening
	"$bin/dci-verifier" -l 127.0.0.1:0 --issuer "localhost:$iport" \
	    --ca ssl/ca.crt --sim sim "$@" >verifier.out 2>verifier.log &
	verifier=$!
	port=$(port_of verifier.log)
	url=http://127.0.0.1:$port
	[ -n "$port" ]
}

enrolled() {
	for _ in $(seq 200); do
		! grep -q event=enrolled verifier.log || return 0
		sleep 0.05
	done
	return 1
}

stop() { # exit status of the verifier
	kill "$verifier" 2>/dev/null
	wait "$verifier"
	local status=$?
	verifier=
	return $status
}

path=/attestation/sgx/dcap/v1/report
# Posts a body (from a file); headers and body of the answer into files.
post() { # file, further arguments for curl
	local file=$1
	shift
	rm -f headers body
	status=$(curl -s -m 20 -D headers -o body -w '%{http_code}' \
	    -H 'Expect:' --data-binary "@$file" "$@" "$url$path${query:-}")
	[ -e body ] || : >body
}
quote() { # file, nonce or empty
	printf '{"isvQuote":"%s"' "$(base64 -w0 "$1")"
	[ -z "$2" ] || printf ',"nonce":"%s"' "$2"
	printf '}'
}
header() { # name; without a process of its own, since it is asked for so often
	local line found=
	while IFS= read -r line; do
		[[ ${line,,} != "${1,,}: "* ]] || found=${line#*: }
	done <headers
	[ -z "$found" ] || echo "${found%$'\r'}"
}
is_problem() { # status, code
	[ "$status" = "$1" ] &&
	    [ "$(header Content-Type)" = application/problem+json ] &&
	    jq -e --arg code "$2" '.code == $code and .status == '"$1"' and
	        (.title | length) > 0 and (.detail | length) > 0 and
	        (.remedy | length) > 0' body >/dev/null
}
# The result by openssl alone, as the original's users check it.
signed() {
	header X-Delegating-Certificate | base64 -d >leaf.pem &&
	    header X-Delegating-Chain | base64 -d >chain.pem &&
	    header X-Delegating-Signature | base64 -d >sig.bin &&
	    openssl x509 -in leaf.pem -noout -pubkey >pub.pem &&
	    openssl dgst -sha256 -verify pub.pem -signature sig.bin body >/dev/null &&
	    openssl verify -x509_strict -CAfile state/ca/root.crt \
	        -untrusted chain.pem leaf.pem >/dev/null
}
decimal_of_hex() {
	awk '{	n = 1
		for (i = 1; i <= length($0); i++) {
			carry = index("0123456789abcdef", substr($0, i, 1)) - 1
			for (j = 1; j <= n; j++) {
				v = d[j] * 16 + carry
				d[j] = v % 10
				carry = int(v / 10)
			}
			for (; carry > 0; carry = int(carry / 10))
				d[++n] = carry % 10
		}
		for (j = n; j > 0; j--) printf "%d", d[j] }'
}
is_result() { # isvQuoteStatus
	[ "$status" = 200 ] && [ "$(jq -r .isvQuoteStatus body)" = "$1" ] && signed
}
raw() { # seconds to wait; the request is standard input
	exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
	cat >&3
	timeout "$1" cat <&3
	exec 3>&-
}

cp -r "$top/ssl" ssl 2>/dev/null || "$top/dist/tls-identity.sh" ssl || exit 2
"$bin/dci-sim" init sim >/dev/null || exit 2
cat >issuer.conf <<'END'
state = "state"
tls { certificate = "ssl/server.crt"  key = "ssl/server.key" }
enclave "proxy-verifier" { mrenclave = "any"  ttl = "24h" }
END
"$bin/dci-sim" quote sim >q.bin
quote q.bin 'nonce-0123456789' >good.json
quote q.bin '' >plain.json

# --- without an issuer ---------------------------------------------------------
iport=1
start; ok "starts without an issuer" $?
status=$(curl -s -D headers -o body -w '%{http_code}' "$url/health")
[ "$status" = 503 ] && jq -e '.status == "FAILED"' body >/dev/null
ok "/health: FAILED and 503" $?
for _ in $(seq 100); do
	grep -q enrolment-failed verifier.log && break
	sleep 0.05
done
curl -s -o body "$url/health"
[ "$(jq -r .delegation.lastError body)" = issuer-unreachable ]
ok "/health says why" $?
post good.json; is_problem 503 not-delegated; ok "a report: 503 not-delegated" $?
[ "$(header Retry-After)" -ge 1 ] 2>/dev/null; ok "with Retry-After" $?
status=$(curl -s -o body -w '%{http_code}' "$url$path/genCSR")
[ "$status" = 202 ]; ok "genCSR: an enrolment is on its way" $?
stop; ok "SIGTERM: exit 0" $?

# --- the main path -------------------------------------------------------------
start_issuer 0 || { echo "Bail out! no issuer"; exit 1; }
start && enrolled; ok "enrols at start" $?
status=$(curl -s -D headers -o body -w '%{http_code}' "$url/health")
[ "$status" = 200 ] && jq -e '.status == "OK" and .delegation.status == "OK"
    and .collateral.status == "OK" and (.version | length > 0)
    and (.lastChecked | endswith("Z"))' body >/dev/null
ok "/health: OK and 200" $?
header Request-ID | grep -qx '[0-9a-f]\{32\}'; ok "Request-ID" $?
post good.json; is_result OK; ok "a report, verified by openssl alone" $?
[ "$(header Content-Type)" = application/json ]; ok "Content-Type" $?
[ "$(jq -r 'keys_unsorted | join(" ")' body)" = "id timestamp version attestationType teeType isvQuoteStatus isvQuoteBody tcbEvaluationDataNumber tcbDate nonce configuration" ]
ok "the members in their order" $?
jq -e '.version == 5 and .attestationType == "ECDSA" and .teeType == "SGX_SCALABLE"
    and .nonce == "nonce-0123456789" and (.id | test("^[0-9]+$"))
    and (.timestamp | test("^[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z$"))
    and (.tcbEvaluationDataNumber | type) == "number"' body >/dev/null
ok "their values" $?
[ "$(jq -r .id body)" = "$(header Request-ID | decimal_of_hex)" ]
ok "its id is the Request-ID" $?
! grep -q '[[:space:]]' body; ok "no blanks, no newline" $?
[ "$(jq -r .isvQuoteBody body | base64 -d | sha256sum)" = "$(head -c 432 q.bin | sha256sum)" ]
ok "isvQuoteBody is header and body of the quote" $?
post plain.json; is_result OK && jq -e 'has("nonce") | not' body >/dev/null
ok "without a nonce" $?
serial=$(openssl x509 -in leaf.pem -noout -serial)
curl -s -o body "$url$path/genCSR"; post plain.json; signed
[ "$(openssl x509 -in leaf.pem -noout -serial)" = "$serial" ]
ok "genCSR never replaces a good key" $?
for v in 4 5; do
	"$bin/dci-sim" quote --version $v sim >qv.bin; quote qv.bin '' >in.json
	post in.json; is_result OK
	ok "a quote of version $v" $?
done
[ "$(jq -r .isvQuoteBody body | base64 -d | wc -c)" = 438 ]
ok "the body of version 5 with its descriptor" $?
for q in '?update=early' '?update=standard' '?explain=0' '?other=1'; do
	query=$q post plain.json; is_result OK; ok "$q" $?
done
for q in '?update=late' '?explain=2' '?update='; do
	query=$q post plain.json; is_problem 400 query-unknown; ok "$q: refused" $?
done
query='?explain=1' post good.json
is_result OK && jq -e '.appraisal.verdict == "UpToDate" and
    (.appraisal.checks | length) > 10' body >/dev/null
ok "?explain=1: the record, signed with the rest" $?

seccomp=$(sed -n 's/^Seccomp:\t//p' "/proc/$verifier/status")
[ "$seccomp" = 2 ]; ok "the process is locked in" $?
[ "$(grep -c . /proc/$verifier/task/*/children 2>/dev/null | awk -F: '{ n += $2 } END { print n + 0 }')" = 0 ]
ok "and has no children" $?

# --- EAR -----------------------------------------------------------------------
unpad() { # base64url of a part into its bytes
	local t
	t=$(tr -- '-_' '+/')
	while [ $((${#t} % 4)) != 0 ]; do t=$t=; done
	printf %s "$t" | base64 -d
}
der_of_raw() { # r || s in hex, from standard input
	local h r s n
	h=$(xxd -p | tr -d '\n'); n=$((${#h} / 2)); r=${h:0:n}; s=${h:n}
	printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$r" "$s" >sig.cnf
	openssl asn1parse -genconf sig.cnf -noout -out sig.der
}
jws() { # digest: verifies ./body with its own x5c
	cut -d. -f1 body | tr -d '\n' | unpad >jws.header
	cut -d. -f2 body | tr -d '\n' | unpad >jws.claims
	cut -d. -f3 body | tr -d '\n' | unpad | der_of_raw
	cut -d. -f1,2 body | tr -d '\n' >jws.input
	jq -r '.x5c[0]' jws.header | base64 -d | openssl x509 -inform DER -out leaf.pem
	jq -r '.x5c[1]' jws.header | base64 -d | openssl x509 -inform DER -out issuing.pem
	openssl x509 -in leaf.pem -noout -pubkey >pub.pem
	openssl dgst "-$1" -verify pub.pem -signature sig.der jws.input >/dev/null &&
	    openssl verify -CAfile state/ca/root.crt -untrusted issuing.pem leaf.pem >/dev/null
}
ear='Accept: application/eat+jwt'
post good.json -H "$ear"
[ "$status" = 200 ] && [ "$(header Content-Type)" = application/eat+jwt ] && jws sha256
ok "EAR: a JWS that openssl verifies" $?
jq -e '.alg == "ES256" and .typ == "eat+jwt" and (.x5c | length) == 2' jws.header >/dev/null
ok "EAR: its header" $?
jq -e '.eat_profile == "tag:ietf.org,2026:rats/ear#03" and .exp == .iat + 300
    and .eat_nonce == "nonce-0123456789"
    and (.ear_verifier_id | has("developer") and has("build"))
    and .submods.sgx.ear_status == 2
    and .submods.sgx.ear_trustworthiness_vector ==
        {"hardware":2,"configuration":2,"executables":0,"runtime_opaque":2}
    and .submods.sgx.dci_report.isvQuoteStatus == "OK"' jws.claims >/dev/null
ok "EAR: its claims" $?
post plain.json -H "$ear"; jws sha256 && jq -e 'has("eat_nonce") | not' jws.claims >/dev/null
ok "EAR: without a nonce" $?
quote q.bin 1234567 >in.json; post in.json -H "$ear"
is_problem 400 nonce-unacceptable; ok "EAR: a nonce of 7 bytes is refused" $?
post good.json -H 'Accept: text/html, application/eat+jwt;q=0.5, */*;q=0.1'
[ "$(header Content-Type)" = application/eat+jwt ]; ok "EAR: among others in Accept" $?
post good.json -H 'Accept: application/eat+jwt;q=0, */*'; is_result OK
ok "EAR: not with q=0" $?
"$bin/dci-sim" quote --fault debug sim >f.bin; quote f.bin '' >in.json
post in.json -H "$ear"; jws sha256 && jq -e '.submods.sgx.ear_status == 96 and
    .submods.sgx.ear_trustworthiness_vector.runtime_opaque == 96' jws.claims >/dev/null
ok "EAR: a debug enclave" $?

# --- the relying party's side ---------------------------------------------------
post good.json
"$bin/dci" verify-report --root state/ca/root.crt --allow-simulated \
    --nonce nonce-0123456789 --quote q.bin --headers headers body >out
[ $? = 0 ] && [ "$(head -n 1 out)" = Trusted ]; ok "dci verify-report trusts a report" $?
post good.json -H "$ear"
"$bin/dci" verify-report --root state/ca/root.crt --allow-simulated \
    --nonce nonce-0123456789 --quote q.bin --jwt body >out
[ $? = 0 ] && [ "$(head -n 1 out)" = Trusted ]; ok "and an EAR" $?
query='?explain=1' post good.json
"$bin/dci" verify-report --root state/ca/root.crt --allow-simulated --headers headers body >out
[ $? = 0 ] && [ "$(head -n 1 out)" = Trusted ]; ok "and a report with its record" $?
sed -i 's/"UpToDate"/"OutOfDate"/' body
"$bin/dci" verify-report --root state/ca/root.crt --allow-simulated --headers headers body >out
[ $? = 1 ] && [ "$(head -n 1 out)" = Rejected ]; ok "but not one whose record was altered" $?
for row in 'padded 0 UpToDate' 'bad-signature 1 Invalid' 'tcb-out-of-date 3 OutOfDate' \
    'tcb-revoked 1 Revoked' 'wrong-root 1 Invalid'; do
	# shellcheck disable=SC2086
	set -- $row
	"$bin/dci-sim" quote --fault "$1" sim >f.bin
	"$bin/dci" report --verifier "$url" --quote f.bin --root state/ca/root.crt \
	    --allow-simulated >out
	[ $? = "$2" ] && [ "$(head -n 1 out)" = "$3" ]; ok "dci report: $1 is $3" $?
done

# --- bad input -----------------------------------------------------------------
bad() { # text, status, code; the body is standard input
	cat >in.json
	post in.json; is_problem "$2" "$3" && header Request-ID | grep -q .; ok "$1: $2 $3" $?
}
b64=$(base64 -w0 q.bin)
bad "no body" 400 body-malformed < <(printf '')
bad "not JSON" 400 body-malformed < <(printf 'isvQuote')
bad "an array" 400 body-malformed < <(printf '[]')
bad "a string" 400 body-malformed < <(printf '"%s"' "$b64")
bad "null" 400 body-malformed < <(printf 'null')
bad "no quote" 400 quote-missing < <(printf '{}')
bad "a name in another case" 400 quote-missing < <(printf '{"isvquote":"%s"}' "$b64")
bad "an empty quote" 400 quote-missing < <(printf '{"isvQuote":""}')
bad "a number for the quote" 400 body-malformed < <(printf '{"isvQuote":17}')
bad "null for the quote" 400 body-malformed < <(printf '{"isvQuote":null}')
bad "a list of quotes" 400 body-malformed < <(printf '{"isvQuote":["%s"]}' "$b64")
bad "the quote twice" 400 body-malformed < <(printf '{"isvQuote":"%s","isvQuote":"%s"}' "$b64" "$b64")
bad "the nonce twice" 400 body-malformed < <(printf '{"isvQuote":"%s","nonce":"a","nonce":"a"}' "$b64")
bad "another member twice" 400 body-malformed < <(printf '{"isvQuote":"%s","a":1,"a":1}' "$b64")
bad "something after the object" 400 body-malformed < <(printf '{"isvQuote":"%s"} x' "$b64")
bad "no end" 400 body-malformed < <(printf '{"isvQuote":"%s"' "$b64")
bad "a NUL in the nonce" 400 body-malformed < <(printf '{"isvQuote":"%s","nonce":"\\u0000"}' "$b64")
bad "no UTF-8" 400 body-malformed < <(printf '{"isvQuote":"%s","nonce":"\xff"}' "$b64")
bad "a newline in a string" 400 quote-not-base64 < <(printf '{"isvQuote":"%s\n"}' "$b64")
bad "200000 brackets" 400 body-malformed < <(printf '%200000s' '' | tr ' ' '[')
bad "stray bits or length" 400 quote-not-base64 < <(printf '{"isvQuote":"%s"}' "${b64}AAB=")
bad "another alphabet" 400 quote-not-base64 < <(printf '{"isvQuote":"%s"}' "-${b64:1}")
bad "a blank" 400 quote-not-base64 < <(printf '{"isvQuote":" %s"}' "$b64")
bad "an escaped newline" 400 quote-not-base64 < <(printf '{"isvQuote":"%s\\n"}' "$b64")
bad "a character less" 400 quote-not-base64 < <(printf '{"isvQuote":"%s"}' "${b64:1}")
bad "base64 of no quote" 400 quote-malformed < <(printf '{"isvQuote":"AAAA"}')
bad "20000 zeros" 400 quote-too-large < <(printf '{"isvQuote":"%s"}' "$(head -c 20000 /dev/zero | base64 -w0)")
bad "a number for the nonce" 400 nonce-unacceptable < <(printf '{"isvQuote":"%s","nonce":7}' "$b64")
bad "null for the nonce" 400 nonce-unacceptable < <(printf '{"isvQuote":"%s","nonce":null}' "$b64")
bad "33 characters" 400 nonce-unacceptable < <(printf '{"isvQuote":"%s","nonce":"%033d"}' "$b64" 0)
quote q.bin "$(printf '%032d' 0)" >in.json; post in.json; is_result OK
ok "32 characters" $?
printf '{"isvQuote":"%s","nonce":"%s"}' "$b64" "$(printf 'ä%.0s' $(seq 32))" >in.json
post in.json; is_result OK && [ "$(jq -r '.nonce | length' body)" = 32 ]
ok "32 characters of two bytes" $?
printf '{"nonce":"a\\"b\\\\","isvQuote":"%s"}' "$b64" >in.json
post in.json; is_result OK && [ "$(jq -r .nonce body)" = 'a"b\' ]
ok "escapes in the nonce, before the quote" $?
printf ' {\n\t"isvQuote" : "%s" , "nonce" : "" }\r\n' "$b64" >in.json
post in.json; is_result OK && jq -e '.nonce == ""' body >/dev/null
ok "blanks around everything, an empty nonce" $?
printf '{"isvQuote":"\\u0041%s"}' "${b64:1}" >in.json; post in.json; is_result OK
ok "an escape in the quote" $?
"$bin/dci-sim" quote --version 4 sim >qv.bin
printf '\x81' | dd of=qv.bin bs=1 seek=4 conv=notrunc status=none
bad "a TDX quote" 400 tdx-not-supported < <(quote qv.bin '')

# --- HTTP ----------------------------------------------------------------------
for m in GET PUT DELETE PATCH; do
	status=$(curl -s -D headers -o body -X $m -w '%{http_code}' "$url$path")
	is_problem 405 method-not-allowed && [ "$(header Allow)" = POST ]
	ok "$m for a report: 405" $?
done
status=$(curl -s -D headers -o body -d x -w '%{http_code}' "$url/health")
is_problem 405 method-not-allowed; ok "POST to /health: 405" $?
status=$(curl -s -D headers -o body -w '%{http_code}' "$url/other")
is_problem 404 path-unknown; ok "another path: 404" $?
status=$(curl -s -D headers -o body -w '%{http_code}' "$url$path/")
is_problem 404 path-unknown; ok "a path with a slash more: 404" $?
status=$(curl -s -I -o headers -w '%{http_code}' "$url/health")
[ "$status" = 200 ]; ok "HEAD" $?
head -c 262145 /dev/zero | tr '\0' ' ' >in.json
post in.json; [ "$status" = 413 ]; ok "256 KiB and 1 byte: 413" $?
{ printf '%*s' $((262144 - $(wc -c <plain.json))) ''; cat plain.json; } >in.json
post in.json; is_result OK; ok "256 KiB exactly" $?
post plain.json -H 'Transfer-Encoding: chunked'; is_result OK; ok "chunked" $?
head -c 300000 /dev/zero | tr '\0' ' ' >in.json
post in.json -H 'Transfer-Encoding: chunked'; [ "$status" != 200 ]
ok "300000 bytes in chunks are refused" $?
[ "$(curl -s -o /dev/null -w '%{http_code}' -H "X: $(head -c 20000 /dev/zero | tr '\0' a)" "$url/health")" != 200 ]
ok "20000 bytes of headers are refused" $?
printf 'GARBAGE\r\n\r\n' | raw 5 | head -n 1 | grep -q '400'; ok "no HTTP: 400" $?
printf 'GET /health HTTP/1.0\r\n\r\n' | raw 5 | grep -q '"status":"OK"'; ok "HTTP/1.0" $?
n=$(wc -c <plain.json)
one() {
	printf 'POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n' "$path" "$n" "$1"
	cat plain.json
}
{ one; one; one 'Connection: close
'; } | raw 5 >many
[ "$(grep -ac isvQuoteStatus many)" -ge 1 ] && [ "$(grep -ao '"isvQuoteStatus":"OK"' many | wc -l)" = 3 ]
ok "three requests pipelined" $?
{ printf 'POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' "$path" "$n"
  head -c 100 plain.json; sleep 0.3; tail -c +101 plain.json | head -c 3000
  sleep 0.3; tail -c +3101 plain.json; } | raw 5 | grep -aq '"isvQuoteStatus":"OK"'
ok "a slow client" $?
# Sizes around what is read at once (4096 bytes, then 4000), the whole request.
sized() { # bytes in all, header
	local head
	head=$(printf 'POST %s HTTP/1.1\r\nHost: a\r\n%sContent-Length: %05d\r\n\r\n.' \
	    "$path" "$2" 0)
	head=${head/: 00000/: $(printf %05d $(($1 - ${#head} + 1)))}
	printf %s "${head%.}"
	cat plain.json
	printf "%$(($1 - ${#head} + 1 - n))s" ''
}
for size in 8095 8096 8097 8192 12095 12096 12097 16384; do
	{ sized $size; sized $size; sized $size $'Connection: close\r\n'; } | raw 5 >many
	[ "$(grep -ao '"isvQuoteStatus":"OK"' many | wc -l)" = 3 ]
	ok "three requests of $size bytes" $?
done
post plain.json; is_result OK; ok "and after all that it still serves" $?
stop; ok "SIGTERM: exit 0" $?
! grep -q 'ERROR: \|runtime error' verifier.log; ok "no complaint of a sanitizer" $?

# --- every fault of the simulator ------------------------------------------------
expect() { # fault: what comes of it
	case $1 in
	bad-signature) echo 200 SIGNATURE_INVALID ;;
	bad-qe-report) echo 400 qe-report-signature-invalid ;;
	bad-qe-hash) echo 400 qe-report-data-mismatch ;;
	bad-qe-identity | qe-debug) echo 400 qe-report-mismatch ;;
	qe-out-of-date | tcb-out-of-date) echo 200 TCB_OUT_OF_DATE ;;
	qe-revoked | revoked-pck | revoked-ca | tcb-revoked) echo 200 REVOKED ;;
	qe-not-supported | tcb-not-supported) echo 400 "$1" ;;
	revoked-tcb-signer) echo 500 tcb-signer-revoked ;;
	expired-tcb-info) echo 500 tcb-info-expired ;;
	expired-qe-identity) echo 500 qe-identity-expired ;;
	expired-crl) echo 500 pck-crl-expired ;;
	expired-root-crl) echo 500 root-crl-expired ;;
	expired-tcb-signer) echo 500 tcb-info-chain-expired ;;
	expired-pck) echo 400 pck-chain-expired ;;
	not-yet-valid) echo 500 tcb-info-not-yet-valid ;;
	not-yet-valid-pck) echo 400 pck-chain-not-yet-valid ;;
	sw-hardening) echo 200 SW_HARDENING_NEEDED ;;
	config-needed) echo 200 CONFIGURATION_NEEDED ;;
	config-and-sw-hardening) echo 200 CONFIGURATION_AND_SW_HARDENING_NEEDED ;;
	out-of-date-config-needed) echo 200 TCB_OUT_OF_DATE_AND_CONFIGURATION_NEEDED ;;
	wrong-fmspc) echo 500 tcb-info-mismatch ;;
	wrong-root) echo 400 pck-root-untrusted ;;
	wrong-tcb-signature) echo 500 tcb-info-signature-invalid ;;
	wrong-qe-identity-signature) echo 500 qe-identity-signature-invalid ;;
	wrong-crl-signature) echo 500 pck-crl-signature-invalid ;;
	truncated) echo 400 quote-malformed ;;
	padded | debug) echo 200 OK ;;
	trailing-junk) echo 400 quote-trailing-bytes ;;
	esac
}
# What an EAR says: status, hardware, configuration, executables,
# runtime_opaque.  Only for quotes that get a result.
vector() { # fault
	case $1 in
	bad-signature) echo '[96,99,99,99,99]' ;;
	qe-revoked | revoked-pck | revoked-ca | tcb-revoked | \
	    qe-out-of-date | tcb-out-of-date) echo '[96,96,0,0,0]' ;;
	out-of-date-config-needed) echo '[96,96,32,0,0]' ;;
	sw-hardening) echo '[32,32,2,0,2]' ;;
	config-needed) echo '[32,2,32,0,2]' ;;
	config-and-sw-hardening) echo '[32,32,32,0,2]' ;;
	padded) echo '[2,2,2,0,2]' ;;
	debug) echo '[96,2,2,0,96]' ;;
	esac
}
says() { # vector: of the claims of the last EAR
	jq -e --argjson v "$1" '.submods.sgx | [.ear_status,
	    (.ear_trustworthiness_vector |
	        .hardware, .configuration, .executables, .runtime_opaque)] == $v' \
	    jws.claims >/dev/null
}
reload() { # folder
	ln -sfn "$1" current
	local before
	before=$(grep -c event=reloaded verifier.log)
	kill -HUP "$verifier"
	for _ in $(seq 200); do
		[ "$(grep -c event=reloaded verifier.log)" -gt "$before" ] && return 0
		sleep 0.05
	done
	return 1
}
ln -sfn sim/collateral current
start --collateral current && enrolled; ok "again, with --collateral" $?
while IFS=$'\t' read -r fault verdict where _; do
	case $verdict:$where in *:*tdx*) continue ;; esac
	want=$(expect "$fault")
	[ -n "$want" ] || continue
	# shellcheck disable=SC2086
	set -- $want
	reload sim/collateral
	if [ "$where" = collateral ]; then
		cp q.bin f.bin
		reload "sim/faults/$fault"
	else
		"$bin/dci-sim" quote --fault "$fault" sim >f.bin
	fi
	quote f.bin fault-nonce >in.json
	query='?explain=1' post in.json
	if [ "$1" = 200 ]; then is_result "$2"; else is_problem "$1" "$2"; fi &&
	    jq -e '.appraisal.checks | length > 0' body >/dev/null
	ok "$fault: $want" $?
	cp body "body.$fault"
	[ "$1" = 200 ] || continue
	post in.json -H "$ear"
	jws sha256 && says "$(vector "$fault")"
	ok "$fault: EAR $(vector "$fault")" $?
done < <("$bin/dci-sim" faults)
jq -e '.advisoryURL == "https://security-center.intel.com" and
    (.advisoryIDs | length) > 0 and .advisoryIDs == (.advisoryIDs | sort | unique)' \
    body.sw-hardening >/dev/null
ok "advisories, sorted" $?
jq -e '(.tcbComponentsOutOfDate | type) == "array"' body.tcb-out-of-date >/dev/null
ok "components out of date" $?
jq -e '.tcbEvaluationDataNumber > 0 and has("tcbDate")' body.revoked-pck >/dev/null
ok "a revoked platform's report has the collateral's members" $?
reload sim/collateral
mv sim/collateral sim/away
kill -HUP "$verifier"; sleep 0.3; post plain.json; is_result OK
ok "collateral that cannot be read again: the old one stays" $?
mv sim/away sim/collateral
stop; ok "SIGTERM: exit 0" $?

# --- P-384, HTTPS, configuration, bounds ---------------------------------------
start --key-type p384 && enrolled; ok "a P-384 key" $?
post good.json; is_result OK; ok "P-384: SHA-256 in the compatible form" $?
post good.json -H "$ear"; jws sha384 && jq -e '.alg == "ES384"' jws.header >/dev/null
ok "P-384: ES384 in the EAR form" $?
stop

start --tls && enrolled; url=https://127.0.0.1:$port; ok "HTTPS" $?
post good.json -k; is_result OK; ok "HTTPS: a report" $?
openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null |
    openssl x509 -noout -text | grep -q '2.23.133.5.4.9'
ok "HTTPS: the certificate has DICE evidence" $?
printf 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n' | raw 2 >many; ! grep -aq '"status"' many
ok "HTTPS: plain HTTP gets nothing" $?
stop; ok "HTTPS: exit 0" $?

cat >v.conf <<END
listen = "127.0.0.1:0"
issuer = {"localhost:1", "localhost:$iport"}
ca = "ssl/ca.crt"
sim = "sim"
requests_per_address = 20
connections_per_address = 4
seconds = 2
END
"$bin/dci-verifier" -c v.conf 2>verifier.log & verifier=$!
port=$(port_of verifier.log); url=http://127.0.0.1:$port
enrolled; ok "a configuration file; the second issuer answers" $?
# One client sends them one after the other, faster than 20 a second.
curl -s -o 'many.#1' -w '%{http_code}\n' "$url/health?n=[1-200]" >codes
grep -q '^200$' codes && grep -q '^503$' codes; ok "over the bound: 503" $?
status=503 # the first one that is
curl -s --fail-with-body --fail-early -D headers -o body "$url/health?n=[1-200]"
is_problem 503 too-many-requests && [ "$(header Retry-After)" = 1 ]
ok "too-many-requests with Retry-After" $?
[ "$(header Connection)" = close ]; ok "and the connection ends" $?
sleep 1.2; post plain.json; is_result OK; ok "and a second later again 200" $?
begin=$(date +%s)
printf 'POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{' "$path" | raw 10 >many
[ $(($(date +%s) - begin)) -le 5 ]; ok "half a request is cut off at the deadline" $?
begin=$(date +%s)
{ for _ in $(seq 12); do printf 'X'; sleep 0.5; done; } 2>/dev/null | raw 1 >many 2>&1
post plain.json; is_result OK; ok "a byte now and then harms nobody" $?
for i in 4 5 6 7 8 9; do eval "exec $i<>/dev/tcp/127.0.0.1/$port"; done
sleep 1.3
closed=0
for i in 4 5 6 7 8 9; do
	eval "timeout 0.1 cat <&$i" >/dev/null 2>&1 && closed=$((closed + 1))
	eval "exec $i>&-"
done
[ "$closed" -ge 2 ]; ok "more connections than an address may have are closed" $?
sleep 1; post plain.json; is_result OK; ok "and it still serves" $?
kill $issuer; wait $issuer; issuer=
post plain.json; is_result OK; ok "while the issuer is away it goes on" $?
stop; ok "SIGTERM: exit 0" $?

cat >strict.conf <<'END'
state = "strict"
tls { certificate = "ssl/server.crt"  key = "ssl/server.key" }
enclave "proxy-verifier" { mrenclave = "0000000000000000000000000000000000000000000000000000000000000000" }
END
cp issuer.conf keep.conf; cp strict.conf issuer.conf
start_issuer 0; start
for _ in $(seq 100); do
	grep -q enrolment-failed verifier.log && break
	sleep 0.05
done
curl -s -o body "$url/health"
[ "$(jq -r .delegation.lastError body)" = issuer-refused ] && grep -q "The issuer's reason" verifier.log
ok "an issuer that refuses: /health says so, and the log has its reason" $?
cp keep.conf issuer.conf
kill $issuer; wait $issuer; start_issuer "$iport"
curl -s -o body "$url$path/genCSR"
enrolled; ok "once it may, it enrols by itself" $?
post plain.json; is_result OK; ok "and serves" $?
stop; ok "SIGTERM: exit 0" $?

for line in 'listen = "nowhere"' 'issuer = {}' 'issuer = "a:b:c"' 'seconds = 0' 'sim = ""' \
    'key_type = "rsa"' 'unknown = 1' 'tls = 7'; do
	echo "$line" >bad.conf
	"$bin/dci-verifier" -c bad.conf -t >body 2>verifier.log
	[ $? = 2 ] && grep -q 'bad.conf:1' verifier.log
	ok "configuration: $line is refused with its line" $?
done
"$bin/dci-verifier" -c v.conf -t >body && grep -q 'in order' body; ok "-t" $?
for arguments in '-l nowhere' '--issuer a:0' '--key-type x' 'more' '--unknown' '-c nowhere.conf' \
    '--sim nowhere' '--ca'; do
	# shellcheck disable=SC2086
	timeout 5 "$bin/dci-verifier" -l 127.0.0.1:0 $arguments >body 2>verifier.log
	[ $? = 2 ] && [ -s verifier.log ]; ok "$arguments: exit 2" $?
done

echo "1..$count"
[ $failed = 0 ]
