#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What RA-TLS certificates may look like, and what refuses the others.
. "$(dirname "$0")/../lib.sh"

issuer plain || exit 1

# accepted TEXT BINDING [OPTION...]
accepted() {
	local text=$1 binding=$2

	shift 2
	evidence a "$@"
	mark
	old a -- tls request secret ${CSR:-csr} leaf close >out 2>&1
	if wait_for 3 logged "certificate-issued .*binding=$binding "; then
		pass "$text: accepted, binding $binding"
	else
		fail "$text: accepted, binding $binding" "$(cat out; since)"
	fi
}

# rejected TEXT CODE [OPTION...]: before a secret is given.
rejected() {
	local text=$1 code=$2

	shift 2
	evidence a "$@"
	refused "$text" "$code" old a -- tls request secret
}

accepted "legacy only, Gramine's malformed OID" channel --legacy
accepted "legacy only, the well-formed OID" channel --proper-oid
accepted "DICE only" channel --dice
accepted "both, Gramine 1.8 and later" channel
accepted "P-256 key" channel --p256
accepted "claims of others" channel --dice --variant extra-claims
accepted "DICE is preferred: legacy for another key" channel \
    --variant legacy-other-key
# The record of the last certificate says what became of the other evidence.
legacy() {
	"$BIN/dci" ledger list --json -s "$STATE" | tail -n 1 | jq -r .serial |
	    xargs "$BIN/dci" ledger show --json -s "$STATE" |
	    jq -r '.record.checks[] | select(.check == "legacy-evidence") |
		.outcome'
}
equal "... which the record calls skipped" skipped "$(legacy)"
row "DICE bound to the key, legacy for another key" accepted \
    "The record calls the legacy evidence skipped."
accepted "DICE marked critical" channel --variant dice-critical

accepted "a certificate of 60 KB" channel --variant large

rejected "a certificate of far more than 64 KiB" certificate-too-large \
    --variant too-large
accepted "a certificate of 64 KiB" channel --size 65536
equal "... has that size" 65536 "$(openssl x509 -in a.crt -outform der | wc -c)"
rejected "a certificate of 64 KiB and one byte" certificate-too-large \
    --size 65537
rejected "legacy only, for another key" evidence-not-bound --legacy \
    --variant legacy-other-key
rejected "DICE for another key, legacy good" pubkey-hash-mismatch \
    --variant dice-other-key
rejected "DICE over other claims, legacy good" evidence-not-bound \
    --variant dice-other-claims
rejected "DICE without pubkey-hash, legacy good" pubkey-hash-missing \
    --variant no-pubkey-hash
rejected "DICE garbage, legacy good" evidence-malformed --variant dice-garbage
rejected "DICE cut, legacy good" evidence-malformed --variant dice-truncated
rejected "DICE with a byte too many" evidence-malformed --variant dice-trailing
rejected "DICE in another tag" evidence-tag-unsupported --variant dice-tag
rejected "DICE of indefinite length" evidence-malformed \
    --variant dice-indefinite
rejected "DICE twice" tls-certificate-malformed --dice --variant dice-twice
rejected "legacy twice" tls-certificate-malformed --legacy \
    --variant legacy-twice
rejected "legacy under both OIDs" evidence-duplicate --legacy \
    --variant legacy-both
rejected "DICE alone, quote over other claims" evidence-not-bound --dice \
    --variant dice-other-claims
rejected "DICE alone, no pubkey-hash" pubkey-hash-missing --dice --variant no-pubkey-hash
rejected "DICE alone, two pubkey-hashes" pubkey-hash-duplicate --dice \
    --variant two-pubkey-hashes
rejected "DICE alone, pubkey-hash with hash id 2" pubkey-hash-algorithm --dice --variant hash-id-2
rejected "report data with a tail" report-data-not-zero --legacy \
    --variant report-data-tail
rejected "an RA-TLS certificate without evidence" no-evidence --variant no-evidence
rejected "an empty quote" evidence-no-quote --legacy --variant legacy-empty
rejected "a quote of 16 KiB and a byte" evidence-too-large --legacy \
    --variant legacy-large
