#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci-sim pcs as curl, jq and openssl see it: every path, what it refuses, and
# what it gives verified by dci verify-quote.
. "$(dirname "$0")/../ops.sh"
. "$TOP/tests/pcs.sh"

# json_signed KEY: the body is {"KEY":...} and the first certificate of the
# chain has signed the bytes of that object.
json_signed() {
	local signature

	signature=$(jq -r .signature body) &&
	    sed -E 's/^\{"'"$1"'":(.*),"signature":"[0-9a-f]*"\}$/\1/' body |
	    tr -d '\n' >inner &&
	    openssl x509 -in chain.pem -noout -pubkey >signer.pub &&
	    openssl asn1parse -genconf <(echo asn1=SEQUENCE:s
		echo '[s]'
		echo "r=INTEGER:0x${signature:0:64}"
		echo "s=INTEGER:0x${signature:64}") -noout -out inner.sig &&
	    openssl dgst -sha256 -verify signer.pub -signature inner.sig inner
}
chain_verifies() {
	[ "$(grep -c BEGIN chain.pem)" = 2 ] &&
	    openssl verify -x509_strict -CAfile sim/root.crt \
	        -untrusted chain.pem chain.pem
}

pcs first
sgx=$URL/sgx/certification/v4 tdx=$URL/tdx/certification/v4

# What is there.
get TCB-Info-Issuer-Chain "$sgx/tcb?fmspc=53494D000001"
ok "SGX TCB info" eval '[ "$status" = 200 ] && json_signed tcbInfo &&
    [ "$(field .tcbInfo.id)" = SGX ] &&
    [ "$(field .tcbInfo.fmspc)" = 53494D000001 ]'
ok "its issuer chain" chain_verifies
equal "is JSON" application/json "$(header Content-Type)"
get TCB-Info-Issuer-Chain "$tdx/tcb?fmspc=53494d000001"
ok "TDX TCB info" eval '[ "$status" = 200 ] && json_signed tcbInfo &&
    chain_verifies && [ "$(field .tcbInfo.id)" = TDX ] &&
    [ "$(field ".tcbInfo.tcbLevels[0].tcb.tdxtcbcomponents | length")" = 16 ]'
get SGX-Enclave-Identity-Issuer-Chain "$sgx/qe/identity"
ok "QE identity" eval '[ "$status" = 200 ] && json_signed enclaveIdentity &&
    chain_verifies && [ "$(field .enclaveIdentity.id)" = QE ]'
get SGX-Enclave-Identity-Issuer-Chain "$tdx/qe/identity"
ok "TD QE identity" eval '[ "$status" = 200 ] &&
    json_signed enclaveIdentity && chain_verifies &&
    [ "$(field .enclaveIdentity.id)" = TD_QE ]'
for tee in sgx tdx; do
	get TCB-Evaluation-Data-Numbers-Issuer-Chain \
	    "$URL/$tee/certification/v4/tcbevaluationdatanumbers"
	ok "evaluation numbers, $tee" eval '[ "$status" = 200 ] &&
	    json_signed tcbEvaluationDataNumbers && chain_verifies &&
	    [ "$(field ".[].tcbEvalNumbers[0].tcbEvaluationDataNumber" \
	        2>/dev/null | head -n 1)" = 17 ]'
done
for ca in processor platform; do
	get SGX-PCK-CRL-Issuer-Chain "$sgx/pckcrl?ca=$ca"
	ok "CRL of the $ca CA, PEM" eval 'crl_verifies pem $ca && chain_verifies'
	get SGX-PCK-CRL-Issuer-Chain "$sgx/pckcrl?ca=$ca&encoding=der"
	ok "CRL of the $ca CA, DER" eval 'crl_verifies der $ca && chain_verifies'
done
get "" "$URL/IntelSGXRootCA.der"
cp sim/root.crt chain.pem
ok "root CRL, DER" crl_verifies der Root
cp body root.der
get "" "$sgx/rootcacrl"
xxd -r -p body root2.der
ok "root CRL as PCCS has it, hex" eval '! cmp root.der body &&
    openssl crl -inform der -in root2.der -noout'
point() { # FILE: the distribution point of a certificate
	openssl x509 -in "$1" -noout -ext crlDistributionPoints |
	    sed -n 's/.*URI://p'
}
get "" -G --data-urlencode "uri=$(point sim/root.crt)" "$sgx/crl"
cp sim/root.crt chain.pem
ok "root CRL by its distribution point" crl_verifies der Root
get "" -G --data-urlencode "uri=$(point sim/pck_chain.pem)" "$sgx/crl"
ok "PCK CRL by its distribution point" eval '
    openssl crl -inform der -in body -issuer -noout | grep "Platform CA"'
