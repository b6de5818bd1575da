#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# OpenSSL's own program accepts what dci-sim makes.
# usage: sim_openssl.sh [path of dci-sim]
set -eu

sim=${1:-${BUILD:-build}/bin/dci-sim}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir=$work/new/platform
failures=0

check() {
	what=$1
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok   $what"
	else
		echo "not ok $what"
		sed 's/^/     /' "$work/out"
		failures=$((failures + 1))
	fi
}

refused() {
	what=$1
	shift
	status=0
	"$@" >"$work/out" 2>"$work/err" || status=$?
	if [ "$status" = 2 ] && [ ! -s "$work/out" ] && [ -s "$work/err" ]; then
		echo "ok   $what"
	else
		echo "not ok $what: exit $status, expected 2 and one line on stderr"
		failures=$((failures + 1))
	fi
}

crl_ok() { # openssl crl exits 0 whatever it finds
	openssl crl -inform der -in "$1" -CAfile "$2" -noout 2>&1 |
	    grep -q '^verify OK'
}

verify() { openssl verify -x509_strict -CAfile "$dir/root.crt" "$@"; }

check "init makes a platform in a new folder" "$sim" init "$dir"
c=$dir/collateral
check "PCK chain" verify -untrusted "$dir/pck_chain.pem" "$dir/pck_chain.pem"
check "PCK CA" verify "$c/pck_crl_issuer_chain.pem"
check "signer of TCB info" verify "$c/tcb_info_issuer_chain.pem"
check "signer of QE identity" verify "$c/qe_identity_issuer_chain.pem"
check "PCK CRL" crl_ok "$c/pck_crl.der" "$c/pck_crl_issuer_chain.pem"
check "root CRL" crl_ok "$c/root_ca_crl.der" "$dir/root.crt"
check "revocation check, nothing revoked" sh -c "
	openssl crl -inform der -in '$c/pck_crl.der' -out '$work/pck.crl' &&
	openssl crl -inform der -in '$c/root_ca_crl.der' -out '$work/root.crl' &&
	openssl verify -x509_strict -crl_check_all -CAfile '$dir/root.crt' \
	    -CRLfile '$work/pck.crl' -CRLfile '$work/root.crl' \
	    -untrusted '$dir/pck_chain.pem' '$dir/pck_chain.pem'"
check "revoked-pck is seen by OpenSSL" sh -c "
	openssl crl -inform der -in '$dir/faults/revoked-pck/pck_crl.der' \
	    -out '$work/pck.crl' &&
	! openssl verify -crl_check -CAfile '$dir/root.crt' \
	    -CRLfile '$work/pck.crl' \
	    -untrusted '$dir/pck_chain.pem' '$dir/pck_chain.pem' \
	    >'$work/said' 2>&1 && grep -q 'certificate revoked' '$work/said'"
check "quotes of each version" sh -c "
	for v in 3 4 5; do
		'$sim' quote --version \$v '$dir' 00ff >'$work/q'\$v || exit 1
		[ \$(od -An -tu1 -N1 '$work/q'\$v) = \$v ] || exit 1
	done"
check "each fault gives a quote" sh -c "
	'$sim' faults | cut -f1 | while read -r name; do
		'$sim' quote --fault \"\$name\" '$dir' >'$work/q' || exit 1
		[ -s '$work/q' ] || exit 1
	done"
refused "second init" "$sim" init "$dir"
refused "odd REPORTDATA" "$sim" quote "$dir" 0
refused "REPORTDATA that is not hex" "$sim" quote "$dir" 0g
refused "REPORTDATA of 65 bytes" "$sim" quote "$dir" "$(printf '%0130d' 0)"
refused "short MRENCLAVE" "$sim" quote --mrenclave 00 "$dir"
refused "version 2" "$sim" quote --version 2 "$dir"
refused "TDX" "$sim" quote --tdx "$dir"
refused "unknown fault" "$sim" quote --fault none "$dir"
refused "unknown option" "$sim" quote --nonsense "$dir"
refused "folder that is no platform" "$sim" quote "$work"
refused "unknown command" "$sim" nonsense
refused "no command" "$sim"

[ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
echo "all passed"
