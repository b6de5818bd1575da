#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The contract of dci-client, against an issuer that tests can bend.
# usage: client.sh [folder with the programs] [the program fake_issuer]
bin=$(cd "${1:-${BUILD:-build}/bin}" && pwd) || exit 2
fake=$(realpath "${2:-${BUILD:-build}/tests/fake_issuer}") || exit 2
tree=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
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
		sed 's/^/# /' out err issuer 2>/dev/null | head -8
	fi
}

# Runs the client against a fake issuer in that mode.
client() { # mode, arguments
	local mode=$1 status
	shift
	rm -f port
	mkfifo port
	"$fake" ca.crt "$mode" >port 2>issuer &
	local issuer=$!
	read -r where <port
	"${by[@]}" "$bin/dci-client" --issuer "${host:-localhost}:$where" --ca ca.crt \
	    --sim sim "$@" >out 2>err
	status=$?
	kill $issuer 2>/dev/null
	wait $issuer 2>/dev/null
	return $status
}

by=() # what runs the client

same_key() { # folder
	[ "$(openssl pkey -in "$1/delegation.key" -pubout)" = \
	    "$(openssl x509 -in "$1/delegation.crt" -noout -pubkey)" ]
}

"$bin/dci-sim" init sim >/dev/null || exit 2

# Enrolled.
client good -o new/folder; [ $? = 0 ] && [ ! -s err ]; ok "enrols" $?
[ "$(wc -l <out)" = 1 ] && grep -q 'serial [0-9a-f]\{32\}' out &&
    grep -q '"entry"' out && grep -q 'valid until 20' out
ok "says what it got, in one line" $?
[ "$(stat -c %a new/folder/delegation.key)" = 600 ]; ok "the key's mode is 600" $?
grep -q 'BEGIN PRIVATE KEY' new/folder/delegation.key; ok "the key is PKCS#8" $?
same_key new/folder; ok "certificate and key belong together" $?
openssl verify -CAfile new/folder/chain.crt new/folder/delegation.crt >out 2>err
ok "openssl verifies the certificate with the chain" $?
[ "$(grep -c BEGIN new/folder/chain.crt)" = 2 ]; ok "the chain has two certificates" $?
[ "$(ls -A new/folder | wc -l)" = 3 ]; ok "and nothing else was left" $?
host=127.0.0.1 client good -o ip; ok "by IP address" $?
# Gramine has no flock(), unless it is asked for.
if strace -o trace true 2>/dev/null; then
	by=(strace -f -o trace -e trace=flock -e inject=flock:error=ENOSYS)
	client good -o gramine && grep -q ENOSYS trace && same_key gramine
	ok "without flock()" $?
	by=()
else
	echo "ok $((count += 1)) - without flock() # SKIP strace cannot trace"
fi
client good --key-type p384 -o p384 && openssl pkey -in p384/delegation.key \
    -noout -text | grep -q P-384
ok "--key-type p384" $?
client good-tls12 -o tls12; ok "TLS 1.2" $?
client good-byte-by-byte -o slow; ok "an issuer that sends byte by byte" $?

# Again, over the old files.
cp -r new/folder old
client good -o new/folder && same_key new/folder &&
    ! cmp -s new/folder/delegation.key old/delegation.key
ok "a second enrolment replaces all files" $?

# Refused: exit 1, the old files stay.
cp -r new/folder keep
for mode in refuse-at-once refuse-certificate refuse-chain close-at-once \
    reset-at-once truncate-at-once truncate-certificate truncate-end \
    secret-other secret-too-large certificate-too-large certificate-empty \
    certificate-garbage certificate-trailing certificates-too-many no-chain \
    no-root wrong-key wrong-ca expired refuse-malformed alert-after-handshake; do
	client $mode -o new/folder
	[ $? = 1 ] && [ ! -s out ] && [ -s err ] && diff -r new/folder keep >/dev/null
	ok "$mode: exit 1, and the old files are there" $?
done
client refuse-at-once -o new/folder
grep -q 'debug-enclave No ?\[31mdebug enclaves here\.' err
ok "the issuer's reason is printed, tamed" $?

# Trouble: exit 2.
trouble() { # text, command
	local text=$1
	shift
	"$@" >out 2>err
	[ $? = 2 ] && [ ! -s out ] && [ -s err ]
	ok "$text" $?
}
for mode in no-tls alert-in-handshake; do
	client $mode -o new/folder
	[ $? = 2 ] && [ ! -s out ] && [ -s err ] && diff -r new/folder keep >/dev/null
	ok "$mode: exit 2" $?
