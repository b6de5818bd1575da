#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# "dci verify-report" and "dci report": words, lines and exit codes, on results
# made for the purpose and with a real issuer and verifier.
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 2
BUILD=${BUILD:-build}
make -s BUILD="$BUILD" "$BUILD/interop/result_sample" >&2 || exit 2
bin=$(cd "$BUILD/bin" && pwd) || exit 2
sample=$(cd "$BUILD/interop" && pwd)/result_sample
work=$(mktemp -d) || exit 2
running=
finish() {
	for p in $running; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$work"
}
trap finish EXIT
cd "$work" || exit 2
for name in $(env | sed -n 's/^\(RA_TLS_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
count=0 failed=0

ok() { # text, status
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=$((failed + 1))
		sed 's/^/# /' out err 2>/dev/null | cut -c1-200 | head -8
	fi
}

verify() { "$bin/dci" verify-report "$@" >out 2>err; }

trusted() { # text, arguments
	local text=$1
	shift
	verify "$@"
	local got=$?
	[ $got = 0 ] && [ "$(head -1 out)" = Trusted ] && [ ! -s err ]
	ok "$text" $?
}

rejected() { # text, code, arguments
	local text=$1 code=$2
	shift 2
	verify "$@"
	local got=$?
	[ $got = 1 ] && [ "$(head -1 out)" = Rejected ] && [ ! -s err ] &&
	    sed -n 2p out | grep -Eq "^$code [^ ].*\\.$"
	ok "$text: $code" $?
}

trouble() { # text, arguments
	local text=$1
	shift
	verify "$@"
	local got=$?
	[ $got = 2 ] && [ ! -s out ] && [ -s err ]
	ok "$text" $?
}

result() { echo --root root.crt --headers "$1.headers" "$1.body"; }
token() { echo --root root.crt --jwt "$1.jwt"; }

"$sample" . || exit 2
N=0123456789abcdef

# --- good ones ---
# shellcheck disable=SC2046 # the lists of arguments have no blanks in them
{
trusted "a good result" $(result good)
grep -q '^The verifier reports: UpToDate$' out
ok "the second line says what it reports" $?
trusted "with its nonce" --nonce $N $(result good)
trusted "with a P-384 key" --nonce $N $(result p384)
trusted "as a token" --nonce $N $(token good)
trusted "as a token with a P-384 key" --nonce $N $(token p384)
trusted "on the quote that was sent" --quote good.quote $(result good)
trusted "from standard input" --root root.crt --headers good.headers - <good.body
trusted "options after BODY" good.body --root root.crt --headers good.headers
trusted "without nonce, none expected" $(result no-nonce)
trusted "a report of a revoked platform is still the verifier's" $(result revoked)
grep -q '^The verifier reports: Revoked$' out
ok "and the second line says so" $?
{ printf 'HTTP/1.1 100 Continue\r\n\r\n'; sed 's/.*/X: y\r/;1s/.*/HTTP\/1.1 302 Found\r/;$s/.*/\r/' good.headers
  tr 'A-Z' 'a-z' <good.headers | sed 's/:.*//' | paste -d: - <(sed 's/^[^:]*:*//' good.headers) |
	sed '1s/.*/HTTP\/1.1 200 OK\r/;$s/.*/\r/'; } >several
trusted "the last block counts, names in any case" --root root.crt --headers several good.body

# --- point 7: bad input ---
sed 's/"OK"/"KO"/' good.body >tampered.body
rejected "tampered body" result-signature-invalid --root root.crt --headers good.headers tampered.body
{ cat good.body; echo; } >longer.body
rejected "one more line end" result-signature-invalid --root root.crt --headers good.headers longer.body
rejected "headers of another result" result-signature-invalid --root root.crt --headers other.headers good.body
rejected "expired certificate" result-delegation-expired $(result expired)
rejected "certificate of another purpose" delegation-purpose $(result tls-server)
rejected "chain to another root" result-chain-untrusted $(result other-root)
rejected "another root given" result-chain-untrusted --root other-root.crt --headers good.headers good.body
rejected "replayed nonce" result-nonce-mismatch --nonce 0123456789abcdee $(result good)
rejected "no nonce" result-nonce-missing --nonce $N $(result no-nonce)
rejected "too old" result-too-old $(result old)
trusted "too old, any age" --max-age 0 $(result old)
trusted "too old, within a larger bound" --max-age 1100 $(result old)
rejected "from the future" result-from-future --max-age 0 $(result future)
rejected "no chain" result-chain-missing $(result no-chain)
rejected "on another quote" result-other-quote --quote other.quote $(result good)
rejected "on a kind of enclave out of scope" result-out-of-scope $(result tdx)
rejected "simulated" result-simulated $(result simulated)
rejected "simulated is not insecure" result-simulated --allow-insecure $(result simulated)
trusted "simulated, allowed" --allow-simulated $(result simulated)
rejected "insecure" result-insecure $(result insecure)
trusted "insecure, allowed" --allow-insecure $(result insecure)

rejected "token: expired certificate" result-delegation-expired $(token expired)
rejected "token: another purpose" delegation-purpose $(token tls-server)
rejected "token: another root" result-chain-untrusted $(token other-root)
rejected "token: replayed nonce" result-nonce-mismatch --nonce x $(token good)
rejected "token: expired" result-expired --max-age 0 $(token old)
sed 's/\.\(.\)/.X\1/' good.jwt >tampered.jwt
rejected "token: tampered" 'result-(jws-malformed|signature-invalid)' --root root.crt --jwt tampered.jwt

# --- forms ---
: >empty
rejected "empty headers" result-headers-missing --root root.crt --headers empty good.body
rejected "empty body" result-signature-invalid --root root.crt --headers good.headers empty
rejected "empty root" result-root-malformed --root empty --headers good.headers good.body
rejected "empty token" result-jws-malformed --root root.crt --jwt empty
rejected "the issuing CA as root" result-root-malformed --root issuing.crt --headers good.headers good.body
sed 's/^X-Delegating-Sig.*/&\n&/' good.headers >twice
rejected "a header twice" result-headers-malformed --root root.crt --headers twice good.body
sed 's/^X-Delegating-Chain: \(.....\)/&\r\n /' good.headers >folded
rejected "a folded header" result-headers-malformed --root root.crt --headers folded good.body
sed '/Signature/d' good.headers >unsigned
rejected "no signature" result-headers-missing --root root.crt --headers unsigned good.body
head -c 300000 /dev/zero >large
rejected "a body too large" result-too-large --root root.crt --headers good.headers large
rejected "headers too large" result-too-large --root root.crt --headers large good.body

# --- time ---
rejected "in a year" result-delegation-expired --time "$(date -u -d 'now + 1 year' +%FT%TZ)" $(result good)
rejected "when the CA has ended, too" result-ca-expired --time 2099-01-01T00:00:00Z $(result good)
rejected "long ago" result-delegation-not-yet-valid --time 1999-01-01T00:00:00Z $(result good)

# --- json ---
verify --json $(result good)
[ $? = 0 ] && [ "$(jq -r '.verdict, .code, .report.status, .verifier.assurance' out | paste -sd' ')" = "Trusted ok UpToDate hardware" ]
ok "--json of a good result" $?
verify --json $(result old)
[ $? = 1 ] && [ "$(jq -r '.verdict, .code' out | paste -sd' ')" = "Rejected result-too-old" ] && [ ! -s err ]
ok "--json of a bad result" $?

# --- trouble ---
trouble "no root" --headers good.headers good.body
trouble "no headers" --root root.crt good.body
trouble "no body" --root root.crt --headers good.headers
trouble "two bodies" $(result good) good.body
trouble "headers and token" --jwt good.jwt $(result good)
trouble "a token and a body" $(token good) good.body
trouble "unreadable body" --root root.crt --headers good.headers nowhere
trouble "unreadable headers" --root root.crt --headers nowhere good.body
trouble "unreadable root" --root nowhere --headers good.headers good.body
trouble "unreadable token" --root root.crt --jwt nowhere
trouble "an unknown option" --unknown $(result good)
trouble "an empty nonce" --nonce '' $(result good)
trouble "an age that is no number" --max-age -1 $(result good)
trouble "a time that is none" --time yesterday $(result good)
verify --help && grep -q '^Usage: dci verify-report' out
ok "--help" $?
}

# --- a real issuer, a real verifier ---
port_of() { # log
	for _ in $(seq 150); do
		port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" | head -1)
		[ -z "$port" ] || return 0
		sleep 0.1
	done
	sed 's/^/# /' "$1"
	return 1
}
if [ ! -e "$top/ssl/server.crt" ]; then
	"$top/dist/tls-identity.sh" ssl >/dev/null 2>&1
	ssl=$work/ssl
else
	ssl=$top/ssl
fi
"$bin/dci-sim" init sim >/dev/null && "$bin/dci-sim" quote sim >quote || exit 2
cat >issuer.conf <<END
listen = "127.0.0.1:0"
state  = "state"
tls { certificate = "$ssl/server.crt"  key = "$ssl/server.key" }
enclave "proxy-verifier" {
    mrenclave = "$(od -An -v -tx1 -j112 -N32 quote | tr -d ' \n')"
}
END
"$bin/dci-issuer" -c issuer.conf --sim sim >issuer.log 2>&1 &
running="$running $!"
port_of issuer.log
ok "the issuer listens" $?
"$bin/dci-verifier" -l 127.0.0.1:0 --issuer "localhost:$port" --ca "$ssl/ca.crt" \
    --sim sim >verifier.log 2>&1 &
running="$running $!"
port_of verifier.log
ok "the verifier listens" $?
url=http://127.0.0.1:$port
for _ in $(seq 100); do
	curl -s -o health "$url/health"
	grep -q '^{"status":"OK"' health && break
	sleep 0.1
done

report() { "$bin/dci" report --root state/ca/root.crt --verifier "$url" "$@" >out 2>err; }
expect() { # text, status, word, arguments
	local text=$1 status=$2 word=$3
	shift 3
	report "$@"
	local got=$?
	[ $got = "$status" ] && [ "$(head -1 out)" = "$word" ] && [ ! -s err ]
	ok "$text: $word" $?
}

expect "a good quote" 0 UpToDate --allow-simulated --quote quote
expect "standard input, own nonce" 0 UpToDate --allow-simulated --quote - --nonce mine <quote
grep -q '^          nonce     mine$' out
ok "the nonce is in the report" $?
expect "without --allow-simulated" 1 Rejected --quote quote
grep -q '^result-simulated ' out
ok "and the code says why" $?
while IFS=$'\t' read -r name word where _; do
	[ "$where" = quote ] || continue
	"$bin/dci-sim" quote --fault "$name" sim >q
	case $word in UpToDate) status=0 ;; Invalid | Revoked) status=1 ;; *) status=3 ;; esac
	expect "fault $name" $status "$word" --allow-simulated --quote q
	[ "$word" != Invalid ] || { sed -n 2p out | grep -Eq '^[a-z-]+ .*'; ok "fault $name: a code and a sentence" $?; }
