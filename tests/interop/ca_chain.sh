#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Our certificates in the eyes of others: OpenSSL, GnuTLS, python3-cryptography.
# TAP on stdout.  BUILD: the build folder (default: build).
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
make -s BUILD="$BUILD" "$BUILD/interop/ca_leaf" >&2 || exit 2
leaf=$PWD/$BUILD/interop/ca_leaf
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 2

count=0 failed=0
# check NAME COMMAND...: the command succeeds; its output is shown if not
check() {
	name=$1; shift
	count=$((count + 1))
	if out=$("$@" 2>&1); then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		echo "$out" | sed 's/^/# /' | head -n 40
		failed=$((failed + 1))
	fi
}
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}
refuse() { ! "$@"; }
same() { [ "$1" = "$2" ] || { echo "got '$1', expected '$2'"; return 1; }; }
text_has() { openssl x509 -in "$1" -noout -text | grep -qF -- "$2"; }

# hex FROM: 32 octets counted up from FROM, upper case as asn1parse prints
hex() {
	i=0
	while [ $i -lt 32 ]; do printf %02X $(($1 + i)); i=$((i + 1)); done
}

# extension FILE OID: the DER of an extension's value in ext.der
extension() {
	at=$(openssl asn1parse -in "$1" | grep -A2 ":$2\$" |
	    grep 'OCTET STRING' | head -n 1 | cut -d: -f1)
	openssl asn1parse -in "$1" -strparse "$at" -noout -out ext.der
}

# fields: type and value of each primitive of ext.der, one a line
fields() {
	openssl asn1parse -inform DER -in ext.der |
	    sed -n 's/.*prim: *//p' | sed 's/ *\[HEX DUMP\]:/ /; s/ *:/ /; s/ *$//'
}

# --- requests, made by openssl req ---

key() {
	case $1 in
	RSA) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 ;;
	ED25519) openssl genpkey -algorithm ED25519 ;;
	*) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$1 ;;
	esac 2>/dev/null >"$1.key"
}
request() { # KEY DIGEST FILE
	openssl req -new -key "$1.key" "-$2" -subj '/C=DE/O=Somebody/CN=x' \
	    -addext 'subjectAltName=DNS:evil.example' \
	    -addext 'basicConstraints=critical,CA:TRUE' \
	    -outform DER -out "$3" 2>/dev/null
}
for k in P-256 P-384 P-521 RSA ED25519; do
	key $k
	for d in sha256 sha384 sha512 sha1 sha3-256; do
		request $k $d "$k.$d.csr"
		case $k.$d in
		P-256.sha1 | P-384.sha1 | *.sha3-256)
			want=csr-algorithm-unsupported ;;
		P-256.* | P-384.*) want=ok ;;
		esac
		case $k in P-521 | RSA | ED25519) want=csr-key-unsupported ;; esac
		check "request $k $d: $want" same \
		    "$("$leaf" csr "$k.$d.csr" 2>/dev/null)" "$want"
	done
done
openssl req -inform DER -in P-256.sha256.csr -out pem.csr
check "request in PEM: csr-malformed" same \
    "$("$leaf" csr pem.csr 2>/dev/null)" csr-malformed
: >empty.csr
check "empty request: csr-malformed" same \
    "$("$leaf" csr empty.csr 2>/dev/null)" csr-malformed

# --- CAs ---

for kind in real simulated; do
	check "$kind CA is made" "$leaf" create "$kind" "$kind"
	check "$kind root is self-signed and strict" openssl verify \
	    -x509_strict -check_ss_sig -CAfile $kind/root.crt $kind/root.crt
	check "$kind issuing CA verifies strictly" openssl verify \
	    -x509_strict -CAfile $kind/root.crt $kind/issuing.crt
	for c in root issuing; do
		check "$kind $c: serial has 32 hex digits" same \
		    "$(openssl x509 -in $kind/$c.crt -noout -serial |
			sed 's/serial=//' | tr -d '\n' | wc -c)" 32
	done
	check "$kind keys are PKCS#8" grep -q 'BEGIN PRIVATE KEY' \
	    $kind/root.key $kind/issuing.key
	check "$kind root key belongs to the root" same \
	    "$(openssl pkey -in $kind/root.key -pubout)" \
	    "$(openssl x509 -in $kind/root.crt -noout -pubkey)"
