#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Starting and stopping: what is refused with exit 2, what a start leaves behind.
. "$(dirname "$0")/../lib.sh"

mode() { stat -c %a "$1"; }

# --- the secret ------------------------------------------------------------------

head -c 16 /dev/urandom >wrap_key
chmod 600 wrap_key
issuer secret wrap_key || exit 1
evidence a
check "a client gets the wrap_key" old a -- tls request secret:got csr leaf close
check "... byte by byte" cmp wrap_key got
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"

head -c 4096 /dev/urandom >large
chmod 600 large
issuer large large
evidence a
check "a wrap_key of 4096 bytes" old a -- tls request secret:got csr leaf close
check "... byte by byte" cmp large got
issuer_stop

# It is opened again for each ledger process.
chmod 600 wrap_key
issuer again wrap_key
chmod 644 wrap_key
mark
kill -9 "$(child_of "$PID" ledger)"
check "a wrap_key that others may read by now is not taken again" \
    wait_for 5 logged "code=wrap-key-unusable .*mode 644"
chmod 600 wrap_key
check "... until that is mended" wait_for 10 client again
issuer_stop
rm -rf again
if [ "$(id -u)" = 0 ]; then
	cp -p wrap_key strange
	chown 65534 strange
	refuses_to_start "a wrap_key of another user" "belongs to user 65534" \
	    -c policy.conf --sim sim strange
else
	skip "a wrap_key of another user" "not root"
fi
chmod 644 wrap_key
refuses_to_start "wrap_key with mode 0644" "wrap-key-unusable: .*mode 644.*chmod 600" \
    -c policy.conf --sim sim wrap_key
chmod 640 wrap_key
refuses_to_start "wrap_key with mode 0640" "wrap-key-unusable: .*mode 640" \
    -c policy.conf --sim sim wrap_key
: >empty
head -c 4097 /dev/zero >long
chmod 600 empty long
refuses_to_start "an empty wrap_key" "wrap-key-unusable: .*has 0 bytes" -c policy.conf --sim sim empty
refuses_to_start "a wrap_key of 4097 bytes" "wrap-key-unusable: .*has 4097 bytes" \
    -c policy.conf --sim sim long
refuses_to_start "a wrap_key that is not there" "cannot be opened" \
    -c policy.conf --sim sim nothing
mkfifo -m 600 fifo
refuses_to_start "a wrap_key that is a pipe" "not an ordinary file" \
    -c policy.conf --sim sim fifo
refuses_to_start "two wrap_keys" "one WRAP_KEY" -c policy.conf --sim sim empty large

# --- state ------------------------------------------------------------------------

issuer main || exit 1
said "the root's fingerprint is logged" \
    "event=listening .*root_fingerprint=$(openssl x509 -in "$STATE/ca/root.crt" \
	-outform der | sha256sum | cut -c1-64)" "$LOG"
works "an enrolment works"
for folder in "" /ca /ledger; do
	equal "STATEDIR$folder has mode 0700" 700 "$(mode "$STATE$folder")"
done
for file in ca/root.key ca/issuing.key lock trust-root ledger/ledger.db \
    ledger/refusals.db; do
	equal "$file has mode 0600" 600 "$(mode "$STATE/$file")"
done
check "the CA's subjects begin with SIMULATED" sh -c "
	for c in root issuing; do
		openssl x509 -in '$STATE/ca/'\$c.crt -noout -subject |
		    grep -q 'CN = SIMULATED' || exit 1
	done"
check "root and issuing CA verify, strictly" openssl verify -x509_strict \
    -CAfile "$STATE/ca/root.crt" "$STATE/ca/issuing.crt"

refuses_to_start "a second issuer with the same STATEDIR" "state-locked: .*in use by another" \
    -c policy.conf --sim sim -s "$STATE"
refuses_to_start "a port that is in use" "address-in-use: Cannot listen on 127.0.0.1:$PORT" \
    -c policy.conf --sim sim -l "127.0.0.1:$PORT"
