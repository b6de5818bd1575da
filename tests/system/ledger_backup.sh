#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci ledger backup and check, and the restore as the manual describes it.
. "$(dirname "$0")/../ops.sh"
issuer_start state || exit 1
rows() { "$BIN/dci" ledger list -s "$1" | wc -l; }

dci ledger check
ok "check of a ledger without rows" eval 'ended 0 && says "^rows  *0$"'
dci ledger backup empty.db
ok "backup of a ledger without rows" eval 'ended 0 && says "^rows  *0$"'
for i in 1 2 3; do client proxy$i >/dev/null || exit 1; done

# While the issuer runs, and is busy.
(while client busy >/dev/null 2>&1; do :; done) &
busy=$!
for _ in $(seq 100); do [ "$(rows state)" -gt 6 ] && break; sleep 0.1; done
dci ledger backup one.db
ok "backup while the issuer issues" ended 0
dci ledger backup two.db
ok "and again, under another name" ended 0
kill $busy && wait $busy 2>/dev/null
ok "the copy is one file, without anything beside it" \
    test "$(ls -A | grep -c '^one\.db')" = 1
ok "of mode 0600" test "$(stat -c %a one.db)" = 600
ok "that does not ask for a log (header bytes 18 and 19)" \
    test "$(od -An -tx1 -j18 -N2 one.db | tr -d ' ')" = 0101
dci ledger check one.db
ok "check of the copy" ended 0
ok "check of a FILE alone asks no CA" says '^CA  *not asked'
n=$(sed -n 's/^rows  *//p' out)
ok "it has rows" test "$n" -gt 6
ok "certificates and secrets are all rows" test "$n" = \
    "$(($(sed -n 's/^certificates  *//p' out) + $(sed -n 's/^secrets  *//p' out)))"
dci ledger check -s state one.db
ok "with -s the CA is asked" eval 'ended 0 && says "^CA  *signed all"'
dci ledger check
ok "check of the live ledger" eval 'ended 0 && says "^The ledger is in order"'
ok "no progress where nobody looks" test ! -s err

# Every quote again.
dci ledger check --quotes --root sim/root.crt
ok "--quotes: each verifies with its collateral of then" \
    eval 'ended 0 && says "^quotes  *verify with"'
dci ledger check --quotes --root sim/root.crt two.db
ok "--quotes of a copy" ended 0
dci ledger check --quotes
ok "without --root it is Intel's root, which is not this issuer's: exit 2" \
    eval 'ended 2 && complains "belongs to another root .* Intel.s SGX Root CA"'
ok "... and what to give instead" grep -q -e --root err
dci ledger check --quotes two.db
ok "... and of a copy these quotes do not verify up to that" \
    eval 'ended 1 && complains "Row 1 of .*its quote does not verify"'
dci ledger check --quotes --root nowhere.crt
ok "a root that is not there: exit 2" ended 2
dci ledger check --quotes --root state/ca/root.crt
ok "another root: exit 2" eval 'ended 2 && complains "than state/ca/root.crt"'
dci ledger check --quotes --root state/ca/root.crt two.db
ok "another root, of a copy: exit 1" ended 1

cp one.db before
dci ledger backup one.db
ok "backup does not overwrite: exit 2" eval 'ended 2 && complains file-exists'
ok "and leaves the file alone" cmp one.db before
ln -s nowhere link
dci ledger backup link
ok "nor a dangling link" eval 'ended 2 && complains file-exists'
dci ledger backup no/such/folder/b.db
ok "a folder that is not there: exit 2" ended 2
dci ledger backup -s nowhere three.db
ok "no ledger: exit 2" eval 'ended 2 && complains ledger-missing'
ok "and nothing is left behind" test -z "$(ls -A | grep three)"
if [ "$(id -u)" = 0 ] && mkdir small &&
    mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
	dci ledger backup small/b.db
	ok "a full disk: exit 2" ended 2
	ok "and nothing is left behind there" test -z "$(ls -A small)"
	umount small
fi

# Usage.
for line in 'backup' 'backup a b' 'check a b' 'check --json' 'backup --json x' \
    'check --root sim/root.crt' 'list --quotes'; do
	# shellcheck disable=SC2086 # words
	dci ledger $line
	ok "usage: 'ledger $line' is exit 2" eval 'ended 2 && complains .'
done

# Somebody wrote to the file.
tamper() { # FROM TO, of the same length: the first one in bad.db
	cp one.db bad.db
	local at
	at=$(grep -obaF -m1 -e "$1" bad.db | head -n 1 | cut -d: -f1)
	printf '%s' "$2" | dd of=bad.db bs=1 seek="$at" conv=notrunc 2>/dev/null
	dci ledger check bad.db
}
tamper '"verdict":"UpToDate"' '"verdict":"UpToDatE"'
ok "a changed record: exit 1" eval 'ended 1 && complains ledger-damaged'
ok "the first bad row is named" eval '[ "$(grep -c "Row [12] of .*bad.db" err)" = 1 ]'
tamper 'enclave "proxy-verifier"' 'enclave "proxy-veriFier"'
ok "a changed policy: exit 1" eval 'ended 1 && complains "A policy in .*bad.db"'
tamper '-----BEGIN CERTIFICATE-----' '-----BEGIN CERTIFICATe-----'
ok "changed collateral or PCK chain: exit 1" ended 1
head -c 100000 one.db >short.db
dci ledger check short.db
ok "a file that was cut short: exit 1" ended 1
cp sim/root.crt not.db
dci ledger check not.db
ok "no ledger at all is not in order" eval '[ $status != 0 ] && [ ! -s out ]'

# Another CA.
ok "the issuer stops" issuer_ends
issuer_start state2 && client proxy4 >/dev/null && issuer_stop
dci ledger check -s state2 one.db
ok "certificates of another CA: exit 1" eval 'ended 1 && complains ledger-certificate'
ok "and the row is named" grep -q 'Row 2 of one.db: its issuer is not the issuing CA' err

# Restore: a new state folder with ca/ and the copy, nothing else.
mkdir -m 700 restored.state restored.state/ledger
ln -s restored.state restored
cp -a state/ca restored/ca
cp two.db restored/ledger/ledger.db
dci ledger check -s restored
ok "the restored ledger, before the start" ended 0
n=$(rows restored)
ok "the issuer starts with it" issuer_start restored
ok "it has the same root" grep -q \
    "root_fingerprint=$("$BIN/dci" ca fingerprint -s state)" "$LOG"
client proxy5 >/dev/null
ok "and goes on: two more rows" test "$(rows restored)" = $((n + 2))
ok "proxies of before and after have one root" openssl verify -x509_strict \
    -CAfile restored/ca/root.crt -untrusted restored/ca/issuing.crt \
    proxy1/delegation.crt proxy5/delegation.crt
dci ledger check -s restored
ok "the chain of hashes goes on" ended 0
ok "the issuer stops, everything committed" issuer_ends
dci ledger backup -s restored stopped.db
ok "backup works without a running issuer" ended 0
finish