done < <("$bin/dci-sim" faults)
base=$url
url=$url/attestation/sgx/dcap/v1/report
expect "a URL with a path" 0 UpToDate --allow-simulated --quote quote
url=$base/
expect "a URL that ends in /" 0 UpToDate --allow-simulated --quote quote
url=$base
head -c 100 quote >short
expect "a quote cut short" 1 Invalid --allow-simulated --quote short
report --json --allow-simulated --quote quote
[ $? = 0 ] && [ "$(jq -r '.verdict, .report.status, .verifier.name' out | paste -sd' ')" = "Trusted UpToDate proxy-verifier" ]
ok "--json" $?

unasked() { # text, arguments
	local text=$1
	shift
	"$bin/dci" report "$@" >out 2>err
	local got=$?
	[ $got = 2 ] && [ ! -s out ] && [ -s err ]
	ok "$text" $?
}
R="--root state/ca/root.crt"
unasked "nobody listens" $R --quote quote --verifier http://127.0.0.1:9
unasked "no URL" $R --quote quote --verifier nonsense://x
unasked "a file URL" $R --quote quote --verifier "file://$work/quote"
unasked "another path" $R --quote quote --verifier "$url/elsewhere"
unasked "no verifier" $R --quote quote
unasked "no quote" $R --verifier "$url"
unasked "no root" --quote quote --verifier "$url"
unasked "unreadable quote" $R --quote nowhere --verifier "$url"
unasked "a nonce too long" $R --quote quote --verifier "$url" --nonce "$(printf 'x%.0s' {1..33})"

# the same answer by curl, in both forms
curl -s -D h -o b --json "{\"isvQuote\":\"$(base64 -w0 quote)\",\"nonce\":\"$N\"}" \
    "$url/attestation/sgx/dcap/v1/report"
trusted "curl -D and verify-report" --root state/ca/root.crt --allow-simulated \
    --nonce $N --quote quote --headers h b
curl -s -o j -H 'Accept: application/eat+jwt' -H 'Content-Type: application/json' \
    -d "{\"isvQuote\":\"$(base64 -w0 quote)\",\"nonce\":\"$N\"}" "$url/attestation/sgx/dcap/v1/report"
trusted "the verifier's token" --root state/ca/root.crt --allow-simulated \
    --nonce $N --quote quote --jwt j

echo "1..$count"
[ $failed = 0 ]
