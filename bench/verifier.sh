#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Reports a second and latencies of dci-verifier over kept-alive connections,
# and in the same run what one quote verification and one signature cost, and
# what it costs a bare evhttp server to receive and send the same bytes.
# The best of the rounds for each, since other programs only ever add to a cost.
# usage: bench/verifier.sh [BUILD [SECONDS [ROUNDS]]]     needs wrk
build=$(cd "${1:-build}" && pwd) || exit 2
seconds=${2:-2}
rounds=${3:-3}
bin=$build/bin
top=$(cd "$(dirname "$0")/.." && pwd)
command -v wrk >/dev/null || { echo "bench/verifier.sh: needs wrk" >&2; exit 2; }
for b in verify_sign http_floor; do
	[ -x "$build/bench/$b" ] || { echo "make $build/bench/$b" >&2; exit 2; }
done
work=$(mktemp -d) || exit 2
issuer= verifier= http=
trap 'kill $issuer $verifier $http 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 2
for name in $(env | sed -n 's/^\(RA_TLS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done

port_of() {
	for _ in $(seq 200); do
		sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" | grep . && return
		sleep 0.05
	done
}
cpu() { # microseconds of user and system time of the process's loop
	awk '{ print int($1 / 1000) }' "/proc/$1/schedstat"
}

cp -r "$top/ssl" ssl 2>/dev/null || "$top/dist/tls-identity.sh" ssl || exit 2
"$bin/dci-sim" init sim >/dev/null || exit 2
cat >issuer.conf <<'END'
listen = "127.0.0.1:0"
state = "state"
tls { certificate = "ssl/server.crt"  key = "ssl/server.key" }
enclave "proxy-verifier" { mrenclave = "any" }
END
echo 'requests_per_address = 0' >v.conf
"$bin/dci-sim" quote sim >q.bin
printf '{"isvQuote":"%s","nonce":"0123456789abcdef"}' "$(base64 -w0 q.bin)" >body.json
cat >post.lua <<'END'
local f = io.open("body.json", "rb")
wrk.body = f:read("*a")
f:close()
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
done = function(s, l, r)
	io.write(string.format("%d %d %.0f %.0f %d\n", s.requests, s.duration,
	    l:percentile(50), l:percentile(99), s.errors.status + s.errors.read +
	    s.errors.connect + s.errors.timeout))
end
END
"$bin/dci-issuer" -c issuer.conf --sim sim 2>issuer.log & issuer=$!
iport=$(port_of issuer.log)

path=/attestation/sgx/dcap/v1/report
load() { # what, process, port
	local before n us p50 p99 errors
	before=$(cpu "$2")
	read -r n us p50 p99 errors < <(wrk -t1 "-c$conns" "-d${seconds}s" \
	    -s post.lua "http://127.0.0.1:$3$path" | tail -n 1)
	echo "$1 $(($(cpu "$2") - before)) $n $us $p50 $p99 $errors"
}
one_round() {
	echo "floor $("$build/bench/verify_sign" sim q.bin $key)"
	load http "$http" "$hport"
	load report "$verifier" "$port"
}

printf 'load average %s\n\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-5s %5s %9s %7s %7s %7s %8s %6s %7s %9s %6s\n' key conns reports/s 'p50 us' \
    'p99 us' 'CPU us' 'floor us' ratio 'HTTP us' with-HTTP errors
for key in p256 p384; do
	"$bin/dci-verifier" -c v.conf -l 127.0.0.1:0 --issuer "localhost:$iport" \
	    --ca ssl/ca.crt --sim sim --key-type $key 2>v.log & verifier=$!
	port=$(port_of v.log)
	for _ in $(seq 200); do grep -q event=enrolled v.log && break; sleep 0.05; done
	curl -s -D headers -o body -H 'Content-Type: application/json' \
	    --data-binary @body.json "http://127.0.0.1:$port$path"
	"$build/bench/http_floor" headers body >http.log & http=$!
	hport=$(port_of http.log)
	for conns in 1 4 16 64; do
		for _ in $(seq "$rounds"); do one_round; done | awk -v key=$key -v conns=$conns '
		$1 == "floor" && (!floor || $2 < floor) { floor = $2 }
		$1 == "http" && (!http || $2 / $3 < http) { http = $2 / $3 }
		$1 == "report" { errors += $7 }
		$1 == "report" && (!cpu || $2 / $3 < cpu) {
			cpu = $2 / $3; rate = $3 * 1e6 / $4; p50 = $5; p99 = $6 }
		END { printf "%-5s %5d %9.0f %7d %7d %7.1f %8.1f %6.2f %7.1f %9.2f %6d\n", key,
		    conns, rate, p50, p99, cpu, floor, floor / cpu, http,
		    (floor + http) / cpu, errors }'
	done
	kill $verifier $http; wait $verifier $http; verifier= http=
done
