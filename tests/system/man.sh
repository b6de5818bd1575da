#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Manual pages say what the programs say: every flag of --help is in the page
# and the other way round; every key, command and code is there.
. "$(dirname "$0")/../ops.sh"
command -v mandoc >/dev/null || { echo "1..0 # SKIP no mandoc"; exit 0; }
MAN=$TOP/man

page() { # the page as text, without examples
	mandoc -T ascii -O width=200 "$1" | sed 's/.\x08//g' |
	    sed '/^EXAMPLES/,/^[A-Z]/d'
}
flags() { # of a text: -x and --xyz
	grep -oE '(^|[^A-Za-z0-9_=./-])--?[A-Za-z][A-Za-z-]*' |
	    sed 's/^[^-]*//' | sort -u
}
section() { # NAME: that subsection of a page
	awk -v name="   $1" '$0 == name { on = 1; next }
	    /^(   )?[A-Za-z]/ { on = 0 } on'
}
same() { diff <(flags <"$1") <(flags <"$2"); }

for p in "$MAN"/*.[1-8] "$BUILD/man/dci-codes.7"; do
	ok "${p##*/}: mandoc has no warnings" \
	    test -z "$(mandoc -T lint -W warning "$p" 2>&1)"
done
ok "every page is named after its title" eval '
	for p in "$MAN"/*.[1-8]; do
		name=${p##*/}
		grep -qi "^\.Dt ${name%.*} ${name##*.}\$" "$p" || exit 1
	done'
for p in "$MAN"/*.[1-8]; do
	for x in $(sed -n 's/^\.Xr \(dci[a-z.-]*\) \([0-9]\).*/\1.\2/p' "$p"); do
		test -e "$MAN/$x" || test -e "$BUILD/man/$x" ||
		    dangling="${dangling:-} ${p##*/}:$x"
	done
done
ok "every page that a page refers to is there${dangling:-}" \
    test -z "${dangling:-}"

# Flags.
for p in dci-issuer.8 dci-verifier.8 dci-client.1 dci-sim.1; do
	page "$MAN/$p" >page.txt
	"$BIN/${p%.*}" --help >help.txt
	ok "${p%.*}: flags of page and --help are the same" same page.txt help.txt
	ok "${p%.*}: there are some" test -n "$(flags <help.txt)"
done

# dci: itself, and each of its commands.
page "$MAN/dci.1" >dci.txt
"$BIN/dci" --help >help.txt
sed '/^   dci /,/^[A-Z]/d' dci.txt >page.txt
ok "dci: flags of page and --help are the same" same page.txt help.txt
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' help.txt)
ok "dci: there are commands" test -n "$commands"
for c in $commands; do
	section "dci $c" <dci.txt >page.txt
	"$BIN/dci" "$c" --help >help.txt
	for sub in $(sed -n '/SUBCOMMAND/,$s/^  \([a-z]*\)  .*/\1/p' help.txt); do
		"$BIN/dci" "$c" "$sub" --help >>help.txt
	done
	ok "dci $c is in dci(1)" test -s page.txt
	ok "dci $c: flags of page and --help are the same" same page.txt help.txt
	for sub in $(grep -oE "dci $c [a-z]+" help.txt | sed 's/.* //' | sort -u); do
		ok "dci $c $sub is in dci(1)" grep -q "dci $c $sub" page.txt
	done
done
ok "dci(1) has no command that dci has not" test -z "$(comm -13 \
    <(printf '%s\n' $commands | sort) \
    <(sed -n 's/^   dci \([a-z-]*\)$/\1/p' dci.txt | sort))"

# Keys of the configuration.
page "$MAN/dci-issuer.conf.5" >page.txt
cat >all.conf <<-EOF
	wrap_key = "x"
	sim = "y"
	collateral { url = "https://pccs.example" ca = "ssl/ca.crt" }
	enclave "a" { mrenclave = any }
EOF
"$BIN/dci-issuer" -T -c all.conf >effective.txt 2>/dev/null
keys=$(sed -n 's/^ *\([a-z_]*\) = .*/\1/p' effective.txt | sort -u)
ok "dci-issuer -T prints keys" test -n "$keys"
for k in $keys; do
	ok "key $k is in dci-issuer.conf(5)" grep -q "^ .*\b$k\b" page.txt
done
listed=$(sed -n 's/^\.It Ic //p' "$MAN/dci-issuer.conf.5" |
    sed 's/ , Ic /\n/g' | sort -u)
ok "dci-issuer.conf(5) has no key that is not there" \
    test -z "$(comm -13 <(echo "$keys") <(echo "$listed"))"
awk '/^\.Ed/ { on = 0 } on { print >("example" n) } /^\.Bd/ { on = 1; n++ }' \
    "$MAN/dci-issuer.conf.5"
for f in example1 example2; do
	ok "$f of dci-issuer.conf(5) is in order" \
	    eval 'test -s $f && "$BIN/dci-issuer" -t -c $f'
done
ok "dist/issuer.conf is in order" "$BIN/dci-issuer" -t -c "$TOP/dist/issuer.conf"

# Those of the Proxy Verifier, which has a table of them and prints none.
keys=$({
	sed -n 's/^    {"\([a-z_]*\)", .*/\1/p' "$TOP/src/verifier/settings.c"
	sed -n 's/^    {"\([a-z_]*\)", .*/collateral_\1/p' "$TOP/src/policy/source_keys.c" |
	    grep -v _early
} | sort)
listed=$(sed -n 's/^\.It Ic //p' "$MAN/dci-verifier.conf.5" | sort)
ok "dci-verifier has keys" test -n "$keys"
ok "keys of dci-verifier.conf(5) and of the program are the same" \
    diff <(echo "$keys") <(echo "$listed")
awk '/^\.Ed/ { on = 0 } on { print >("verifier" n) } /^\.Bd/ { on = 1; n++ }' \
    "$MAN/dci-verifier.conf.5"
for f in verifier1 verifier2; do
	ok "$f of dci-verifier.conf(5) is in order" \
	    eval 'test -s $f && "$BIN/dci-verifier" -t -c $f'
done
ok "dist/verifier.conf is in order" \
    "$BIN/dci-verifier" -t -c "$TOP/dist/verifier.conf"
for k in $keys; do
	ok "key $k is in dist/verifier.conf" grep -qE "^(# )?$k = " "$TOP/dist/verifier.conf"
done
for v in $(grep -ohE '"RA_TLS_[A-Z_]+"' "$TOP"/src/policy/*.c | tr -d '"'); do
	ok "$v is in dci-issuer(8)" grep -q "$v" "$MAN/dci-issuer.8"
done

# Codes.
for c in $(cat "$TOP"/include/dci/codes/*.def |
    sed -n 's/^\(CODE\|CHECK\)([A-Z0-9_]*, "\([a-z0-9-]*\)".*/\2/p' | sort -u); do
	grep -q "^\.It Sy $c\$" "$BUILD/man/dci-codes.7" || missing="${missing:-} $c"
done
ok "every code and check is in dci-codes(7)" test -z "${missing:-}"
ok "there are more than 100" test "$(grep -c '^\.It Sy' "$BUILD/man/dci-codes.7")" -gt 100
finish
