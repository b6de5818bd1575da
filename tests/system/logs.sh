#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The log: one event a line, in the form that was asked for, whatever clients
# send; one request id from accept to the ledger's row; nothing secret.
. "$(dirname "$0")/../lib.sh"

head -c 16 /dev/urandom >wrap_key
chmod 600 wrap_key

refuses_to_start "--log-format xml" "expected logfmt or json, found \"xml\"" \
    --log-format xml
refuses_to_start "--log-format twice" "given twice" --log-format json \
    --log-format json
check "--log-format json is in force: -T" "$BIN/dci-issuer" -T -c policy.conf \
    --log-format json
said "... says so" '^log_format = "json"'
{
	cat policy.conf
	echo "log_format = json"
} >json.conf
check "--log-format wins over the file" "$BIN/dci-issuer" -T -c json.conf \
    --log-format logfmt
said "... says so" '^log_format = "logfmt"'

# --- what hostile clients call themselves ----------------------------------------

hostile=$(printf 'x" code=ok\nlevel=info event=certificate-issued\r\033[2J\\')
cat >req.conf <<END
[req]
distinguished_name = dn
prompt = no
string_mask = utf8only
[dn]
CN = placeholder
END
openssl req -x509 -config req.conf -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
    -nodes -keyout named.key -out named.crt \
    -addext basicConstraints=CA:FALSE -subj "/CN=$hostile/O=\"quoted\"" \
    2>/dev/null
openssl req -new -config req.conf -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
    -nodes -keyout csr.key -outform der -out hostile.csr \
    -subj "/CN=$hostile/O={\"a\":1}" 2>/dev/null
check "a certificate and a CSR with hostile names are there" \
    test -s named.crt -a -s hostile.csr
evidence bad --mrenclave "$OTHER"

# provoke: all kinds of refusals, and issuances.
provoke() {
	evidence a
	old a -- tls request secret csr leaf close >/dev/null 2>&1
	client enrolled >/dev/null 2>&1
	evidence h
	old h -- tls request secret csr-file:hostile.csr rest:answer >/dev/null 2>&1
	old bad -- tls request secret >/dev/null 2>&1
	old named -- tls request secret >/dev/null 2>&1
	old named -A "$hostile" -- tls request secret >/dev/null 2>&1
	evidence b
	old b -- tls "text:$hostile$hostile$hostile" leaf >/dev/null 2>&1
	old b -- tls request secret "length:-1" leaf >/dev/null 2>&1
	old b -- tls request secret length:500 zeros:500 leaf >/dev/null 2>&1
	old b -- "raw:$hostile" gone >/dev/null 2>&1
	timeout 5 openssl s_client -connect "localhost:$PORT" \
	    -servername "$hostile" </dev/null >/dev/null 2>&1
	timeout 5 openssl s_client -connect "localhost:$PORT" -alpn "a\"b,c" \
	    </dev/null >/dev/null 2>&1
	for f in bad-signature truncated wrong-root; do
		evidence f --fault $f
		old f -- tls request secret >/dev/null 2>&1
	done
	wait_for 3 grep -q pck-root-untrusted "$LOG"
	sleep 0.7
}

# --- logfmt ----------------------------------------------------------------------

issuer logfmt --log-format logfmt wrap_key || exit 1
provoke
field='[a-z_]+=([^ "=\\]+|"([^"\\]|\\["\\]|\\u[0-9a-f]{4})*")'
equal "logfmt: each line is one event of key=value" "" \
    "$(LC_ALL=C grep -a -v -E "^time=[0-9TZ:-]{20} level=(error|warn|info) process=[a-z0-9.]+ event=[a-z-]+( $field)*\$" "$LOG")"
equal "... in printable ASCII" "" "$(LC_ALL=C grep -a '[^ -~]' "$LOG")"
equal "... the names that clients gave themselves forge none" 3 \
    "$(grep -c event=certificate-issued "$LOG")"
equal "... each refusal says who, why, and in which request" "" \
    "$(grep event=refused "$LOG" | grep -v -E \
	' request=[0-9a-f]{32} peer=127\.0\.0\.1:[0-9]+ code=[a-z0-9-]+ reason="[^"]{20,}')"
check "... and there are enough of them" \
    test "$(grep -c event=refused "$LOG")" -ge 11
equal "... a refusal is a warning" "" \
    "$(grep event=refused "$LOG" | grep -v ' level=warn ')"
equal "... an issuance is information" "" \
    "$(grep event=certificate-issued "$LOG" | grep -v ' level=info ')"

# One id from the log to the rows.
requests() { # EVENT: request and code, in order
	sed -n -E "s/.*event=$1 request=([0-9a-f]{32}) .*code=([a-z0-9-]*) .*/\1 \2/p" \
	    "$LOG" | sort
}
equal "a refused request has one id in log and refusals" \
    "$(requests refused)" "$("$BIN/dci" ledger refusals --json -s "$STATE" |
	jq -r '.request_id + " " + .code' | sort)"
