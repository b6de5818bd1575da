#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dci-verifier fetches collateral by itself, from a source that works, is slow,
# fails and is not there; requests for other platforms never wait for it.
. "$(dirname "$0")/../lib.sh"

path=/attestation/sgx/dcap/v1/report
port_of() {
	sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" | tail -n 1
}
pcs() { # PORT [FLAG...]: sets PCS, SOURCE
	local port=$1

	shift
	: >pcs.log
	"$BIN/dci-sim" pcs --listen "127.0.0.1:$port" --fmspc 000000000002 \
	    --fmspc 000000000003 --fmspc 000000000004 --fmspc 000000000005 \
	    --fmspc 000000000006 "$@" sim 2>pcs.log &
	PCS=$!
	others+=("$PCS")
	wait_for 20 grep -q event=listening pcs.log
	SOURCE=127.0.0.1:$(port_of pcs.log)
}
fault() { curl -s -o out --data-binary "$1" "http://$SOURCE/sim/faults"; }
asked() { grep -c "event=request.*$1" pcs.log; }
stop() { # PID: ended, exit 0
	kill "$1" && wait "$1"
}
verifier() { # FLAG...: sets VERIFIER, URL
	[ -z "${VERIFIER:-}" ] || mv verifier.log "verifier.$VERIFIER.log"
	"$BIN/dci-verifier" -c v.conf -l 127.0.0.1:0 --issuer "localhost:$PORT" \
	    --ca ssl/ca.crt --sim sim --collateral-url "http://$SOURCE" "$@" \
	    2>verifier.log &
	VERIFIER=$!
	others+=("$VERIFIER")
	wait_for 20 grep -q event=enrolled verifier.log
	URL=http://127.0.0.1:$(port_of verifier.log)
}
platform() { # FMSPC [FLAG...]: makes FMSPC.json
	local fmspc=$1

	shift
	"$BIN/dci-sim" quote --fmspc "$fmspc" sim "$@" >quote.bin
	printf '{"isvQuote":"%s"}' "$(base64 -w0 quote.bin)" >"$fmspc.json"
}
# answered CODE FMSPC: what a report on that platform is answered; in headers,
# body.
answered() {
	local code

	code=$(curl -s -m 60 -D headers -o body -w '%{http_code}' \
	    --data-binary "@$2.json" "$URL$path")
	[ "$code" = "$1" ] || { echo "answered $code" && cat body && false; }
}
code_is() { equal "... $1" "$1" "$(jq -r .code body)"; }
within() { # MILLISECONDS COMMAND...
	local limit=$1 begin

	shift
	begin=$(milliseconds)
	"$@" || return
	begin=$(($(milliseconds) - begin))
	[ "$begin" -le "$limit" ] || { echo "$begin ms" && false; }
}
health() { curl -s "$URL/health" | jq -r ".collateral.$1"; }

issuer issuer || exit 1
pcs 0
echo 'requests_per_address = 0' >v.conf
verifier
equal "without a quote there is no collateral" "0 FAILED" \
    "$(health sets) $(health status)"
equal "... and the source was not asked" 0 "$(asked '')"

# --- a source that works ----------------------------------------------------------
for n in 2 3 4 5 6 7; do platform "00000000000$n"; done
"$BIN/dci-sim" quote sim >quote.bin
printf '{"isvQuote":"%s"}' "$(base64 -w0 quote.bin)" >own.json
check "the first quote waits for its collateral" answered 200 own
equal "... and is verified" OK "$(jq -r .isvQuoteStatus body)"
check "... for relying parties as well" "$BIN/dci" verify-report \
    --root issuer.state/ca/root.crt --allow-simulated --quote quote.bin \
    --headers headers body
equal "/health: it is there" "1 1 OK" \
    "$(health sets) $(health usable) $(health status)"
before=$(asked '')
check "the source was asked" test "$before" -ge 4
check "the second quote asks for nothing" answered 200 own
equal "... indeed" "$before" "$(asked '')"
check "another platform" answered 200 000000000002
before=$(asked 000000000003)
for i in 1 2 3 4 5 6 7 8; do
	curl -s -m 60 -o "many.$i" -w '%{http_code}\n' \
	    --data-binary @000000000003.json "$URL$path" &
done >many.codes
for i in $(jobs -p); do
	case " ${others[*]} ${issuers[*]} " in *" $i "*) ;; *) wait "$i" ;; esac
done
equal "eight quotes of a third one at once" "8 200" \
    "$(sort many.codes | uniq -c | xargs)"
equal "... share one fetch" 1 $(($(asked 000000000003) - before))
equal "the process is locked in" 2 \
    "$(sed -n 's/^Seccomp:\t//p' "/proc/$VERIFIER/status")"
before=$(asked '')
kill -USR1 "$VERIFIER"
check "SIGUSR1: everything is fetched again" \
    wait_for 20 eval 'test "$(asked "")" -ge $((before + 3))'

# --- a platform that is not genuine --------------------------------------------------
"$BIN/dci-sim" init other >/dev/null
"$BIN/dci-sim" quote --fmspc 000000000004 other >forged.bin
printf '{"isvQuote":"%s"}' "$(base64 -w0 forged.bin)" >forged.json
check "a platform with another root: 400" answered 400 forged
code_is pck-root-untrusted
equal "... the source is not asked for it" 0 "$(asked 000000000004)"

# --- a source that is slow ------------------------------------------------------------
fault 'slow=4:tcb'
curl -s -m 60 -o slow.body -w '%{http_code}' --data-binary @000000000004.json \
    "$URL$path" >slow.code &