done
check "simulated subjects say so" same "$(openssl x509 -in simulated/root.crt \
    -noout -subject -nameopt multiline | grep -c ' = SIMULATED ')" 2
check "real subjects do not" refuse text_has real/issuing.crt SIMULATED
check "root: path length 1" text_has real/root.crt 'CA:TRUE, pathlen:1'
check "issuing: path length 0" text_has real/issuing.crt 'CA:TRUE, pathlen:0'
check "issuing: any policy" text_has real/issuing.crt 'X509v3 Any Policy'

# --- leaves ---

ARC=1.3.6.1.4.1.32473
POLICY=1
svn=515
for curve in P-256 P-384; do
    for assurance in 0 1 2; do
	binding=$((assurance % 2)) tee=$((assurance == 2 ? 129 : 0))
	n="$curve assurance $assurance"
	f=$curve.$assurance
	check "$n: issued" "$leaf" issue real $curve.sha256.csr $f.der \
	    $assurance $binding $tee $svn
	openssl x509 -inform DER -in $f.der -out $f.crt
	POLICY=$ARC.2.$((assurance + 1))
	check "$n: openssl verify -x509_strict" openssl verify -x509_strict \
	    -CAfile real/root.crt -untrusted real/issuing.crt $f.crt
	check "$n: and with its policy demanded" openssl verify \
	    -x509_strict -policy_check -explicit_policy -policy $POLICY \
	    -CAfile real/root.crt -untrusted real/issuing.crt $f.crt
	check "$n: not with another policy" refuse openssl verify \
	    -policy_check -explicit_policy -policy $ARC.2.9 \
	    -CAfile real/root.crt -untrusted real/issuing.crt $f.crt
	check "$n: not with the other root" refuse openssl verify \
	    -CAfile simulated/root.crt -untrusted real/issuing.crt $f.crt
	check "$n: no TLS server" refuse openssl verify -purpose sslserver \
	    -CAfile real/root.crt -untrusted real/issuing.crt $f.crt
	if command -v certtool >/dev/null; then
		cat $f.crt real/issuing.crt real/root.crt >$f.chain
		check "$n: certtool --verify-chain" certtool --verify-chain \
		    --infile $f.chain
		cat $f.crt real/issuing.crt >$f.two
		check "$n: certtool --verify" certtool --verify \
		    --load-ca-certificate real/root.crt --infile $f.two
	else
		skip "$n: certtool" "gnutls-bin is missing"
	fi
	check "$n: the key is the request's" same \
	    "$(openssl x509 -in $f.crt -noout -pubkey)" \
	    "$(openssl pkey -in $curve.key -pubout)"
	check "$n: subject is the entry's name only" same \
	    "$(openssl x509 -in $f.crt -noout -subject)" \
	    'subject=CN = proxy-verifier'
	tee_name=$([ $tee = 0 ] && echo sgx || echo tdx)
	uri="URI:urn:dci:$tee_name:$(hex 0 | tr A-F a-f)"
	check "$n: SAN is the measurement only" same \
	    "$(openssl x509 -in $f.crt -noout -ext subjectAltName |
		sed -n 's/^ *URI/URI/p')" "$uri"
	for t in 'ecdsa-with-SHA256' "Policy: $POLICY" \
	    'X509v3 Key Usage: critical' "$ARC.1.1" \
	    'X509v3 Authority Key Identifier' 'X509v3 Subject Key Identifier'
	do
		check "$n: text says $t" text_has $f.crt "$t"
	done
	check "$n: key usage is digitalSignature only" same \
	    "$(openssl x509 -in $f.crt -noout -ext keyUsage | tail -n 1 |
		tr -d ' ')" DigitalSignature
	check "$n: nothing of the request's extensions" refuse \
	    text_has $f.crt evil.example
	check "$n: no basicConstraints" refuse text_has $f.crt "Basic Constraints"
	check "$n: eight extensions" same "$(openssl asn1parse -in $f.crt |
	    sed -n '/cont \[ 3 \]/,$p' | grep -c 'd=4 .*cons: SEQUENCE')" 8

	extension $f.crt $ARC.3.1
	fields >scope
	printf '%s\n' "INTEGER 00" "ENUMERATED 0$binding" \
	    "ENUMERATED 0$assurance" "INTEGER $(printf %02X $tee)" \
	    "OCTET STRING $(hex 128)" "OCTET STRING $(hex 192)" >want
	check "$n: DelegationScope, field by field" diff want scope
	extension $f.crt 2.23.133.5.4.5
	openssl asn1parse -inform DER -in ext.der >tcb.txt
	fields >tcb
	# [3] and [0] are implicit: asn1parse shows no content
	printf '%s\n' "cont [ 3 ]" "OBJECT sha256" "OCTET STRING $(hex 0)" \
	    "cont [ 0 ]" "OBJECT sha256" "OCTET STRING $(hex 160)" >want
	check "$n: MultiTcbInfo, field by field" diff want tcb
	bytes=$(od -An -v -tx1 ext.der | tr -d ' \n')
	case $bytes in
	*83020203*80084d525349474e4552*) r=yes ;;
	*) r=no ;;
	esac
	check "$n: ISVSVN 515 and vendor MRSIGNER" same $r yes
	check "$n: reads back" "$leaf" read $f.der
	check "$n: reads back the SVN" same \
	    "$("$leaf" read $f.der | sed -n 's/^svn=//p')" $svn
    done
