#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Nothing leaves before it is on disk.  A kill cannot show that, since the
# kernel keeps what a process wrote; the order of the ledger's system calls can:
# between the last write of a commit and the release there is an fdatasync()
# that has returned 0.
. "$(dirname "$0")/../lib.sh"

# As messages.h numbers them; should that change, nothing is found and the
# test fails.
message() { # NAME: how a message of that type begins, by messages.h
	sed -n '/^#define MESSAGES/,/^struct m_none/p' \
	    "$LIB_ROOT/src/issuer/messages.h" | tr -d '\\\n' |
	    grep -oE 'MESSAGE\([[:space:]]*[A-Z]+,' | grep -n -E "[( 	]$1," |
	    sed 's/:.*//' | xargs printf '"\\x%02x\\x00\\x00\\x00\\x00\\x00\\x00\\x00"'
}
ROW=$(message ROW) RELEASE=$(message RELEASE)
export ROW RELEASE

{
	cat policy.conf
	echo "workers = 1"
} >one.conf
issuer main -c one.conf || exit 1
works "an enrolment works"

# trace NAME [OPTION...]: from now on; ends with untrace.
trace() {
	local name=$1

	shift
	strace -x -s 8 -y -o "$name" "$@" \
	    -p "$(child_of "$PID" ledger)" 2>"$name.err" &
	TRACER=$!
	others+=("$TRACER")
	wait_for 5 grep -q attached "$name.err"
}
untrace() {
	kill "$TRACER" 2>/dev/null
	wait "$TRACER" 2>/dev/null
}

if ! command -v strace >/dev/null; then
	skip "the order of the ledger's system calls" "no strace"
	finish
fi
if ! trace probe; then
	skip "the order of the ledger's system calls" \
	    "strace cannot attach: $(tail -n 1 probe.err)"
	finish
fi
untrace

# judge FILE: commits, releases, and releases that came too early.  A release is
# early while a write to the ledger is not synced, and while there was no sync
# since the row came in that it is about (alone: each has one of its own).
judge() {
	sed -E 's/ledger\.db(-wal)?>/LEDGER>/' "$1" | awk '
	/^recvmsg/ && index($0, ENVIRON["ROW"]) { rows++; fresh = 1 }
	/^pwrite64\([0-9]+<[^>]*LEDGER>/ { dirty++ }
	/^(fdatasync|fsync)\([0-9]+<[^>]*LEDGER>\) += 0/ {
		syncs++
		if (dirty > 0)
			fresh = 0
		dirty = 0
	}
	/^sendmsg/ && index($0, ENVIRON["RELEASE"]) {
		releases++
		if (dirty > 0 || (alone && fresh))
			early++
	}
	END { printf "rows=%d syncs=%d releases=%d early=%d\n",
	    rows, syncs, releases, early }' alone="${2:-0}"
}
released() { grep -c -E 'event=(secret-released|certificate-issued)' "$LOG"; }

# --- one after the other --------------------------------------------------------

before=$(released)
trace alone -e trace=recvmsg,sendmsg,pwrite64,fdatasync,fsync
for i in 1 2 3 4 5; do client "alone$i"; done >out 2>&1
evidence a
old a -- tls request secret csr leaf close >>out 2>&1
untrace
equal "six enrolments alone: a row, a sync and a release for each secret and each certificate, none early" \
    "rows=12 syncs=12 releases=12 early=0" "$(judge alone 1)"
equal "... that is what the log says, too" 12 $(($(released) - before))

# The judge itself: the same trace with a release before its sync.
awk '/^fdatasync/ && !n++ { held = $0; next }
    { print } /^sendmsg/ && held { print held; held = "" }' alone >turned
equal "a trace with one sync after its release is found out" early=1 \
    "$(judge turned 1 | sed 's/.* //')"

# --- many at once: group commit ----------------------------------------------------

before=$(released)
trace many -e trace=recvmsg,sendmsg,pwrite64,fdatasync,fsync
"$BUILD/interop/kill_clients" -a "localhost:$PORT" -A ssl/ca.crt -s sim \
    -o held -S 1 -c 12 -w 0 >counts 2>clients.log &
clients=$!
others+=("$clients")
sleep 3
kill -TERM "$clients"
wait "$clients"
sleep 0.3
untrace
found=$(judge many)
echo "# under load: $found"
equal "twelve clients for 3 seconds: no release is early" early=0 "${found##* }"
equal "... of as many as the log says" $(($(released) - before)) \
    "$(sed 's/.*releases=\([0-9]*\).*/\1/' <<<"$found")"

# --- a disk that takes its time ---------------------------------------------------

trace slow -e inject=fdatasync:delay_exit=1500000 -e trace=fdatasync
begin=$(milliseconds)
evidence b
check "an fdatasync() that takes 1.5 s" old b -- tls request secret csr leaf \
    close
took=$(($(milliseconds) - begin))
if [ $took -ge 3000 ]; then
	pass "... holds back the secret, and the certificate again"
else
	fail "... holds back the secret, and the certificate again" "$took ms"
fi
untrace
works "at last an enrolment works"
check "and no process has ended" test -z "$(grep process-ended "$LOG")"
finish
