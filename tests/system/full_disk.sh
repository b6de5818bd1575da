#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A disk that fills up below the ledger: first refusals are no longer recorded,
# then nothing is issued any more; with room again all goes on by itself.
. "$(dirname "$0")/../lib.sh"

mkdir -p full.state/ledger
chmod 700 full.state full.state/ledger
if [ "$(id -u)" != 0 ] ||
    ! mount -t tmpfs -o size=16m,mode=700 none full.state/ledger 2>mount.err
then
	skip "a full disk below the ledger" \
	    "a small disk cannot be mounted: $(cat mount.err 2>/dev/null || echo not root)"
	finish
fi
disk=$WORK/full.state/ledger
trap 'cd /; umount -l "$disk" 2>/dev/null; clean_up' EXIT

{
	cat policy.conf
	echo "workers = 2"
	echo "connections_per_address = 1000"
} >two.conf
issuer full -c two.conf || exit 1
works "with room an enrolment works"
free_kib() { df --output=avail -k "$disk" | tail -n 1; }
# leave KIB: fills the disk up to that.
leave() {
	local n=$(($(free_kib) - $1))

	[ $n -le 0 ] || head -c $((n * 1024)) /dev/zero >>"$disk/ballast"
}
ledger() { "$BIN/dci" ledger "$@" -s "$STATE"; }
refusals() { ledger refusals | wc -l; }
recorded() { [ "$(refusals)" -gt "$1" ]; }
evidence bad --mrenclave "$OTHER"

LIST=no refused "a refusal, with room" mrenclave-not-allowed old bad -- tls request secret
check "... is recorded" wait_for 3 recorded 0

# --- low: a sixteenth of the disk is kept for the ledger -------------------------

leave 900
before=$(refusals)
LIST=no refused "900 KiB left: a refusal" mrenclave-not-allowed old bad -- \
    tls request secret
check "... that it is not recorded is logged" wait_for 3 logged \
    "level=warn .*event=refusals-not-recorded code=disk-low reason="
said "... with what to do" "code=disk-low .*Free space on the disk" "$LOG"
sleep 0.7
equal "... nor is it" "$before" "$(refusals)"
works "... while an enrolment still works"

# --- full, while clients enrol ------------------------------------------------------

mark
"$BUILD/interop/kill_clients" -a "localhost:$PORT" -A ssl/ca.crt -s sim \
    -o held -S 7 -c 6 -w 20 >counts 2>clients.log &
clients=$!
others+=("$clients")
sleep 0.5
leave 0
check "full: the log says why" wait_for 20 logged \
    "level=error .*event=ledger-not-written code=ledger-full reason="
sleep 1
leave 0
exits 1 "a client is refused" client none
said "... with the ledger's code and what to do" \
    "ledger-full .*Free space on the disk"
check "... and the log has a line for it" logged \
    "event=refused .*request=[0-9a-f]{32} .*code=ledger-full"
said=$(reason ledger-full)
row "no room for the ledger" "${said%% *}" "${said#* }"
check "... and it got nothing" test ! -e none/delegation.crt
evidence a
exits 1 "a client of Gramine gets neither secret" old a -- tls request secret:got
check "... nor certificate" test ! -s got
sleep 1
issued() { ledger list | grep -c kind=certificate; }
still=$(issued)
sleep 1
equal "nothing is issued" "$still" "$(issued)"
check "the ledger is whole: dci ledger check" ledger check

rm "$disk/ballast"
lines() { since | grep -c event=ledger-not-written; }
check "... and the log has at most a line a minute about it" \
    test "$(lines)" -le 3
check "room again: an enrolment works, without help" wait_for 5 client again
check "... and the log says so" logged "event=ledger-written-again failed=[0-9]"
before=$(refusals)
refused "... a refusal, too" mrenclave-not-allowed old bad -- tls request secret
check "... is recorded" wait_for 3 recorded "$before"
check "... also what was refused for want of room can be used" old a -- \
    tls request secret csr leaf close
sleep 0.5
kill -TERM "$clients"
wait "$clients"
equal "the clients saw nothing unexpected" "" "$(cat clients.log)"
echo "# clients: $(cat counts)"
check "... some were served" grep -q -v complete=0 counts
check "... some refused" grep -q -v refused=0 counts
check "no process has ended" test -z "$(grep process-ended "$LOG")"

issuer_stop
equal "it stops as usual" 0 "$STATUS"
check "dci ledger check" ledger check
"$BUILD/interop/ledger_certificates" "$disk/ledger.db" | sort >stored
equal "each certificate that a client holds is in the ledger" "" \
    "$(sort held | comm -23 - stored)"
equal "... no serial twice" "" "$(cut -d ' ' -f 1 stored | uniq -d)"
check "... and every one in the ledger reached its client" test \
    "$(wc -l <held)" = "$(($(wc -l <stored) - 4))"
finish