slow=$!
curl -s -m 60 -o /dev/null --data-binary @000000000004.json "$URL$path" &
gone=$!
check "the source is slow: requests wait" \
    wait_for 20 eval 'test "$(health waiting)" = 2'
check "... others do not wait" within 3000 answered 200 own
kill "$gone"
check "... /health neither" within 3000 health status
wait "$slow"
equal "... and then it is answered" 200 "$(cat slow.code)"
check "... one that had hung up harms nobody" answered 200 000000000004

# --- a source that fails ---------------------------------------------------------------
fault '500'
check "the source fails: 503" within 25000 answered 503 000000000005
code_is collateral-pending
check "... with Retry-After" grep -q '^Retry-After: [1-9]' headers
check "... no host is named" eval '! grep -q 127.0.0.1 body'
check "... what is there goes on" answered 200 own
fault ''
check "a platform that the source does not know: 500" answered 500 000000000007
code_is collateral-unavailable

# --- more than may wait ----------------------------------------------------------------
fault 'slow=60:tcb'
# crowd COUNT ADDRESSES FIRST: so many requests, in turn from so many addresses
# from 127.0.0.FIRST on; sets CROWD.
crowd() {
	for i in $(seq "$1"); do
		printf 'url = "%s"\ninterface = "127.0.0.%d"\ndata-binary = "@000000000006.json"\noutput = "all.%d"\nwrite-out = "%%{http_code} %%{time_total}\\n"\nnext\n' \
		    "$URL$path" "$(($3 + i % $2))" "$i"
	done | sed '$d' >"curl.$3"
	curl -s -m 60 -Z --parallel-immediate --parallel-max 70 -K "curl.$3" \
	    >"codes.$3" 2>/dev/null &
	CROWD=$!
}
refused() { # COUNT TEXT: so many could not wait, for that reason
	[ "$(grep -c "as many requests $2as may wait" verifier.log)" = "$1" ]
}
crowd 10 1 9
check "ten wait" wait_for 10 eval 'test "$(health waiting)" = 10'
kill -9 "$CROWD"
check "... and are forgotten when they hang up" \
    wait_for 5 eval 'test "$(health waiting)" = 0'
# resets ROUNDS: in each, 60 requests wait, and their clients reset them.
resets() {
	python3 - "${URL##*:}" "$1" <<-'END'
		import json, socket, struct, sys, time, urllib.request
		port, rounds = int(sys.argv[1]), int(sys.argv[2])
		body = open("000000000006.json", "rb").read()
		head = b"POST /attestation/sgx/dcap/v1/report HTTP/1.1\r\n" \
		    b"Host: a\r\nContent-Length: %d\r\n\r\n" % len(body)
		def waiting(n):
		    for _ in range(100):
		        with urllib.request.urlopen("http://127.0.0.1:%d/health" % port) as h:
		            if json.load(h)["collateral"]["waiting"] == n:
		                return
		        time.sleep(0.05)
		    sys.exit("not %d wait" % n)
		for _ in range(rounds):
		    clients = [socket.create_connection(("127.0.0.1", port),
		        source_address=("127.0.0.%d" % (20 + i % 6), 0)) for i in range(60)]
		    for c in clients:
		        c.sendall(head + body)
		    waiting(60)
		    for c in clients:
		        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		        c.close()
		    waiting(0)
	END
}
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$VERIFIER/status"; }
check "60 requests that wait are reset, twice" resets 2
before=$(resident)
check "... and eight times more" resets 8
grown=$(($(resident) - before))
# A sanitizer keeps for a while what was freed.
ldd "$BIN/dci-verifier" | grep -q libasan ||
    check "... which takes no memory: $grown KiB" test $grown -lt 256
crowd 20 1 2
one=$CROWD
check "of 20 of one address who wait for a platform 4 are sent away at once" \
    wait_for 10 refused 4 "of one address "
equal "/health: the others wait" 16 "$(health waiting)"
crowd 50 4 3
check "of 50 of other addresses 2 are sent away" wait_for 10 refused 2 ""
equal "/health: the others wait" 64 "$(health waiting)"
check "... others do not wait" within 3000 answered 200 own
kill "$VERIFIER"
check "SIGTERM: those who wait are answered, exit 0" within 6000 wait "$VERIFIER"
wait "$one" "$CROWD"
equal "... with 503" "70 503" "$(cut -d' ' -f1 codes.2 codes.3 | sort | uniq -c | xargs)"
fault ''

# --- a folder --------------------------------------------------------------------------
echo 'collateral_folder = "fetched"' >>v.conf
verifier
check "with a folder" answered 200 own
check "... what was fetched is in it" wait_for 5 eval 'test -s fetched/standard/*.json'
stop "$VERIFIER"
stop "$PCS"
verifier
check "the source is away: what is in the folder serves" answered 200 own
check "... anything else is 503" answered 503 000000000002
code_is collateral-pending
pcs "${SOURCE##*:}"
check "the source is back: what is asked for comes" \
    wait_for 60 answered 200 000000000003
stop "$VERIFIER"
equal "SIGTERM: exit 0" 0 $?

printf 'collateral_url = "ftp://a"\n' >bad.conf
exits 2 "a URL that is none: refused" "$BIN/dci-verifier" -c bad.conf -t
said "... with its line" bad.conf:1
printf 'collateral_refresh = "1s"\n' >bad.conf
exits 2 "a second between fetches: refused" "$BIN/dci-verifier" -c bad.conf -t
printf 'collateral_ca = "nowhere.pem"\n' >bad.conf
exits 2 "CAs that are not there: refused" "$BIN/dci-verifier" -c bad.conf -t
finish
