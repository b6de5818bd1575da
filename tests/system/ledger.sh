#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What was issued and refused is in the ledger, and the chain is one that others
# accept.
. "$(dirname "$0")/../lib.sh"

ledger() { "$BIN/dci" ledger "$@" -s "$STATE"; }

exits 2 "dci ledger before there is one: exit 2" "$BIN/dci" ledger list -s nothing
issuer main || exit 1
check "an empty ledger" ledger list
equal "... has no lines" 0 "$(wc -l <out)"

serials=
for i in 1 2 3 4 5; do
	client "out$i" >/dev/null 2>&1
	serials+=" $(openssl x509 -in "out$i/delegation.crt" -noout -serial |
	    cut -d = -f 2)"
done
client p384 --key-type p384 >/dev/null 2>&1
serials+=" $(openssl x509 -in p384/delegation.crt -noout -serial |
    cut -d = -f 2)"
evidence a
old a -- tls request secret csr leaf:a.der close >/dev/null
serials+=" $(openssl x509 -inform der -in a.der -noout -serial | cut -d = -f 2)"
check "dci ledger list while the issuer runs" ledger list
cp out list
missing=0
for serial in $serials; do
	serial=$(printf '%32s' "${serial,,}" | tr ' ' 0)
	grep -q "kind=certificate serial=$serial " list || missing=1
	ledger show "${serial^^}" >shown && [ -s shown ] || missing=1
done
equal "each certificate is in the list, and can be shown" 0 "$missing"
equal "seven certificates" 7 "$(grep -c kind=certificate list)"
equal "seven secrets" 7 "$(grep -c kind=secret list)"
equal "each serial is another" 7 \
    "$(tr ' ' '\n' <<<"$serials" | grep . | sort -u | wc -l)"
equal "newest last" "$(sort -t = -k 2 -n list | cut -d ' ' -f 1)" \
    "$(cut -d ' ' -f 1 list)"
equal "with the binding: six by evidence, one by channel" "6 1" \
    "$(grep kind=cert list | grep -c binding=evidence) $(grep kind=cert list |
	grep -c binding=channel)"
equal "the assurance is simulated, everywhere" 14 \
    "$(grep -c assurance=simulated list)"
if command -v jq >/dev/null; then
	ledger list --json >json
	equal "--json: an object a line" 14 "$(jq -r .serial json | wc -l)"
else
	skip "--json: an object a line" "no jq"
fi

# --- refusals --------------------------------------------------------------------

evidence bad --mrenclave "$OTHER"
evidence debug --debug
listed() { ledger refusals | grep -q " code=$1 "; }
old bad -- tls request secret >/dev/null 2>&1
check "a refusal can be read within a second" wait_for 1 listed \
    mrenclave-not-allowed
old debug -- tls request secret >/dev/null 2>&1
check "... and the next" wait_for 1 listed debug-not-allowed
old a -- tls request secret >/dev/null 2>&1
check "... evidence-reused" wait_for 1 listed evidence-reused
evidence b
old b -- tls text:GARBAGEGARBAGEGARBAGEGARBAGEGARBAGEG leaf >/dev/null 2>&1
check "... of the worker" wait_for 1 listed request-malformed
old b -- tls request secret length:-1 leaf >/dev/null 2>&1
check "... of the CSR's length" wait_for 1 listed frame-length
ledger refusals >refusals
equal "a line for each" 5 "$(wc -l <refusals)"
equal "... with the peer's address" 5 "$(grep -c 'peer=127.0.0.1:[0-9]' refusals)"
equal "newest last" "$(sort -t = -k 2 -n refusals | cut -d ' ' -f 1)" \
    "$(cut -d ' ' -f 1 refusals)"
for i in $(seq 70); do
	old bad -- tls request secret >/dev/null 2>&1
done
sleep 1
ledger refusals | grep code=mrenclave-not-allowed >many
if [ "$(wc -l <many)" -lt 71 ] &&
    [ "$(sed 's/.* count=\([0-9]*\) .*/\1/' many |
	awk '{ n += $1 } END { print n }')" = 71 ]; then
	pass "above 60 a minute they are folded, and none is lost"
else
	fail "above 60 a minute they are folded, and none is lost" \
	    "$(wc -l <many) lines
$(tail -n 3 many)"
fi
ledger list >list
equal "refusals are not in the list; secrets given before them are" "7 8" \
    "$(grep -c kind=certificate list) $(grep -c kind=secret list)"

# --- the chain -------------------------------------------------------------------------

verify() {
	openssl verify -x509_strict -CAfile "$STATE/ca/root.crt" \
	    -untrusted "$STATE/ca/issuing.crt" "$1"
}
openssl x509 -inform der -in a.der -out a.pem
check "openssl verify -x509_strict: P-256" verify out1/delegation.crt
check "openssl verify -x509_strict: P-384" verify p384/delegation.crt
check "openssl verify -x509_strict: of the original client" verify a.pem
if command -v certtool >/dev/null; then
	for leaf in out1/delegation.crt p384/delegation.crt a.pem; do
		cat "$leaf" "$STATE/ca/issuing.crt" >chain.pem
		check "certtool --verify: $leaf" certtool --verify \
		    --load-ca-certificate "$STATE/ca/root.crt" --infile chain.pem
	done
else
	skip "certtool --verify" "no certtool"
fi
openssl x509 -in out1/delegation.crt -noout -text >text
said "critical keyUsage digitalSignature" "Key Usage: critical" text
said "our EKU" "1.3.6.1.4.1.32473.1.1" text
said "SAN with the measurement" "URI:urn:dci:sgx:$MRENCLAVE" text
check "no basicConstraints in the leaf" sh -c "! grep -q 'Basic Constr' text"
said "24 hours" "." <(openssl x509 -in out1/delegation.crt -noout -checkend 86000)
check "... and no more" sh -c "
	! openssl x509 -in out1/delegation.crt -noout -checkend 86401"

issuer_stop
check "dci ledger works after the issuer has ended" ledger list
equal "... with the same rows" "$(cut -d ' ' -f 1 list | tail -n 1)" \
    "$(tail -n 1 out | cut -d ' ' -f 1)"

finish
