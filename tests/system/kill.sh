#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs alone: it looks at the clock.
# kill -9 of every process at random moments while clients enrol: whatever
# certificate a client holds is in the ledger, byte by byte; no serial is there
# twice; the chain of hashes is whole; the service comes back by itself.
#
#	KILLS=10000 SEED=1 tests/system/kill.sh		(make soak)
. "$(dirname "$0")/../lib.sh"

KILLS=${KILLS:-300}
SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
# Issuers at a time, since a parent restarts about once a second.
GROUPS_OF=$((KILLS < 100 ? 3 : 10))
echo "# $KILLS kills, SEED=$SEED"

{
	cat policy.conf
	echo "workers = 1"
} >one.conf
pids=() ports=() states=() logs=()
for i in $(seq $GROUPS_OF); do
	issuer "k$i" -c one.conf || exit 1
	pids+=("$PID") ports+=("$PORT") states+=("$STATE") logs+=("$LOG")
	"$BUILD/interop/kill_clients" -a "localhost:$PORT" -A ssl/ca.crt -s sim \
	    -o "held.$i" -S "$((SEED + i))" -c 3 -w 250 >"counts.$i" 2>"clients.$i.log" &
	clients+=("$!")
	others+=("$!")
done

# One issuer's children, N times, each at a moment of its own; a line for each
# kill goes to kills.I.
killer() { # I PARENT N
	local n victims

	RANDOM=$(((SEED + $1) % 32768))
	for n in $(seq "$3"); do
		sleep "0.$(printf %03d $((RANDOM % 400)))"
		while :; do
			victims=($(children_of "$2"))
			[ ${#victims[@]} -lt 5 ] || break
			alive "$2" || return
			sleep 0.02
		done
		victim=${victims[RANDOM % ${#victims[@]}]}
		name=$(cat "/proc/$victim/comm" 2>/dev/null)
		kill -9 "$victim" 2>/dev/null && echo "$name" >>"kills.$1"
		wait_for 30 dead "$victim"
	done
}
killers=()
for i in $(seq $GROUPS_OF); do
	killer "$i" "${pids[i - 1]}" $(((KILLS + GROUPS_OF - 1) / GROUPS_OF)) &
	killers+=($!)
	others+=($!)
done
wait "${killers[@]}"
done_=$(cat kills.* | wc -l)
echo "# killed: $(cat kills.* | sort | uniq -c | xargs)"
check "$KILLS kills of children" test "$done_" -ge "$KILLS"
for name in worker.0 appraiser.0 signer ledger collector; do
	check "... $name among them" grep -q -h "$name" kills.*
done
equal "every parent has survived them" "" \
    "$(for pid in "${pids[@]}"; do alive "$pid" || echo "$pid"; done)"

# Back without help: a client that has no part in this is served.
back() { PORT=$1 client "back.$1"; }
lost=
for port in "${ports[@]}"; do
	wait_for 20 back "$port" || lost+=" $port"
done
equal "the service is back, everywhere" "" "$lost"

# The parents die while the clients are still at it.
slow=
for pid in "${pids[@]}"; do
	PID=$pid
	children=$(children_of "$pid")
	issuer_kill
	# shellcheck disable=SC2086
	wait_for 1 all_dead $children || slow+=" $pid"
done
equal "kill -9 of the parents: all children are gone within a second" "" "$slow"
kill -TERM "${clients[@]}"
bad=
for pid in "${clients[@]}"; do wait "$pid" || bad+=" $pid"; done
equal "the clients saw nothing but refusals and connections that ended" "" \
    "$bad$(cat clients.*.log)"
echo "# $(cat counts.* | tr ' =' '\n ' | awk '{ n[$1] += $2 }
    END { for (k in n) printf "%s=%d ", k, n[k] }')"

# What is held against what is written, before anything has repaired it.
compare() { # TEXT
	local i wrong= missing= twice=

	for i in $(seq $GROUPS_OF); do
		"$BIN/dci" ledger check -s "${states[i - 1]}" >check.log 2>&1 ||
		    wrong+="$i: $(cat check.log) "
		"$BUILD/interop/ledger_certificates" \
		    "${states[i - 1]}/ledger/ledger.db" | sort >"stored.$i" ||
		    wrong+="$i: not readable "
		twice+=$(cut -d ' ' -f 1 "stored.$i" | uniq -d)
		missing+=$(sort "held.$i" | comm -23 - "stored.$i")
	done
	equal "$1: dci ledger check finds each chain whole" "" "$wrong"
	equal "... no serial is there twice" "" \
	    "$twice$(cut -d ' ' -f 1 stored.* | sort | uniq -d)"
	equal "... each certificate that a client holds is there" "" "$missing"
	equal "... with no certificate held twice" "" "$(sort held.* | uniq -d)"
}
compare "after the deaths"
check "that were enough to mean something" \
    test "$(cat held.* | wc -l)" -ge "$KILLS"
echo "# held $(cat held.* | wc -l), in the ledgers $(cat stored.* | wc -l)"

# A plain restart.
before=$(cat stored.* | wc -l)
failed=
for i in $(seq $GROUPS_OF); do
	LISTEN=${ports[i - 1]} issuer "k$i" -c one.conf &&
	    back "${ports[i - 1]}" >/dev/null 2>&1 || failed+=" $i"
	issuer_stop
	[ "$STATUS" = 0 ] || failed+=" $i:exit$STATUS"
done
equal "a plain restart serves and stops" "" "$failed"
compare "after the restart"
equal "... and one certificate more in each" $((before + GROUPS_OF)) \
    "$(cat stored.* | wc -l)"

# What nobody may have found on the way.
equal "no process found a message strange" "" \
    "$(grep -h -E 'event=(ipc|ledger-not-written)' "${logs[@]}" | head -n 5)"

finish
