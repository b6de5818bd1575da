#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# make install, into a folder of its own; and the unit file.
. "$(dirname "$0")/../ops.sh"
dest=$WORK/dest
install() { # variables
	make -s -C "$TOP" install BUILD="$(realpath --relative-to "$TOP" "$BUILD")" \
	    ${SANITIZE:+SANITIZE="$SANITIZE"} DESTDIR="$dest" "$@" >make.out 2>&1
}
mode() { test "$(stat -c %a "$dest$1")" = "$2"; }

ok "make install" install
[ "$tests_failed" = 0 ] || sed 's/^/# /' make.out
(cd "$dest" && find . -type f | sort) >files
cat >expected <<-EOF
	./etc/dci/issuer.conf.example
	./etc/dci/verifier.conf.example
	./usr/local/bin/dci
	./usr/local/bin/dci-client
	./usr/local/bin/dci-sim
	./usr/local/bin/dci-verifier
	./usr/local/lib/systemd/system/dci-issuer.service
	./usr/local/sbin/dci-issuer
	./usr/local/share/doc/dci/ARCHITECTURE.md
	./usr/local/share/doc/dci/CONTRIBUTING.md
	./usr/local/share/doc/dci/LICENSE
	./usr/local/share/doc/dci/PROTOCOL.md
	./usr/local/share/doc/dci/README.md
	./usr/local/share/doc/dci/SECURITY.md
	./usr/local/share/doc/dci/docs/benchmarks.md
	./usr/local/share/doc/dci/docs/check-by-hand.md
	./usr/local/share/doc/dci/docs/dcap-tests.md
	./usr/local/share/doc/dci/docs/gramine-clients.md
	./usr/local/share/doc/dci/enclave/README.md
	./usr/local/share/doc/dci/enclave/dci-verifier.manifest.template
	./usr/local/share/doc/dci/issuer.conf
	./usr/local/share/doc/dci/verifier.conf
	./usr/local/share/man/man1/dci-client.1
	./usr/local/share/man/man1/dci-sim.1
	./usr/local/share/man/man1/dci.1
	./usr/local/share/man/man5/dci-issuer.conf.5
	./usr/local/share/man/man5/dci-verifier.conf.5
	./usr/local/share/man/man7/dci-codes.7
	./usr/local/share/man/man8/dci-issuer.8
	./usr/local/share/man/man8/dci-verifier.8
EOF
ok "everything is where it belongs, and nothing else" diff expected files
ok "programs have mode 755" mode /usr/local/sbin/dci-issuer 755
ok "pages have mode 644" mode /usr/local/share/man/man1/dci.1 644
ok "the unit has mode 644" mode /usr/local/lib/systemd/system/dci-issuer.service 644
for p in bin/dci bin/dci-client bin/dci-sim bin/dci-verifier sbin/dci-issuer; do
	ok "$p --version" grep -q "^${p##*/} [0-9]" \
	    <("$dest/usr/local/$p" --version)
	ok "$p --help" "$dest/usr/local/$p" --help
done
missing() { # pages that the installed README leads to, and that are not there
	local page

	grep -o ']([^)#:]*' "$dest/usr/local/share/doc/dci/README.md" |
	    cut -c 3- | while read -r page; do
		[ -e "$dest/usr/local/share/doc/dci/$page" ] || echo "$page"
	    done
}
ok "the pages that the README leads to are there" test -z "$(missing)"
ok "the example is in order" "$dest/usr/local/sbin/dci-issuer" -t \
    -c "$dest/etc/dci/issuer.conf.example"
ok "that of the Proxy Verifier, too" "$dest/usr/local/bin/dci-verifier" -t \
    -c "$dest/etc/dci/verifier.conf.example"
ok "again, over what is there" install
rm -rf "$dest"
ok "PREFIX=/usr" install PREFIX=/usr
unit=$dest/usr/lib/systemd/system/dci-issuer.service
ok "programs are below it" test -x "$dest/usr/sbin/dci-issuer"
ok "and the unit starts that one" grep -q '^ExecStart=/usr/sbin/dci-issuer ' "$unit"
ok "and nothing below /usr/local" test -z "$(grep -r /usr/local "$unit")"

if command -v systemd-analyze >/dev/null; then
	# It wants the program where the unit names it.
	sed "s|=/usr/|=$dest/usr/|" "$unit" >dci-issuer.service
	systemd-analyze verify --man=no ./dci-issuer.service >verify.out 2>&1
	ok "systemd-analyze verify has nothing to say of it" \
	    eval '! grep dci-issuer verify.out'
fi

# The capabilities of the unit suffice, also to go on with files of the roles.
caps=-all$(sed -n 's/^CapabilityBoundingSet=//p' "$TOP/dist/dci-issuer.service" |
    tr ' ' '\n' | sed 's/^CAP_/,+/' | tr -d '\n' | tr A-Z a-z)
if [ "$(id -u)" = 0 ] && setpriv --bounding-set "$caps" true 2>/dev/null; then
	mkdir bounded
	ln -s "$BIN"/* bounded
	rm bounded/dci-issuer
	cat >bounded/dci-issuer <<-END
		#!/bin/sh
		exec setpriv --bounding-set "$caps" "$BIN/dci-issuer" "\$@"
	END
	chmod +x bounded/dci-issuer
	BIN=$WORK/bounded
	for start in first second; do
		ok "the issuer's $start start with the unit's capabilities alone" \
		    issuer_start state
		ok "it enrols" client proxy
		ok "it stops" issuer_ends
	done
fi
finish