done

# --- a third parser ---

cat >third.py <<'PY'
import sys
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID as E
load = lambda p: x509.load_pem_x509_certificate(open(p, "rb").read())
leaf, issuing, root = map(load, sys.argv[1:4])
for child, parent in ((leaf, issuing), (issuing, root), (root, root)):
    parent.public_key().verify(child.signature, child.tbs_certificate_bytes,
                               ec.ECDSA(child.signature_hash_algorithm))
    assert child.issuer == parent.subject
    aki = child.extensions.get_extension_for_oid(E.AUTHORITY_KEY_IDENTIFIER)
    ski = parent.extensions.get_extension_for_oid(E.SUBJECT_KEY_IDENTIFIER)
    assert aki.value.key_identifier == ski.value.digest
assert leaf.version == x509.Version.v3
assert 120 <= leaf.serial_number.bit_length() <= 127
assert leaf.public_key().curve.name in ("secp256r1", "secp384r1")
critical = [e.oid.dotted_string for e in leaf.extensions if e.critical]
assert critical == ["2.5.29.15"], critical
eku = leaf.extensions.get_extension_for_oid(E.EXTENDED_KEY_USAGE).value
assert [o.dotted_string for o in eku] == ["1.3.6.1.4.1.32473.1.1"]
policies = leaf.extensions.get_extension_for_oid(E.CERTIFICATE_POLICIES).value
assert len(policies) == 1 and policies[0].policy_qualifiers is None
PY
python=
for p in python3 /usr/bin/python3; do
	$p -c 'import cryptography' 2>/dev/null && python=$p && break
done
for curve in P-256 P-384; do
	if [ -n "$python" ]; then
		check "$curve: python3-cryptography agrees" $python third.py \
		    $curve.0.crt real/issuing.crt real/root.crt
	else
		skip "$curve: python3-cryptography" "it is missing"
	fi
done

echo "1..$count"
[ $failed -eq 0 ]
