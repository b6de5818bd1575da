#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# README, "Three terminals, five commands", as it is written there but for the
# ports, in a tree as make leaves it.
. "$(dirname "$0")/../lib.sh"

mkdir -p tree/build
ln -s "$BIN" tree/build/bin
ln -s "$BIN/dci-issuer" tree/server_dcap
cp -r ssl tree/ssl
(umask 077 && head -c 16 /dev/urandom >tree/wrap_key)

# The section's code, without what the shell joins.
sed -n '/^## Three terminals/,/^## The start/s/^    //p' "$LIB_ROOT/README.md" |
    sed -e ':a' -e '/\\$/N;s/\\\n//;ta' >commands
equal "there are five commands" 5 "$(wc -l <commands)"
become() { # NUMBER [FLAG...]: this process is that command, in the tree
	local n=$1

	shift
	cd tree && eval "exec $(sed -n "${n}p" ../commands |
	    sed "s/:8799/:$vport/; s/^RA_TLS/env &/") $*"
}
command_number() { (become "$@"); }
port_of() {
	sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" | tail -n 1
}
in_background() { # LOG NUMBER [FLAG...]
	local log=$1

	shift
	become "$@" >"$log" 2>&1 &
	others+=($!)
	wait_for 20 grep -q event=listening "$log"
}
vport=0
check "the first makes a platform" command_number 1
check "the second starts an issuer" in_background issuer.log 2 -l 127.0.0.1:0
check "the third a Proxy Verifier" in_background verifier.log 3 -l 127.0.0.1:0 \
    --issuer "localhost:$(port_of issuer.log)"
vport=$(port_of verifier.log)
check "... which enrols" wait_for 20 grep -q event=enrolled verifier.log
check "the fourth makes a quote" command_number 4
check "... indeed" test -s tree/quote.bin
check "the fifth has it verified, and checks the result" command_number 5
said "... UpToDate" "^UpToDate$"
said "... trusted by the signature" "pass +result-signature"
kill "${others[@]}"
check "Ctrl-C ends the services" wait_for 20 all_dead "${others[@]}"
finish
