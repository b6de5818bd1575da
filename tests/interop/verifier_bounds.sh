#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it looks at the clock.
# Clients of dci-verifier that want more than their share: the others are
# served, and there is an end to what they get.
. "$(dirname "$0")/../lib.sh"

crowd=$BUILD/interop/verifier_crowd
path=/attestation/sgx/dcap/v1/report
ulimit -n "$(ulimit -Hn)"

# verifier NAME [FLAG...]: sets VPID, VPORT, VLOG.
verifier() {
	VLOG=$WORK/$1.log
	shift
	"${AS[@]}" "$BIN/dci-verifier" -l 127.0.0.1:0 \
	    --issuer "localhost:$PORT" --ca ssl/ca.crt --sim sim "$@" \
	    2>"$VLOG" &
	VPID=$!
	others+=("$VPID")
	wait_for 20 grep -q event=enrolled "$VLOG"
	VPORT=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$VLOG")
}
verifier_stop() {
	kill "$VPID"
	wait "$VPID"
}
served() { # TEXT [SCHEME]: another client, within 3 s
	check "$1" curl -sfk -m 3 -o /dev/null "${2:-http}://127.0.0.1:$VPORT/health"
}
raw() { # FILE: sends it, and prints the answers' status lines and codes
	exec 3<>"/dev/tcp/127.0.0.1/$VPORT"
	cat "$1" >&3
	timeout 2 cat <&3 >answers
	exec 3>&-
	grep -a -o -E '^HTTP/1.1 [0-9]*|"code":"[a-z-]*"' answers |
	    sed 's/HTTP.1.1 //; s/"code"://' | tr -d '"' | xargs
}

issuer main || exit 1

# --- TLS -----------------------------------------------------------------------
verifier tls --tls
openssl s_client -connect "127.0.0.1:$VPORT" </dev/null 2>/dev/null |
    openssl x509 >tls.crt 2>/dev/null
floods() { # TEXT KIND COUNT
	rm -f ready
	(exec "$BUILD/interop/flood" "$2" "$3" tls.crt ssl/server.crt \
	    ssl/server.key 127.0.0.1 "$VPORT") >flood.out 2>&1 &
	others+=("$!")
	wait_for 20 test -e ready || fail "$1" "$(cat flood.out)"
	served "$1: another client is served" https
}
floods "renegotiation without end" hello 300000
floods "KeyUpdates without end" key-update 30000
floods "warnings without end" alert 100000
# ClientHello with a large prime costs the client nothing, and a server 100 ms.
exits 1 "no groups of large primes" sh -c "openssl s_client -tls1_3 -groups \
    ffdhe2048:ffdhe8192 -connect 127.0.0.1:$VPORT </dev/null"
for group in X25519 P-256 P-384; do
	check "... but $group" sh -c "openssl s_client -tls1_3 -groups $group \
	    -connect 127.0.0.1:$VPORT </dev/null"
done
verifier_stop

# --- connections and memory ----------------------------------------------------
verifier many
: >nothing
check "an address has at most 256 connections" \
    "$crowd" "$VPORT" 1 400 nothing 256 5
served "... and another one is served"
{
	printf 'POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 262144\r\n\r\n' "$path"
	head -c 262143 /dev/zero | tr '\0' ' '
} >body
check "unfinished requests hold a bounded amount of memory" \
    "$crowd" "$VPORT" 4 800 body 280 20
served "... and a client with a small one is served"
"$BIN/dci-sim" quote sim >quote.bin
printf '{"isvQuote":"%s"}' "$(base64 -w0 quote.bin)" >request.json
{
	printf 'POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n' "$path"
	fold -w 1 request.json | sed 's/.*/1\r\n&\r/'
	printf '0\r\n\r\n'
} >crumbs
equal "a body in chunks of one byte: closed" "" "$(raw crumbs)"
{
	printf 'POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n' "$path"
	fold -w 64 request.json | awk '{ printf "%x\r\n%s\r\n", length($0), $0 }'
	printf '0\r\n\r\n'
} >chunks
# When those from above are forgotten: each chunk counts for more than its bytes.
check "a body in chunks of 64 bytes: taken" \
    wait_for 5 eval '[ "$(raw chunks)" = 200 ]'
{
	head -c -1 request.json
	printf ',"x":[%s{}]}' "$(printf '{},%.0s' $(seq 1000))"
} >values.json
equal "a body full of values: refused" 400 "$(curl -s -o answer \
    -w '%{http_code}' --data-binary @values.json "http://127.0.0.1:$VPORT$path")"
said "... as malformed" '"code":"body-malformed"' answer

# --- where a request ends ------------------------------------------------------
# evhttp refuses some of it itself.
ambiguous() { # TEXT REQUEST [ANSWER]
	printf '%b' "$2" >request
	printf 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n' >>request
	equal "$1: refused, and the end" "${3:-400 request-framing}" \
	    "$(raw request)"
}
get="GET /health HTTP/1.1\r\nHost: a\r\n"
post="POST $path HTTP/1.1\r\nHost: a\r\n"
ambiguous "GET with content" "${get}Content-Length: 3\r\n\r\n"
ambiguous "GET with chunks" "${get}Transfer-Encoding: chunked\r\n\r\n" 413
ambiguous "two lengths" \
    "${post}Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}"