equal "... each another" "" "$(requests refused | cut -d ' ' -f 1 | uniq -d)"
issued() {
	sed -n -E "s/.*event=$1 request=([0-9a-f]{32}) .* row=([0-9]+) .*/\1 \2/p" \
	    "$LOG" | sort
}
rows() {
	"$BIN/dci" ledger list --json -s "$STATE" | jq -r \
	    "select(.kind == \"$1\") | .request_id + \" \" + (.id | tostring)" |
	    sort
}
equal "a request has one id in log and ledger, with the row: certificates" \
    "$(issued certificate-issued)" "$(rows certificate)"
equal "... and secrets" "$(issued secret-released)" "$(rows secret)"
equal "... each certificate's is that of a secret" "" \
    "$(comm -13 <(rows secret | cut -d ' ' -f 1) \
	<(rows certificate | cut -d ' ' -f 1))"
issuer_stop

# --- JSON --------------------------------------------------------------------------

issuer json --log-format json wrap_key || exit 1
provoke
lines=$(wc -l <"$LOG")
equal "json: each line is an object with time, level, process and event" \
    "$lines" "$(jq -c 'select((.time | test("^20[0-9TZ:-]{18}$")) and
	(.level | IN("error", "warn", "info")) and
	(.process | length > 0) and (.event | length > 0))' "$LOG" | wc -l)"
equal "... each line has one, and no more" "" "$(grep -v -E '^\{"time":.*\}$' "$LOG")"
equal "... the names that clients gave themselves forge none" 3 \
    "$(jq -r 'select(.event == "certificate-issued").serial' "$LOG" | wc -l)"
check "... each refusal says who, why, and in which request" jq -e -s \
    'map(select(.event == "refused")) | length >= 11 and all(
	(.request | length == 32) and (.peer | startswith("127.0.0.1:")) and
	(.code | length > 3) and (.reason | length > 20))' "$LOG"
equal "a refused request has one id in log and refusals" \
    "$(jq -r 'select(.event == "refused") | .request + " " + .code' "$LOG" |
	sort)" "$("$BIN/dci" ledger refusals --json -s "$STATE" |
	jq -r '.request_id + " " + .code' | sort)"

# After a reload the format is what it was, and the log says so.
cp policy.conf reload.conf
issuer_stop
issuer reload -c reload.conf
echo "log_format = json" >>reload.conf
mark
kill -HUP "$PID"
check "HUP with another log_format: takes effect at the next start" \
    wait_for 5 logged "log_format has changed; that takes effect at"
kill -9 "$(child_of "$PID" worker.0)"
wait_for 5 client again
equal "... also for processes that start later" "" "$(grep '^{' "$LOG")"
issuer_stop

# Even who is turned away at the door has an id.
{
	cat policy.conf
	echo "connections_per_address = 1"
	echo "workers = 1"
} >narrow.conf
issuer narrow -c narrow.conf
background b hung tls touch:ready sleep:60
arrived
refused "too many connections" too-many-connections old a -- tls
check "... has a request id" logged \
    "request=[0-9a-f]*[1-9a-f][0-9a-f]* .*code=too-many-connections"
kill "$HUNG" 2>/dev/null
issuer_stop

# --- nothing secret -------------------------------------------------------------------

hex() { xxd -p "$1" | tr -d '\n'; }
scalar() { # KEY: hex
	openssl pkey -in "$1" -noout -text | awk '/^priv:/ { on = 1; next }
	    /^pub:/ { on = 0 } on' | tr -d ' :\n' | tail -c 64
}
# leaks NAME HEX: in any usual form.
leaks() {
	local name=$1 hex=$2 form found=

	xxd -r -p <<<"$hex" >secret.bin
	for form in "$hex" "${hex^^}" "$(base64 -w 0 secret.bin | tr -d =)" \
	    "$(sed 's/../&:/g; s/:$//' <<<"$hex")"; do
		grep -q -a -F -e "$form" ./*.log && found=yes
	done
	# As hex: for grep a line feed among the bytes divides two patterns.
	cat ./*.log | xxd -p | tr -d '\n' | grep -q -F -e "$hex" && found=raw
	equal "$name is in no log" "" "$found"
}
leaks "the wrap_key" "$(hex wrap_key)"
for state in logfmt.state json.state; do
	leaks "$state: the issuing key" "$(scalar $state/ca/issuing.key)"
	leaks "$state: the root key" "$(scalar $state/ca/root.key)"
done
leaks "the TLS server's key" "$(scalar ssl/server.key)"
leaks "a client's key" "$(scalar a.key | head -c 64)"
equal "no PEM is in any log" "" "$(grep -h -e '-----BEGIN' ./*.log)"
finish
