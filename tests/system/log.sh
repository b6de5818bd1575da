#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The log: a reader that is stuck, and clients that are refused without end.
. "$(dirname "$0")/../lib.sh"

# --- a reader that is stuck ------------------------------------------------------

mkfifo log.fifo
exec 8<>log.fifo # never at its end, and never without a reader

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
reading() { # FILE
	cat <&8 >"$1" &
	reader=$!
	others+=("$reader")
}
stuck() { # what nobody reads fills the pipe
	kill "$reader" && wait "$reader" 2>/dev/null
	timeout 0.5 cat /dev/zero >&8
}
said_with() { grep -q -a -E -e "$1" said; }

# stuck_reader TEXT STATE-FOLDER [COMMAND...]: the issuer, started by that
# command, goes on although its standard error is a full pipe.
stuck_reader() {
	local text=$1 folder=$2 served=0 i

	shift 2
	PORT=$(free_port)
	"$@" "$BIN/dci-issuer" -c policy.conf --sim sim -s "$folder" \
	    -l "127.0.0.1:$PORT" 2>log.fifo 8>&- &
	PID=$!
	issuers+=("$PID")
	reading said
	wait_for 20 said_with event=listening ||
	    fail "$text: the issuer starts" "$(cat said)"
	stuck
	for i in 1 2 3; do
		timeout 10 "$BIN/dci-client" --issuer "localhost:$PORT" \
		    --sim sim -o "stuck.$i" >out 2>&1 && served=$((served + 1))
	done
	equal "$text: enrolments go on" 3 $served
	timeout 0.5 cat <&8 >/dev/null
	reading said
	client again >out 2>&1
	check "$text: when it reads again, it is told what was lost" \
	    wait_for 3 said_with \
	    'process=ledger event=log-lines-dropped count=6$'
	check "$text: ... and what is logged from then on" \
	    wait_for 3 said_with 'process=ledger event=certificate-issued'
	stuck
	kill -TERM "$PID"
	check "$text: the issuer ends when it is told to" wait_for 5 dead "$PID"
	{
		kill -9 "$PID"
		wait "$PID"
	} 2>/dev/null
	forget "$PID"
	timeout 0.5 cat <&8 >/dev/null
}
stuck_reader "a stuck reader" mine.state env

# A pipe that the issuer cannot open anew, since it is another user's.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 . && chmod -R a+rX sim ssl policy.conf
	mkdir other.state && chown 65534:65534 other.state ssl/server.key
	chmod 600 ssl/server.key
	stuck_reader "a stuck reader of another user" other.state/state \
	    setpriv --reuid 65534 --regid 65534 --clear-groups
else
	skip "a stuck reader of another user" "needs root and setpriv"
fi
exec 8>&-

# --- refusals without end ----------------------------------------------------------

{
	cat policy.conf
	echo "connections_per_address = 3"
	echo "workers = 2"
} >narrow.conf
issuer narrow -c narrow.conf
# flood COUNT: so many connections beside 8 that stay, of which the workers
# admit at most 3 each.  Prints how many were closed at once.
flood() {
	python3 - "$PORT" "$1" <<-'END'
		import socket, sys
		port, count = int(sys.argv[1]), int(sys.argv[2])
		kept, closed = [], 0
		for i in range(count):
		    s = socket.create_connection(("127.0.0.1", port))
		    s.settimeout(0.2 if len(kept) < 6 else 5)
		    try:
		        end = s.recv(1) == b""
		    except ConnectionResetError:
		        end = True
		    except TimeoutError:
		        end = False
		    if end:
		        closed += 1
		    else:
		        kept.append(s)
		print(closed)
	END
}
closed=$(flood 5000)
check "5000 connections, nearly all of them refused" test "$closed" -gt 4900
counted() { # how many the refusals have
	"$BIN/dci" ledger refusals -s "$STATE" |
	    sed -n 's/.* code=too-many-connections .* count=\([0-9]*\) .*/\1/p' |
	    awk '{ n += $1 } END { print n + 0 }'
}
all_counted() { [ "$(counted)" = "$closed" ]; }
check "... each is in the refusals, by its count" wait_for 5 all_counted
lines=$(grep -c code=too-many-connections "$LOG")
check "... and at most 60 (and one) in the log for each minute" \
    test "$lines" -ge 60 -a "$lines" -le 122
evidence a
refused "another refusal of that address is logged at once" \
    tls-handshake-failed old a -- raw:not-TLS-at-all tls
issuer_stop
logged_in_all=$(sed -n -E \
    -e 's/.*event=refused-more code=too-many-connections count=([0-9]+) .*/\1/p' \
    -e 's/.*event=refused .*code=too-many-connections .*/1/p' "$LOG" |
    awk '{ n += $1 } END { print n + 0 }')
equal "the log tells of all of them, by their count" "$closed" "$logged_in_all"

finish