ambiguous "a length with a sign" "${post}Content-Length: +2\r\n\r\n{}"
ambiguous "a length with a blank in its name" "${post}Content-Length : 2\r\n\r\n"
ambiguous "a length and chunks" \
    "${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" 400
ambiguous "another transfer coding" \
    "${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
ambiguous "a length in a line that goes on another" \
    "${post}X: y\r\n Content-Length: 2\r\n\r\n"
ambiguous "chunks in such a line" \
    "${post}Content-Length: 0\r\nX: y\r\n\ttransfer-encoding : chunked\r\n\r\n"
ambiguous "a length behind a carriage return" \
    "${post}X: y\r Content-Length: 2\r\n\r\n" 400
# What nobody else would take for chunks: whatever it is, nothing follows it.
for chunks in '0x2\r\n{}\r\n0' '2 zzz\r\n{}\r\n0' '2\n{}\n0' '2\r\n{}0' \
    '2\r\n{}\r\n-0' '2\r\n{}\r\n0'; do
	ambiguous "chunks ${chunks//\\/_}" \
	    "${post}Transfer-Encoding: chunked\r\n\r\n$chunks\r\n\r\n" \
	    "400 quote-missing"
done
ambiguous "CONNECT" "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" \
    "404 path-unknown"
ambiguous "CONNECT with two lengths" "CONNECT a:1 HTTP/1.1\r\nHost: \
a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n"
curl -sS -m 5 -I "http://127.0.0.1:$VPORT/health" \
    "http://127.0.0.1:$VPORT/nowhere" >heads 2>&1
equal "HEAD: the length, and no body that the next answer would begin with" \
    "200 404 2" "$(sed -n 's/^HTTP.1.1 \([0-9]*\).*/\1/p' heads | xargs) \
$(grep -c -i '^Content-Length: [1-9]' heads)"
printf 'GET /health HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' >request
equal "GET without content: taken" 200 "$(raw request)"
verifier_stop
equal "no line of the log is somebody else's" "" "$(grep -v '^time=' "$VLOG")"

# One byte of a chunk at a time takes a thousand times as much.
verifier crumbs
python3 - "$VPORT" "$path" >crumbled <<'END'
import socket, sys
head = ("POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "1\r\n" % sys.argv[2]).encode()
clients = []
for i in range(240):
    c = socket.create_connection(("127.0.0.1", int(sys.argv[1])),
        source_address=("127.0.0.%d" % (2 + i % 4), 0))
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    c.sendall(head)
    clients.append(c)
ended = 0
for _ in range(1000):
    for piece in b"a", b"\r\n1\r\n":
        for c in clients[:]:
            try:
                c.sendall(piece)
            except OSError:
                clients.remove(c)
                ended += 1
print(ended)
END
check "bytes that come one by one, in chunks, hold a bounded amount: $(cat crumbled) of 240 are ended" \
    test "$(cat crumbled)" -ge 30
resident=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$VPID/status")
# A sanitizer takes more.
ldd "$BIN/dci-verifier" | grep -q libasan ||
    check "... $((resident / 1024)) MiB in all" test $((resident / 1024)) -lt 60
served "... and a client with a small one is served"
check "... the log says so" wait_for 3 grep -q event=memory-bound "$VLOG"
verifier_stop

# --- few descriptors -----------------------------------------------------------
AS=(prlimit --nofile=200:200)
verifier few
AS=()
"$crowd" "$VPORT" 3 300 nothing 136 3 >/dev/null &
pid=$!
wait "$pid"
served "with 200 open files at most, and more clients, one is served later"
verifier_stop
equal "... and the log is not flooded" "" "$(grep -v '^time=' "$VLOG")"
check "... nor is it busy" test "$(wc -l <"$VLOG")" -lt 20

# The same for https: a client that does not even begin a handshake has one.
AS=(prlimit --nofile=200:200)
verifier few-tls --tls
AS=()
"$crowd" "$VPORT" 3 300 nothing 136 3 >crowd.out &
pid=$!
most=0
while kill -0 "$pid" 2>/dev/null; do
	now=$(ls "/proc/$VPID/fd" 2>/dev/null | wc -l)
	[ "$now" -le "$most" ] || most=$now
	sleep 0.05
done
wait "$pid"
if [ "$most" -gt 0 ]; then
	check "https: many clients have many of its descriptors" \
	    test "$most" -gt 100
	check "... and some are left for other things" test "$most" -lt 190
else
	skip "https: who has its descriptors" "only root sees them"
fi
served "... and one is served later" https
verifier_stop
equal "... and the log is not flooded" "" "$(grep -v '^time=' "$VLOG")"
check "... nor is it busy" test "$(wc -l <"$VLOG")" -lt 20

issuer_stop
finish
