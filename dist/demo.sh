#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole story on a simulated platform. Usage: demo.sh FOLDER-WITH-PROGRAMS
# Everything happens in a temporary folder, which is removed at the end
# (KEEP=1 leaves it there).
set -u
bin=$(cd "$1" && pwd) || exit 2
top=$(pwd)
work=$(mktemp -d) || exit 2
issuer='' verifier=''
finish() {
	for pid in $verifier $issuer; do
		kill "$pid" && wait "$pid"
	done 2>/dev/null
	if [ -n "${KEEP:-}" ]; then
		echo "Kept: $work"
	else
		rm -rf "$work"
	fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$work" || exit 2
for name in $(env | sed -n 's/^\(RA_TLS_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done

bold='' plain=''
[ ! -t 1 ] || bold=$(tput bold 2>/dev/null) plain=$(tput sgr0 2>/dev/null)
step=0
say() { step=$((step + 1)); printf '\n%s%d. %s%s\n' "$bold" $step "$1" "$plain"; }
show() { printf '   %s\n' "$@"; }
run() { # shows a command and its output, indented
	printf '   $ %s\n' "$(echo "$*" | sed 's/^client /dci-client --sim sim /')"
	"$@" 2>&1 | sed 's/^/     /'
	return "${PIPESTATUS[0]}"
}
die() {
	echo "The demo stopped here: $1" >&2
	[ ! -e issuer.log ] || tail -n 5 issuer.log >&2
	exit 1
}
PATH=$bin:$PATH

say "A simulated SGX platform: its own root, certificates, collateral"
run dci-sim init sim || die "no simulated platform"

say "The trusted party writes down which enclave it delegates to"
mrenclave=$(dci-sim quote sim | od -An -v -tx1 -j112 -N32 | tr -d ' \n')
cat >issuer.conf <<EOF
listen = "127.0.0.1:0"
state  = "state"
tls { certificate = "$top/ssl/server.crt"  key = "$top/ssl/server.key" }
enclave "proxy-verifier" {
    mrenclave = "$mrenclave"
    tcb       = {"UpToDate"}
    ttl       = "24h"
}
EOF
sed -n '/^enclave/,$p' issuer.conf | sed 's/^/     /'

say "and starts its Delegation Cert Issuer, which makes a CA at its first start"
dci-issuer -c issuer.conf --sim sim >issuer.log 2>&1 &
issuer=$!
for _ in $(seq 100); do
	port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' issuer.log)
	[ -z "$port" ] || break
	kill -0 "$issuer" 2>/dev/null || die "the issuer did not start"
	sleep 0.1
done
[ -n "$port" ] || die "the issuer did not start"
show "listening on port $port; its processes:"
ps -o pid=,user=,comm= --ppid "$issuer" | sed 's/^/     /'
client() { dci-client --issuer "localhost:$port" --ca "$top/ssl/ca.crt" --sim sim "$@"; }

say "A Proxy Verifier starts in its enclave: key, RA-TLS certificate with quote, CSR"
dci-verifier -l 127.0.0.1:0 --issuer "localhost:$port" \
    --ca "$top/ssl/ca.crt" --sim sim >verifier.log 2>&1 &
verifier=$!
for _ in $(seq 100); do
	! grep -q event=enrolled verifier.log || break
	kill -0 "$verifier" 2>/dev/null || die "the verifier did not start"
	sleep 0.1
done
grep -q event=enrolled verifier.log || die "the enrolment failed"
url=http://127.0.0.1:$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' verifier.log)
sed -n 's/.*\(event=enrolled.*\)/\1/p' verifier.log | sed 's/^/     /'

say "The ledger had it on disk before it left"
run dci ledger list

say "A relying party sends it a quote, and checks the signed result by the root alone"
dci-sim quote sim >quote.bin
post() {
	printf '{"isvQuote":"%s","nonce":"demo"}' "$(base64 -w0 quote.bin)" >request.json
	curl -s -D headers -o result.json --json @request.json \
	    "$url/attestation/sgx/dcap/v1/report"
}
post || die "the verifier does not answer"
check=(dci verify-report --root state/ca/root.crt --nonce demo --allow-simulated
    --headers headers result.json)
run "${check[@]}" | head -n 3
[ "${PIPESTATUS[0]}" = 0 ] || die "the result is not trusted"

say "A result that was changed on its way is refused"
sed 's/"isvQuoteStatus":"OK"/"isvQuoteStatus":"NO"/' result.json >changed.json
run "${check[@]/result.json/changed.json}" | head -n 3
[ "${PIPESTATUS[0]}" = 1 ] || die "a changed result was not refused"

say "Any program may enrol; OpenSSL, which knows nothing of us, checks the chain"
run client -o proxy || die "the enrolment failed"
run openssl verify -x509_strict -CAfile state/ca/root.crt \
    -untrusted state/ca/issuing.crt proxy/delegation.crt ||
	die "the chain does not verify"

say "An enclave that is not in the policy is refused, and told why"
run client --mrenclave "$(printf '0%.0s' {1..64})" -o forbidden
[ $? = 1 ] || die "a forbidden enclave was not refused"

say "An outdated quoting enclave is genuine, but not wanted here"
run client --fault qe-out-of-date -o outdated
[ $? = 1 ] || die "an outdated platform was not refused"

say "A quote with one changed byte is worth nothing"
printf '\377' | dd of=quote.bin bs=1 seek=120 conv=notrunc 2>/dev/null
run dci verify-quote --collateral sim/collateral --root sim/root.crt \
    quote.bin | head -n 3
[ "${PIPESTATUS[0]}" = 1 ] || die "a changed quote was not refused"

say "All refusals are on record"
sleep 1
run dci ledger refusals

kill "$verifier" && wait "$verifier"
[ $? = 0 ] || die "the verifier did not end well"
verifier=''
kill "$issuer" && wait "$issuer"
status=$?
issuer=''
[ $status = 0 ] || die "the issuer ended with $status"
cat <<EOF

${bold}What to try next${plain}
   The same by hand:      README.md, "Step by step on a simulated platform"
   Without our tools:     docs/check-by-hand.md, openssl and curl alone
   What can be wrong:     build/bin/dci-sim faults
   Look into things:      KEEP=1 make demo, then openssl x509 -text -in FOLDER/proxy/delegation.crt
   Your own policy:       dist/issuer.conf
   The tests:             make check
EOF