done
client good -o other/ --ca new/folder/chain.crt; [ $? = 2 ]
ok "another CA: exit 2" $?
host='[::1]' client good; [ $? = 2 ]; ok "nobody listens there" $?
c="$bin/dci-client"
trouble "an unknown option" "$c" --simulator sim
trouble "an argument" "$c" --sim sim argument
trouble "--key-type rsa" "$c" --sim sim --key-type rsa
trouble "--issuer without a host" "$c" --sim sim --issuer :4433
trouble "--issuer with a bad port" "$c" --sim sim --issuer localhost:99999
trouble "a CA file that is not there" "$c" --sim sim --ca nowhere --issuer localhost:1
trouble "a CA file without certificates" "$c" --sim sim --ca new/folder/delegation.key --issuer localhost:1
trouble "a simulated platform that is not there" "$c" --sim nowhere --ca ca.crt
trouble "an unknown host" "$c" --sim sim --ca ca.crt --issuer nowhere.invalid:4433
: >file
trouble "-o a file" "$c" --sim sim --ca ca.crt -o file
trouble "-o below a file" "$c" --sim sim --ca ca.crt -o file/folder
mkdir -p taken/delegation.key
trouble "delegation.key is a folder" "$c" --sim sim --ca ca.crt -o taken
if [ ! -e /dev/attestation ]; then
	trouble "no way to make a quote" "$c" --ca ca.crt
	grep -q gramine err && grep -q -- --sim err; ok "says what to do" $?
fi

# After a crash.
rm -rf crash && cp -r new/folder crash
cp crash/delegation.key crash/delegation.key.new
cp old/delegation.crt crash/delegation.crt.new
client close-at-once -o crash; diff -r crash new/folder >/dev/null
ok "a crash before the key was renamed: the old set" $?
cp old/delegation.key crash/delegation.key
cp old/delegation.crt crash/delegation.crt.new
cp old/chain.crt crash/chain.crt.new
client close-at-once -o crash; diff -r crash old >/dev/null
ok "a crash after it: the new set" $?
echo junk >crash/delegation.crt.new
client close-at-once -o crash; diff -r crash old >/dev/null
ok "junk beside the files is removed" $?

# What the simulated enclave measures, before a real issuer.
measured=aaa5aa2043f7d401699f9e9dbf517b677a715d450342ad871581bb5aa949c25a
other=$(printf 'ab%.0s' $(seq 32))
"$tree/dist/tls-identity.sh" ssl >/dev/null 2>&1 || exit 2
RA_TLS_MRENCLAVE=$measured RA_TLS_MRSIGNER=any RA_TLS_ISV_PROD_ID=7 RA_TLS_ISV_SVN=3 \
    "$bin/dci-issuer" --sim sim -l 127.0.0.1:0 -s state 2>issuer &
daemon=$!
trap 'kill $daemon 2>/dev/null; wait $daemon; rm -rf "$work"' EXIT
for i in $(seq 100); do
	grep -q event=listening issuer && break
	sleep 0.1
done
port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' issuer)
enclave() { # options
	"$bin/dci-client" --issuer "localhost:$port" --sim sim -o measured \
	    --isv-prod-id 7 --isv-svn 3 "$@" >out 2>err
}
enclave; ok "the enclave that the policy names is enrolled" $?
enclave --mrenclave $measured --isv-svn 4; ok "a higher SVN too" $?
unwanted() { # code, options
	local code=$1
	shift
	enclave "$@"
	[ $? = 1 ] && [ ! -s out ] && grep -q "refused by .*: $code " err
	ok "$*: refused, $code" $?
}
unwanted mrenclave-not-allowed --mrenclave $other
unwanted isv-svn-too-low --isv-svn 2
unwanted isv-prod-id-not-allowed --isv-prod-id 1
unwanted debug-not-allowed --debug
unwanted tcb-status-not-allowed --fault tcb-out-of-date
unwanted quote-signature-invalid --fault bad-signature
enclave --mrsigner $other; ok "--mrsigner: the policy says any" $?
enclave --fault revoked-pck && grep -q 'sim/faults/revoked-pck' err
ok "a fault of the collateral: says where it is" $?
for option in "--mrenclave $other" "--mrsigner $other" "--isv-svn 1" \
    "--isv-prod-id 1" --debug "--fault debug"; do
	# shellcheck disable=SC2086
	trouble "${option%% *} without --sim" "$c" $option
	grep -q "^dci-client: usage ${option%% *} " err; ok "names it" $?
done
trouble "--mrenclave too short" "$c" --sim sim --mrenclave ab
trouble "--isv-svn too large" "$c" --sim sim --isv-svn 65536
trouble "a fault that there is not" "$c" --sim sim --fault none

"$c" --help >out 2>err && [ ! -s err ] && grep -q -- --key-type out; ok "--help" $?
"$c" --version | grep -q '^dci-client [0-9]'; ok "--version" $?

echo "1..$count"
[ $failed = 0 ]
