#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Reports a second and latencies of dci-verifier over kept-alive connections,
# and what one quote verification and one signature cost, in the same run.
# usage: bench/verifier.sh [BUILD [SECONDS]]     needs wrk
build=$(cd "${1:-build}" && pwd) || exit 2
seconds=${2:-5}
bin=$build/bin
top=$(cd "$(dirname "$0")/.." && pwd)
command -v wrk >/dev/null || { echo "bench/verifier.sh: needs wrk" >&2; exit 2; }
[ -x "$build/bench/verify_sign" ] || { echo "make $build/bench/verify_sign" >&2; exit 2; }
work=$(mktemp -d) || exit 2
issuer= verifier=
trap 'kill $issuer $verifier 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 2
for name in $(env | sed -n 's/^\(RA_TLS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done

port_of() {
	for _ in $(seq 200); do
		sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" | grep . && return
		sleep 0.05
	done
}
cpu() { # microseconds of user and system time
	awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000000 / hz) }' "/proc/$1/stat"
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

printf 'load average %s\n\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-6s %5s %9s %8s %8s %9s %9s %6s %6s\n' key conns reports/s 'p50 us' 'p99 us' 'CPU us' 'floor us' ratio errors
for key in p256 p384; do
	"$bin/dci-verifier" -c v.conf -l 127.0.0.1:0 --issuer "localhost:$iport" \
	    --ca ssl/ca.crt --sim sim --key-type $key 2>v.log & verifier=$!
	port=$(port_of v.log)
	for _ in $(seq 200); do grep -q event=enrolled v.log && break; sleep 0.05; done
	for conns in 1 4 16 64; do
		floor=$("$build/bench/verify_sign" sim q.bin $key)
		before=$(cpu $verifier)
		read -r n us p50 p99 errors < <(wrk -t1 -c$conns -d"${seconds}s" \
		    -s post.lua "http://127.0.0.1:$port/attestation/sgx/dcap/v1/report" | tail -n 1)
		after=$(cpu $verifier)
		awk -v key=$key -v conns=$conns -v n="$n" -v us="$us" -v p50="$p50" -v p99="$p99" \
		    -v e="$errors" -v cpu=$((after - before)) -v floor="$floor" 'BEGIN {
			printf "%-6s %5d %9.0f %8d %8d %9.1f %9.1f %6.2f %6d\n", key, conns,
			    n * 1e6 / us, p50, p99, cpu / n, floor, floor / (cpu / n), e }'
	done
	kill $verifier; wait $verifier; verifier=
done