rejected "a quote of garbage" "quote-[a-z-]*" --legacy --variant quote-garbage
rejected "a quote that is cut" quote-malformed --legacy --variant quote-short
# OpenSSL shows no certificate where it was not asked for RSA, mbedTLS does.
rejected "an RSA key, not shown by OpenSSL" no-client-certificate --rsa
said "... and the reason names what to do" \
    "code=no-client-certificate .*upgrade Gramine to 1.4" "$LOG"
for tls in 2 3; do
	evidence a --rsa
	refused "an RSA key that is shown nevertheless, TLS 1.$tls" \
	    tls-key-rsa old a "-$tls" -R -- tls request secret
	evidence a --p521
	refused "a P-521 key, TLS 1.$tls" tls-key-curve \
	    old a "-$tls" -- tls request secret
done
rejected "a P-521 key" tls-key-curve --p521

# Evidence binding.
for kind in P-256 P-384; do
	openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$kind" \
	    -out csr.key 2>/dev/null
	CSR=csr:csr.key accepted "dci-csr-key, a $kind key" evidence \
	    --csr-key csr.key
done
accepted_other() { old a -- tls request secret csr leaf; }
evidence a --csr-key csr.key
refused "dci-csr-key and a CSR for another key" \
    csr-key-not-attested accepted_other
evidence a --csr-key csr.key --variant csr-key-other
refused "dci-csr-key for another key than the CSR's" \
    csr-key-not-attested old a -- tls request secret csr:csr.key leaf
CSR= rejected "dci-csr-key malformed" csr-key-malformed --csr-key csr.key \
    --variant csr-key-malformed
rejected "dci-csr-key twice" csr-key-duplicate --csr-key csr.key \
    --variant two-csr-keys

# Quotes.
while IFS=$'\t' read -r name verdict place _; do
	[ "$place" = quote ] || continue
	evidence a --fault "$name" || continue
	case $verdict in
	UpToDate)
		[ "$name" = debug ] || continue
		LIST=no refused "quote with fault $name" \
		    debug-not-allowed old a -- tls request secret
		;;
	Invalid | Revoked)
		LIST=no refused "quote with fault $name ($verdict)" "[a-z0-9-]*" \
		    old a -- tls request secret
		;;
	*)
		LIST=no refused "quote with fault $name ($verdict)" \
		    tcb-status-not-allowed old a -- tls request secret
		;;
	esac
done < <("$BIN/dci-sim" faults)

# Use and re-use.
evidence a
check "evidence that got a certificate" old a -- tls request secret csr leaf close
refused "evidence that got a certificate before: no secret either" evidence-reused \
    old a -- tls request secret
evidence a
for how in "tls abort" "tls request secret close" "tls request secret abort" \
    "tls request secret csr-part:20 abort" "tls request secret reset"; do
	# shellcheck disable=SC2086
	old a -- $how >out 2>&1
done
check "connections that ended before the commit burn nothing" \
    old a -- tls request secret csr leaf close
evidence a
mark
old a -- tls request secret sleep:0.5 csr leaf >first 2>&1 &
one=$!
old a -- tls request secret sleep:0.5 csr leaf >second 2>&1 &
two=$!
wait "$one" "$two"
equal "two at once on the same evidence: one certificate" 1 \
    "$(cat first second | grep -c ^leaf=)"
wait_for 2 logged code=evidence-reused
equal "... and one refusal" 1 "$(since | grep -c code=evidence-reused)"

# The same evidence for the secret alone, again and again.
secrets() { # HOW-MANY-TIMES: how many were released
	local n=0 i

	for i in $(seq "$1"); do
		old a -- tls request secret close >out 2>&1 && n=$((n + 1))
	done
	echo $n
}
evidence a
equal "the secret is released on the same evidence" 60 "$(secrets 60)"
issuer_stop
issuer plain || exit 1
equal "... 100 times, restarts or not" 40 "$(secrets 40)"
refused "evidence on which the secret was released 100 times" \
    secret-released-too-often old a -- tls request secret
evidence a
check "new evidence is served" old a -- tls request secret csr leaf close

finish
