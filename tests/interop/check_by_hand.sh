#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/check-by-hand.md, exactly as it is written, against a real verifier; and
# against answers that somebody has tampered with.
# TAP on stdout.  BUILD: the build folder (default: build).
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 2
BUILD=${BUILD:-build}
bin=$(cd "$BUILD/bin" && pwd) || exit 2
make -s BUILD="$BUILD" "$BUILD/interop/result_sample" >&2 || exit 2
sample=$(cd "$BUILD/interop" && pwd)/result_sample
work=$(mktemp -d) || exit 2
running=
finish() {
	for p in $running; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$work"
}
trap finish EXIT
cd "$work" || exit 2
for name in $(env | sed -n 's/^\(RA_TLS_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done
count=0 failed=0
ok() { # text, status
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=$((failed + 1))
		tail -n 5 log 2>/dev/null | sed 's/^/# /'
	fi
}

{ echo 'set -eu'; sed -n '/^```sh$/,/^```$/p' "$top/docs/check-by-hand.md" | grep -v '^```'; } >page.sh
[ "$(grep -c . page.sh)" -gt 20 ]
ok "the page has commands" $?

# --- issuer and verifier ---
port_of() { # log
	for _ in $(seq 150); do
		port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" | head -1)
		[ -z "$port" ] || return 0
		sleep 0.1
	done
	sed 's/^/# /' "$1"
	return 1
}
ssl=$top/ssl
if [ ! -e "$ssl/server.crt" ]; then
	"$top/dist/tls-identity.sh" ssl >/dev/null 2>&1
	ssl=$work/ssl
fi
"$bin/dci-sim" init sim >/dev/null && "$bin/dci-sim" quote sim >quote.bin || exit 2
cat >issuer.conf <<END
listen = "127.0.0.1:0"
state  = "state"
tls { certificate = "$ssl/server.crt"  key = "$ssl/server.key" }
enclave "proxy-verifier" {
    mrenclave = "$(od -An -v -tx1 -j112 -N32 quote.bin | tr -d ' \n')"
}
END
"$bin/dci-issuer" -c issuer.conf --sim sim >issuer.log 2>&1 &
running="$running $!"
port_of issuer.log || exit 2
"$bin/dci-verifier" -l 127.0.0.1:0 --issuer "localhost:$port" --ca "$ssl/ca.crt" \
    --sim sim >verifier.log 2>&1 &
running="$running $!"
port_of verifier.log || exit 2
export VERIFIER=http://127.0.0.1:$port ASSURANCE=1.3.6.1.4.1.32473.2.3
for _ in $(seq 100); do
	curl -s "$VERIFIER/health" | grep -q '^{"status":"OK"' && break
	sleep 0.1
done
cp state/ca/root.crt .

# --- as written ---
page() { sh page.sh >log 2>&1; }
page
ok "the page's commands succeed" $?
grep -qx OK log
ok "and print the status" $?
[ "$(tail -n 1 log)" = "$(od -An -v -tx1 -j112 -N32 quote.bin | tr -d ' \n')" ]
ok "and the MRENCLAVE" $?
"$bin/dci" report --verifier "$VERIFIER" --quote quote.bin --root root.crt --allow-simulated >log 2>&1
ok "dci report agrees" $?
cp body.json old-body.json
cp headers.txt old-headers.txt

# --- tampered with ---
real=$(command -v curl)
mkdir path
# what curl does, and then what tamper does with body.json, and with the headers
cat >path/curl <<END
#!/bin/sh
"$real" "\$@" >headers.real || exit
sh ./tamper <headers.real
END
chmod +x path/curl
refused() { # text, what fails, commands for tamper
	printf '%s\n' "$3" >tamper
	PATH=$work/path:$PATH page
	local got=$?
	[ $got != 0 ] && grep -Eq "$2" log
	ok "refused: $1" $?
}
printf 'cat\n' >tamper
PATH=$work/path:$PATH page
ok "unless something is changed, nothing is refused" $?
refused "a tampered body" 'Verification failure' 'sed -i s/DYNAMIC/dynamic/ body.json; cat'
refused "a status made better" 'Verification failure' 'sed -i s/\"isvQuoteStatus\":\"OK/\"isvQuoteStatus\":\"OKAY/ body.json; cat'
refused "an old answer, replayed" '^Verified OK$' 'cp old-body.json body.json; cat old-headers.txt'
! grep -q '^OK$' log
ok "and no status is printed" $?
refused "an old answer's headers" 'Verification failure' 'cat old-headers.txt'
refused "no signature" 'Could not|Error|Verification failure|unable' 'sed 3d'
refused "no chain" 'untrusted certificates' 'sed "2s/.*//"'

"$sample" . || exit 2 # root.crt is another one now
refused "another root" 'unable to get (local )?issuer|self-signed' 'cat'
other() { # the answer of a sample, with the nonce of it all
	for h in Certificate Chain Signature; do
		sed -n "s/^X-Delegating-$h: \([^\r]*\)\r*$/\1/p" "$1.headers"
	done >other.txt
	cp "$1.body" other.json
}
ASSURANCE=1.3.6.1.4.1.32473.2.1
other expired
refused "an expired certificate" 'certificate has expired' 'cp other.json body.json; cat other.txt'
other tls-server
refused "a certificate of another purpose" 'no explicit policy' 'cp other.json body.json; cat other.txt'
other simulated
refused "a simulated verifier" 'no explicit policy' 'cp other.json body.json; cat other.txt'
other good
refused "another nonce" '^Verified OK$' 'cp other.json body.json; cat other.txt'
cp quote.bin quote.sim
cp good.quote quote.bin
sed -i 's/^nonce=.*/nonce=0123456789abcdef/' page.sh
: the page once more, on a result made for this quote and nonce
printf '%s\n' 'cp other.json body.json; cat other.txt' >tamper
sed "s#^\"$real\".*#:>headers.real#" path/curl >path/curl.new && cat path/curl.new >path/curl
PATH=$work/path:$PATH page
ok "a sample of the tests is as good as a real result" $?
cp other.quote quote.bin
refused "on another quote" 'differ' 'cp other.json body.json; cat other.txt'
cp good.quote quote.bin
other tdx
refused "on a kind of enclave out of scope" '^Verified OK$|leaf.pem: OK' 'cp other.json body.json; cat other.txt'

echo "1..$count"
[ $failed -eq 0 ]