pck="encrypted_ppid=$(printf '%0768d' 0)&cpusvn=$(printf '%032d' 0)"
get SGX-PCK-Certificate-Issuer-Chain "$sgx/pckcert?$pck&pcesvn=0d00&pceid=0000"
ok "PCK certificate" eval 'openssl verify -CAfile sim/root.crt \
    -untrusted chain.pem body && [ "$(header SGX-FMSPC)" = 53494d000001 ] &&
    [ "$(header SGX-PCK-Certificate-CA-Type)" = platform ] &&
    [ "$(header SGX-TCBm)" = 0c0c0303ffff010000000000000000000d00 ]'

# What is not.
refuses() { # STATUS CURL'S-ARGUMENTS...
	local wanted=$1

	shift
	get "" "$@"
	ok "$wanted for ${*//$URL/}" eval '[ "$status" = '"$wanted"' ] &&
	    [ ! -s body ] && [ -n "$(header Error-Message)" ]'
}
refuses 404 "$sgx/qve/identity"
refuses 404 "$sgx/tcb/"
refuses 404 "$URL/"
refuses 404 "$sgx/tcb?fmspc=53494D000002"
refuses 404 "$tdx/tcb?fmspc=53494D000002"
refuses 400 "$sgx/tcb"
refuses 400 "$sgx/tcb?fmspc="
refuses 400 "$sgx/tcb?fmspc=53494D00000"
refuses 400 "$sgx/tcb?fmspc=53494D00000G"
refuses 400 "$sgx/tcb?fmspc=53494D000001&update=late"
refuses 400 "$sgx/tcb?fmspc=53494D000001&tcbEvaluationDataNumber=x"
refuses 400 \
    "$sgx/tcb?fmspc=53494D000001&update=early&tcbEvaluationDataNumber=17"
refuses 400 "$tdx/qe/identity?update=standard&tcbEvaluationDataNumber=17"
refuses 410 "$sgx/tcb?fmspc=53494D000001&tcbEvaluationDataNumber=16"
refuses 410 "$sgx/qe/identity?tcbEvaluationDataNumber=1"
refuses 404 "$sgx/tcb?fmspc=53494D000001&tcbEvaluationDataNumber=18"
refuses 400 "$sgx/pckcrl"
refuses 400 "$sgx/pckcrl?ca=root"
refuses 400 "$sgx/pckcrl?ca=platform&encoding=hex"
refuses 400 "$sgx/crl"
refuses 404 "$sgx/crl?uri=https://elsewhere.invalid/x.der"
refuses 400 "$sgx/pckcert?pceid=0000"
refuses 405 -d x=y "$sgx/qe/identity"
get "" "$sgx/qe/identity?tcbEvaluationDataNumber=17"
equal "the number that is in force" 200 "$status"
said "each request is a line of the log" \
    'event=request method=GET uri=.*status=200 document=pckcrl' "$LOG"
said "with the reason, if it is refused" \
    'status=404 document=tcb reason="no such FMSPC"' "$LOG"

# What it gives is collateral for the platform's quotes.
fetch fetched 53494d000001 platform
"$BIN/dci-sim" quote sim >quote.bin
dci verify-quote --collateral fetched --root sim/root.crt quote.bin
ok "collateral that was fetched verifies a quote" eval \
    'ended 0 && says "^UpToDate"'
pcs_stop INT
ok "it ends with 0 when it is interrupted" test "$STATUS" = 0

# PCCS.
pcs caching --pccs
sgx=$URL/sgx/certification/v4
for encoding in "" "&encoding=pem"; do
	get SGX-PCK-CRL-Issuer-Chain "$sgx/pckcrl?ca=platform$encoding"
	ok "PCCS: hex for '$encoding'" eval 'grep -qE "^[0-9a-f]+\$" body &&
	    xxd -r -p body >body.der && mv body.der body &&
	    crl_verifies der platform &&
	    [ "$(header Content-Type)" = application/x-pem-file ]'
done
get SGX-PCK-CRL-Issuer-Chain "$sgx/pckcrl?ca=platform&encoding=der"
ok "PCCS: DER for DER" crl_verifies der platform
pcs_stop TERM
ok "it ends with 0 when it is terminated" test "$STATUS" = 0

# The command line.
bad() { # ARGUMENT...
	run "$BIN/dci-sim" pcs "$@"
	ok "refused: dci-sim pcs $*" eval 'ended 2 && complains "^dci-sim: "'
}
bad
bad nowhere
bad --listen here sim
bad --listen 127.0.0.1 sim
bad --listen 127.0.0.1:99999 sim
bad --listen 127.0.0.1:0 sim another
bad --nonsense sim
bad --fmspc 53494D sim
bad --window 0s sim
bad --window soon sim
bad --time yesterday sim
bad --recovery 2026-13-01T00:00:00Z sim
bad --recovery-qe sim
bad --fault nonsense sim
bad --fault 404:nonsense sim
bad --fault 404:tcb:0 sim
bad --fault close=1 sim
bad --fault slow=x sim
bad --tls ssl/server.crt
bad --tls ssl/server.crt ssl/ca.key sim
finish
