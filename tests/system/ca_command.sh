#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci ca, checked against OpenSSL.
. "$(dirname "$0")/../ops.sh"
issuer_start state || exit 1

print=$(openssl x509 -in state/ca/root.crt -noout -fingerprint -sha256 |
    sed 's/.*=//; s/://g' | tr A-F a-f)
dci ca fingerprint
ok "fingerprint: exit 0" ended 0
ok "fingerprint is that of OpenSSL, in one line" test "$(cat out)" = "$print"
ok "the issuer logged the same one" grep -q "root_fingerprint=$print" "$LOG"

dci ca show
ok "show: exit 0, while the issuer runs" ended 0
for c in root issuing; do
	serial=$(openssl x509 -in state/ca/$c.crt -noout -serial |
	    sed 's/.*=//' | tr A-F a-f)
	until=$(date -u -d "$(openssl x509 -in state/ca/$c.crt -noout -enddate |
	    sed 's/.*=//')" +%Y-%m-%dT%H:%M:%SZ)
	subject=$(openssl x509 -in state/ca/$c.crt -noout -subject \
	    -nameopt RFC2253 | sed 's/^subject=//')
	ok "show: serial of $c" says "^  serial  *$serial\$"
	ok "show: end of $c, and how long until then" \
	    says "^  valid until  *$until (in [0-9]* days"
	ok "show: subject of $c" says "^  subject  *$subject\$"
done
ok "show: the fingerprint of the root" says " $print\$"
ok "show: root.key should be moved away" says '^root.key is still here: move state/ca/root.key'
mv state/ca/root.key .
dci ca show --state state
ok "show: root.key has been moved away" says '^root.key is not here'
ok "show never prints a key" test "$(grep -c PRIVATE out)" = 0

dci ca export
ok "export: the root, as OpenSSL writes it" \
    cmp out <(openssl x509 -in state/ca/root.crt)
dci ca export -o root.pem
ok "export -o: exit 0, nothing on standard output" test "$status$(cat out)" = 0
ok "export -o: the same" cmp root.pem <(openssl x509 -in state/ca/root.crt)
ok "export -o: readable by all" test "$(stat -c %a root.pem)" = 644
dci ca export --chain --output chain.pem
ok "export --chain: issuing CA, then root" cmp chain.pem \
    <(openssl x509 -in state/ca/issuing.crt; openssl x509 -in state/ca/root.crt)
client proxy >/dev/null
ok "export --chain: what dci-client gets" cmp chain.pem proxy/chain.crt
dci ca export --chain -o no/such/folder
ok "export to where nothing can be: exit 2" ended 2

ok "the issuer stops" issuer_ends
ok "and starts again without root.key" issuer_start state
issuer_stop

# Usage.
for line in '' frobnicate 'show extra' 'show --chain' 'fingerprint -o x' \
    'show --nonsense' 'show -s'; do
	# shellcheck disable=SC2086 # words
	dci ca $line
	ok "usage: 'ca $line' is exit 2, and nothing on standard output" \
	    eval 'ended 2 && complains .'
done
dci ca --help
ok "--help: exit 0" ended 0
ok "--help names every command" eval 'says "ca show" && says "ca export" && says "ca fingerprint"'
dci help ca
ok "dci help ca" says 'ca fingerprint'

# Trouble.
dci ca show -s nowhere
ok "no state folder: exit 2" ended 2
ok "no state folder: says which file" complains 'nowhere/ca/root.crt'
run "$BIN/dci" ca fingerprint -s "$(printf 'x%.0s' {1..5000})"
ok "a path that is too long: exit 2" ended 2
mkdir -p other/ca
cp state/ca/*.crt other/ca
cp ssl/ca.crt other/ca/root.crt
dci ca show -s other
ok "certificates of two CAs: exit 2" ended 2
ok "and why" complains 'does not verify with root.crt'
: >other/ca/root.crt
dci ca export -s other
ok "an empty root.crt: exit 2" ended 2
ok "full disk: exit 2" eval '"$BIN/dci" ca export >/dev/full; [ $? = 2 ]'
finish
