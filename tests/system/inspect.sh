#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci inspect, dci collateral bundle, and the fields that dci-sim quote sets.
# EVERY: of faults and real documents every so many-th only (1).
# usage: inspect.sh [folder with the programs]
bin=$(cd "${1:-${BUILD:-build}/bin}" && pwd) || exit 2
tree=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
vectors=$(cd "$tree/../shared/vectors" 2>/dev/null ||
    cd "$tree/../../shared/vectors" 2>/dev/null && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
count=0 failed=0

ok() { # text, condition's status
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=$((failed + 1))
		sed 's/^/# /' out err 2>/dev/null | head -8
	fi
}

inspect() { "$bin/dci" inspect "$@" >out 2>err; }
has() { grep -qE -- "^ *$1\$" out; }
json() { # a condition in Python about r, in the output of --json
	python3 -c "import json,sys; r = json.load(open('out')); sys.exit(not ($1))"
}

"$bin/dci-sim" init sim >/dev/null && "$bin/dci-sim" quote sim 0102 >quote || exit 2

# Quotes.
inspect quote && [ ! -s err ] && head -1 out | grep -q '^A quote: raw, '; ok "a quote" $?
sed -n 2p out | grep -q 'NOTHING HERE IS VERIFIED'; ok "says that nothing is verified" $?
has 'mrenclave: aaa5aa2043f7d401699f9e9dbf517b677a715d450342ad871581bb5aa949c25a' &&
    has 'attribute_names: INIT, MODE64BIT' && has 'qe_svn: 8' && has 'pce_svn: 13' &&
    has 'report_data: 0102(0{124})' && has 'isv_prod_id: 1' &&
    has 'report_names_attestation_key: yes' && has 'fmspc: 53494d000001'
ok "with its fields, those of the QE, and the PCK certificate" $?
inspect --json quote && json 'r["kind"] == "quote" and r["verified"] is False and
    r["header"]["version"] == 3 and r["enclave"]["isv_svn"] == 1 and
    len(r["signature_data"]["certification_data"]["certificates"]) == 3'
ok "--json" $?
inspect - <quote && has 'tee: SGX'; ok "from standard input" $?
for v in 4 5; do
	"$bin/dci-sim" quote --version $v sim >q$v
	inspect --json q$v && json "r['header']['version'] == $v and
	    r['enclave']['mrenclave'][:4] == 'aaa5' and 'refused' not in r and
	    r['signature_data']['quoting_enclave']['isv_svn'] == 8"
	ok "a quote of version $v" $?
done
"$bin/dci-sim" quote --version 4 --header-tee-type 129 sim >tdx
inspect tdx && has 'tee: TDX' && grep -q '^trust_domain' out && ! grep -q mrenclave: <(sed '/^signature_data/,$d' out)
ok "a quote of a trust domain is not read as an enclave's" $?
for n in 8 40 48 100 432 440 1000 2000 4000; do
	head -c $n quote >cut
	inspect cut && grep -q 'cut_short\|refused' out || break
done
[ $n = 4000 ]; ok "cut short anywhere: what there is" $?
od -An -v -tx1 quote >quote.hex && inspect quote.hex && head -1 out | grep -q 'raw in hex' && has 'isv_svn: 1'
ok "in hex" $?
base64 quote >quote.b64 && inspect quote.b64 && head -1 out | grep -q 'raw in base64' && has 'isv_svn: 1'
ok "in base64" $?

# Fields that dci-sim sets.
set_field() { # member of the header or of a report, value, options
	local member=$1 value=$2
	shift 2
	"$bin/dci-sim" quote "$@" sim >quote2 && inspect quote2 && has "$member: $value"
	ok "dci-sim quote $1: $member is $value" $?
}
set_field qe_svn 77 --header-qe-svn 77
set_field pce_svn 12345 --header-pce-svn 12345
set_field user_data "$(printf '5a%.0s' {1..20})" --user-data "$(printf '5a%.0s' {1..20})"
set_field cpusvn "$(printf '1b%.0s' {1..16})" --cpusvn "$(printf '1b%.0s' {1..16})"
set_field miscselect 1 --miscselect 1
set_field attribute_names 'INIT, MODE64BIT, KSS' --flags 8500000000000000
set_field xfrm e702060000000000 --xfrm e702060000000000
set_field config_svn 0700 --config-svn 7
set_field isv_svn 3 --qe-isv-svn 3
set_field mrsigner "$(printf '4d%.0s' {1..32})" --qe-mrsigner "$(printf '4d%.0s' {1..32})"
"$bin/dci-sim" quote --qe-isv-svn 6 sim |
    "$bin/dci" verify-quote --collateral sim/collateral --root sim/root.crt - >out 2>err
[ $? = 3 ] && grep -q '^OutOfDate' out; ok "a changed QE is signed as it is" $?
"$bin/dci-sim" quote --user-data "$(printf '5a%.0s' {1..20})" --flags 0700000000000000 sim |
    "$bin/dci" verify-quote --collateral sim/collateral --root sim/root.crt - >out 2>err
[ $? = 0 ] && grep -q 'a debug enclave' out; ok "and a changed enclave" $?
"$bin/dci-sim" quote --qe-isv-svn 65536 sim >out 2>err; [ $? = 2 ] && [ ! -s out ]
ok "a number that is too large" $?
"$bin/dci-sim" quote --xfrm 00 sim >out 2>err; [ $? = 2 ] && grep -q '16 hex digits' err
ok "hex digits that are too few" $?
"$bin/dci-sim" --help >out 2>err && grep -q -- '--qe-mrsigner HEX' out; ok "--help has them" $?

# Certificates, requests, lists.
"$tree/dist/tls-identity.sh" ssl >/dev/null 2>&1 || exit 2
RA_TLS_MRENCLAVE=any RA_TLS_MRSIGNER=any RA_TLS_ISV_PROD_ID=any RA_TLS_ISV_SVN=any \
    "$bin/dci-issuer" --sim sim -l 127.0.0.1:0 -s state 2>err &
daemon=$!
for i in $(seq 100); do
	grep -q event=listening err && break
	sleep 0.1
done
port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' err)
"$bin/dci-client" --issuer "localhost:$port" --sim sim --isv-svn 9 -o got >out 2>&1
status=$?
"$bin/dci" ledger show -s state 2 --json >entry 2>/dev/null
kill $daemon
wait $daemon
[ $status = 0 ] || exit 2
inspect got/delegation.crt && head -1 out | grep -q '^A delegation certificate: PEM' &&
    has 'delegates: .*' && has 'isv_svn: 9' && has 'assurance: simulated' &&
    has 'policy_and_assurance_agree: yes' && has 'binding: evidence' &&
    has 'evidence_digest: [0-9a-f]{64}' && has 'policy_digest: [0-9a-f]{64}' &&
    has 'not_after: 20.*Z' && has 'mrsigner: [0-9a-f]{64}'
ok "a delegation certificate: what, whose, on what evidence" $?
openssl x509 -in got/delegation.crt -outform DER >d.der && inspect --json d.der &&
    json 'r["kind"] == "delegation-certificate" and r["form"] == "DER" and
    r["delegation"]["enclave"]["isv_svn"] == 9'
ok "in DER, --json" $?
# The policy's number ends in .3 for simulated: .1 would be hardware.
python3 - <<'P'
der = open("d.der", "rb").read()
oid = bytes.fromhex("2b0601040181fd590203")
assert der.count(oid) == 1, der.count(oid)
open("lie.der", "wb").write(der.replace(oid, oid[:-1] + b"\x01"))
P
inspect lie.der && has 'policy_and_assurance_agree: no' && has 'code: delegation-assurance'
ok "one whose policy and assurance disagree" $?
inspect got/chain.crt && head -1 out | grep -q '^Certificates: PEM' && grep -q 'certificates\[2\]' out
ok "a chain" $?
inspect got/delegation.key && has 'note: a secret: not shown' &&
    ! grep -qF "$(sed -n 2p got/delegation.key | cut -c1-20)" out
ok "a private key is not shown" $?
openssl req -new -key got/delegation.key -subj /CN=proxy -out csr.pem 2>/dev/null
inspect csr.pem && head -1 out | grep -q '^A certificate request' && has 'subject: CN=proxy' &&
    has 'acceptable_to_issuer: yes'
ok "a certificate request" $?
inspect sim/faults/revoked-pck/pck_crl.der && head -1 out | grep -q 'revocation list: DER' &&
    has 'next_update: 20.*' && grep -q 'revoked\[1\]' out
ok "a revocation list" $?
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.crt -days 1 \
    -subj $'/CN=evil\e[31m\xc3\xa4' -utf8 2>/dev/null
inspect rsa.crt && head -1 out | grep -q '^A certificate: PEM' && has 'bits: 2048' &&
    ! grep -qP '[^\x20-\x7e]' out
ok "any certificate; hostile text is tamed" $?
if [ -n "$vectors" ]; then
	inspect "$vectors/ratls/gramine.der" && head -1 out | grep -q '^An RA-TLS certificate' &&
	    has 'source: dice' && has 'bound_to_quote: yes' && has 'name: pubkey-hash' &&
	    has 'attribute_names: INIT, DEBUG, MODE64BIT'
	ok "an RA-TLS certificate: evidence, claims, binding and the quote inside" $?
	inspect "$vectors/ratls/intel-sgxsdk.der" && head -1 out | grep -q '^An RA-TLS'
	ok "one with another number for its quote" $?
	bad=
	for f in $(ls "$vectors"/pool/*/[0369c]* | sed -n "1~${EVERY:-1}p"); do
		inspect --json "$f" || bad="$bad $f"
		cat out >>all
	done
	bad=$bad$(python3 - <<-'P'
		import json
		text, read = open("all").read(), json.JSONDecoder().raw_decode
		at = 0
		while text[at:].strip():
		    r, at = read(text, at)
		    at += len(text[at:]) - len(text[at:].lstrip())
		    if r["kind"] == "unknown" or "malformed" in r:
		        print(" ", r)
	P
	)
	[ -s all ] && [ -z "$bad" ]; ok "everything genuine is recognised$bad" $?
fi

# Collateral.
inspect sim/collateral/tcb_info.json && head -1 out | grep -q '^A TCB info: JSON' &&
    has 'fmspc: 53494d000001' && has 'category: BIOS' && has 'status: Revoked' && has '- INTEL-SA-00615'
ok "TCB info" $?
inspect sim/collateral/qe_identity.json && has 'id: QE' && has 'isv_svn: 8'; ok "QE identity" $?
"$bin/dci" collateral bundle sim/collateral -o bundle.json >out 2>err && [ ! -s out ]
ok "a bundle is written" $?
inspect bundle.json && head -1 out | grep -q '^A bundle of collateral' && grep -q '^root_ca_crl' out &&
    has 'fmspc: 53494d000001'
ok "and inspected" $?
"$bin/dci" collateral bundle bundle.json -o - | cmp -s - bundle.json; ok "again: the same" $?
"$bin/dci-sim" faults | sed -n "1~${EVERY:-1}p" >faults
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
while IFS=$'\t' read -r name _ where _; do
	folder=sim/collateral
	[ "$where" = quote ] || folder=sim/faults/$name
	"$bin/dci-sim" quote --fault "$name" sim >bad 2>/dev/null
	"$bin/dci" collateral bundle "$folder" -o b.json >out 2>err || break
	for form in "" --json; do
		# shellcheck disable=SC2086
		"$bin/dci" verify-quote --root sim/root.crt --time "$now" $form \
		    --collateral "$folder" bad >from-folder
		first=$?
		# shellcheck disable=SC2086
		"$bin/dci" verify-quote --root sim/root.crt --time "$now" $form \
		    --collateral b.json bad >out
		[ $? = $first ] && cmp -s out from-folder || break 2
	done
	ok "fault $name: verdict and record are those of the folder" 0
	tested=$((tested + 1))
done <faults
[ "$tested" = "$(wc -l <faults)" ]; ok "all faults" $?
for arguments in "" "bundle" "bundle sim/collateral" "bundle -o x" "nothing" \
    "bundle nowhere -o x" "bundle quote -o x" "bundle --what"; do
	# shellcheck disable=SC2086
	"$bin/dci" collateral $arguments >out 2>err
	[ $? = 2 ] && [ ! -s out ] && [ -s err ]; ok "dci collateral $arguments: exit 2" $?
done

# Not recognised, usage.
for text in "" "hello" "{}" "[1]" "-----BEGIN " "3000" "00000000"; do
	printf %s "$text" | "$bin/dci" inspect - >out 2>err
	[ $? = 1 ] && grep -q 'NOTHING HERE IS VERIFIED' out; ok "'$text': exit 1" $?
done
printf 'x\e[31m' | "$bin/dci" inspect --json - >out 2>err
[ $? = 1 ] && json 'r["kind"] == "unknown" and r["begins_with"] == "x\\x1b[31m"'
ok "--json, too" $?
for arguments in "" "nowhere" "quote quote" "--what quote" "."; do
	# shellcheck disable=SC2086
	inspect $arguments
	[ $? = 2 ] && [ ! -s out ] && [ -s err ]; ok "inspect $arguments: exit 2" $?
done
inspect --help && grep -q '^Usage: dci inspect' out; ok "--help" $?

echo "1..$count"
[ $failed = 0 ]