root=$(sha256sum <"$STATE/ca/root.crt")
children=$(children_of "$PID")
equal "it has a process for each role, and two for each worker" \
    $((3 + 2 * $(processors))) "$(wc -w <<<"$children")"
issuer_stop
equal "TERM: exit 0" 0 "$STATUS"
# shellcheck disable=SC2086
check "... and no process is left" all_dead $children
said "... and says so" "event=stopped" "$LOG"

"$BIN/dci-sim" init sim2 >/dev/null
refuses_to_start "another simulated platform on the same STATEDIR" \
    "state-other-root: .*root of attestation trust" -c policy.conf --sim sim2 -s "$STATE"
refuses_to_start "Intel's root on a simulator's STATEDIR" \
    "state-other-root: .*root of attestation trust" -c policy.conf -s "$STATE"

mv "$STATE/ca/root.key" root.key.away
LISTEN=$PORT issuer main
works "a start without root.key works"
equal "... with the same root" "$root" "$(sha256sum <"$STATE/ca/root.crt")"
check "... and makes no new key" test ! -e "$STATE/ca/root.key"
kill -INT "$PID"
STATUS=0
wait "$PID" || STATUS=$?
forget "$PID"
equal "INT: exit 0" 0 "$STATUS"

chmod 644 "$STATE/ca/issuing.key"
refuses_to_start "an issuing key that others may read" "issuing.key" \
    -c policy.conf --sim sim -s "$STATE"
chmod 600 "$STATE/ca/issuing.key"
mv "$STATE/ca/issuing.key" issuing.away
refuses_to_start "no issuing key beside its certificate" "issuing.key" \
    -c policy.conf --sim sim -s "$STATE"
mv issuing.away "$STATE/ca/issuing.key"
for folder in "" /ca; do
	for mode in 770 707; do
		chmod $mode "$STATE$folder"
		refuses_to_start "STATEDIR$folder with mode $mode" \
		    "mode $mode.*chmod go-w" \
		    -c policy.conf --sim sim -s "$STATE"
	done
	chmod 755 "$STATE$folder"
	check "STATEDIR$folder with mode 755 is taken" issuer main
	issuer_stop
	if [ "$(id -u)" = 0 ]; then
		chown 65534 "$STATE$folder"
		refuses_to_start "STATEDIR$folder of another user" \
		    "belongs to user 65534.*chown 0" \
		    -c policy.conf --sim sim -s "$STATE"
		chown 0 "$STATE$folder"
	else
		skip "STATEDIR$folder of another user" "not root"
	fi
	chmod 700 "$STATE$folder"
