#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A worker that has no room leaves new clients to the others, and makes room.
. "$(dirname "$0")/../lib.sh"

{
	cat policy.conf
	echo "connections_per_address = 10000"
	echo "workers = 64"
} >many.conf
issuer main -c many.conf || exit 1
room=$((10000 / 64)) # of each worker

# All workers but one stand still.
workers=($(child_of "$PID" 'worker.*'))
equal "64 workers run" 64 ${#workers[@]}
kill -STOP "${workers[@]:1}"
sockets=()
for i in $(seq $room); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	sockets+=("$fd")
done
begin=$(milliseconds)
taken() { # PID: its sockets
	find "/proc/$1/fd" -lname 'socket:*' 2>/dev/null | wc -l
}
full() { [ "$(taken "${workers[0]}")" -ge $room ]; }
check "one worker has all the silent connections that it has room for" \
    wait_for 5 full

mark
client first >first.out 2>&1 &
first=$!
others+=("$first")
sleep 1
check "one more is not refused" test -z "$(since | grep event=refused)"
check "... but waits" alive "$first"
kill -CONT "${workers[1]}"
check "... and another worker that has room serves it" wait "$first"

kill -STOP "${workers[1]}"
works "where there is none, silent clients give way"
took=$(($(milliseconds) - begin))
if [ $took -ge 9000 ] && [ $took -lt 20000 ]; then
	pass "... after 10 seconds, not 30"
else
	fail "... after 10 seconds, not 30" "$took ms"
fi
said "... which is logged as client-timeout" "code=client-timeout" "$LOG"
left=$(($(taken "${workers[0]}") - 5))
check "... as many as are needed for a quarter of the room" \
    test "$left" -ge $((room * 3 / 4 - 5))
for fd in "${sockets[@]}"; do exec {fd}>&-; done
kill -CONT "${workers[@]}"
works "when they are gone, an enrolment works"
check "and no process has ended" test -z "$(grep process-ended "$LOG")"
issuer_stop
finish