done
# unwritable TEXT FOLDER: as somebody who may not write there.
unwritable() {
	local as=() status=0

	[ "$(id -u)" != 0 ] ||
	    as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	if [ ${#as[@]} -gt 0 ] && ! "${as[@]}" test -x "$BIN/dci-issuer"; then
		skip "$1" "no setpriv, or no way to $BIN"
		return
	fi
	timeout 20 "${as[@]}" "$BIN/dci-issuer" -c policy.conf --sim sim -s "$2" \
	    -l 127.0.0.1:0 >out 2>&1 || status=$?
	equal "$1: exit 2" 2 "$status"
	said "... with file-unwritable, what, and why" \
	    "file-unwritable: .*$2.*Permission denied"
	said=$(complaint)
	row "$1" "${said%% *}" "${said#* }"
}
mkdir barred barred/state
chmod 555 barred barred/state
chmod 755 "$WORK"
[ "$(id -u)" != 0 ] || chown 65534 ssl ssl/*
unwritable "a STATEDIR that may not be written" barred/state
unwritable "a STATEDIR that may not be made" barred/new
[ "$(id -u)" != 0 ] || chown 0 ssl ssl/*
STATE=$WORK/new/folder/state
exits 2 "a STATEDIR below a file" timeout 10 "$BIN/dci-issuer" -c policy.conf \
    --sim sim -s policy.conf/state -l 127.0.0.1:0

issuer closed
issuer_stop
"$BIN/dci-issuer" -c policy.conf --sim sim -s "$STATE" -l "127.0.0.1:$PORT" \
    <&- >&- 2>&- &
PID=$!
issuers+=("$PID")
check "started without standard descriptors an enrolment works" \
    wait_for 5 client again
strange=$(for pid in $PID $(children_of "$PID"); do
	for fd in 0 1 2; do readlink "/proc/$pid/fd/$fd"; done
done | grep -v '^/dev/null$')
equal "... and none of its files took their place" "" "$strange"
issuer_stop

# --- addresses ----------------------------------------------------------------------

ADDRESS='[::]' issuer six
if [ -s /proc/net/if_inet6 ]; then
	check "all interfaces: by IPv4" timeout 10 "$BIN/dci-client" \
	    --issuer "127.0.0.1:$PORT" --sim sim -o again
	check "all interfaces: by IPv6" bash -c "exec 3<>/dev/tcp/::1/$PORT"
	said "an IPv4 client is logged as such" "issued .*peer=127.0.0.1:" "$LOG"
else
	skip "all interfaces" "no IPv6"
fi
issuer_stop

# --- configuration ------------------------------------------------------------------

echo 'listn = "[::]:4433"' >bad.conf
refuses_to_start "a configuration file that is not there" "nothing.conf" \
    -c nothing.conf
refuses_to_start "an unknown flag" "no flag" --nothing
refuses_to_start "a malformed address" "ADDRESS:PORT" -l 127.0.0.1
refuses_to_start "a --sim folder that is no platform" "root.crt" -c policy.conf \
    --sim ssl
refuses_to_start "collateral that is not there" "nowhere" -c policy.conf \
    --sim sim --collateral nowhere
check "-t on a good file: exit 0" "$BIN/dci-issuer" -t -c policy.conf --sim sim
exits 2 "-t on a bad one: exit 2" "$BIN/dci-issuer" -t -c bad.conf
check "-T prints the effective configuration" "$BIN/dci-issuer" -T \
    -c policy.conf --sim sim
cp out printed.conf
check "... which can be read again" "$BIN/dci-issuer" -T -c printed.conf
cp out again.conf
check "... and comes to the same" cmp again.conf printed.conf

mv ssl/server.key away
refuses_to_start "no TLS key" "tls-identity: .*ssl/server.key" -c policy.conf --sim sim
mv away ssl/server.key
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key \
    2>/dev/null
printf 'tls {\n certificate = "ssl/server.crt"\n key = "other.key"\n}\n' >bad.conf
refuses_to_start "a TLS key of another certificate" "tls-identity: .*does not belong" \
    -c bad.conf --sim sim

# --- without collateral ---------------------------------------------------------------

{
	cat policy.conf
	echo "log_format = json"
} >json.conf
issuer json -c json.conf
works "log_format = json: an enrolment works"
if command -v jq >/dev/null; then
	check "... each line is an object" jq -e .event "$LOG"
else
	skip "... each line is an object" "no jq"
fi
issuer_stop

mkdir none
issuer nocollateral --collateral none
evidence a
mark
old a -- tls request secret >out 2>&1
check "a folder without collateral: each quote is refused" wait_for 3 logged \
    "event=refused .*code=[a-z-]*missing"
said=$(reason "[a-z-]*missing")
row "an issuer with a folder that has no collateral" "${said%% *}" "${said#* }"
issuer_stop

# --- a test of the configuration ----------------------------------------------------

exits 0 "-t" "$BIN/dci-issuer" -t -c policy.conf
! grep -q "would fail" "$WORK/out"; equal "... in order" 0 $?
mv ssl/server.key ssl/away.key
exits 0 "-t where there is no TLS key" "$BIN/dci-issuer" -t -c policy.conf
said "... which is told" "a start here would fail: tls-identity: .*server.key"
mv ssl/away.key ssl/server.key
! grep -q "read the TLS key" "$WORK/out"; equal "a key that is its owner's" 0 $?
chmod 644 ssl/server.key
exits 0 "-t where everybody can read it" "$BIN/dci-issuer" -t -c policy.conf
said "... which is told" "Everybody .* can read the TLS key ssl/server.key"
chmod 600 ssl/server.key

finish
